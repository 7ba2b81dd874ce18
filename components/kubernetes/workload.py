"""The platform's own pods: hardened, sized and probed the same way, wherever they run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES, OURS
from components.kubernetes.namespace import PART_OF, selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.specs.size import Size
    from components.specs.storage import Storage

Manifest = dict[str, Any]

CONFINED: Final[Manifest] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
_SCRATCH: Final[Manifest] = {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}
_IMAGES: Final = {**IMAGES, **OURS}
_TOPOLOGY: Final = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


@dataclass(frozen=True)
class Mount:
    """A place in a container's file system and the pod's volume that is seen there."""

    path: str
    volume: str
    file: str | None = None
    """One file of the volume to be seen at `path`, instead of all of it."""
    writable: bool = False

    def manifest(self) -> Manifest:
        """As Kubernetes writes it."""
        single = {"subPath": self.file} if self.file else {}
        return {"name": self.volume, "mountPath": self.path, "readOnly": not self.writable, **single}


@dataclass(frozen=True)
class Container:
    """One container of a pod; what it may do is the same for all."""

    name: str
    image: str
    """The key of its image in the version table."""
    size: Size
    command: Sequence[pulumi.Input[str]] = ()
    """Replaces the image's entry point; empty: the image's own is run."""
    arguments: Sequence[str] = ()
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Never a secret: those are mounted as files."""
    ports: Mapping[str, int] = field(default_factory=dict)
    mounts: Sequence[Mount] = ()
    probes: Mapping[str, Manifest] = field(default_factory=dict)
    """By `startup`, `readiness`, `liveness`."""
    before_stop: Sequence[str] = ()
    """A command that is run before the container is told to stop."""

    def manifest(self) -> Manifest:
        """As Kubernetes writes it."""
        optional: Manifest = {
            "command": list(self.command),
            "args": list(self.arguments),
            "env": [{"name": name, "value": value} for name, value in self.environment.items()],
            "ports": [{"name": name, "containerPort": port} for name, port in self.ports.items()],
            "lifecycle": {"preStop": run(*self.before_stop)} if self.before_stop else {},
        }
        return {
            "name": self.name,
            "image": _IMAGES[self.image].reference,
            "imagePullPolicy": "IfNotPresent",
            "resources": self.size.resources(),
            "securityContext": CONFINED,
            "volumeMounts": [
                Mount("/tmp", "tmp", writable=True).manifest(),  # noqa: S108 (a volume of the pod's own)
                *(mount.manifest() for mount in self.mounts),
            ],
            **{key: value for key, value in optional.items() if value},
            **{f"{kind}Probe": probe for kind, probe in self.probes.items()},
        }


@dataclass(frozen=True)
class Pod:
    """What a Deployment, StatefulSet or Job makes pods from."""

    app: str
    """The label that Services and policies find the pods by."""
    user: int
    """Numeric user and group of every container, and group of every volume."""
    containers: Sequence[Container]
    waits: Sequence[Container] = ()
    """Run to their end, in order, before `containers` start."""
    volumes: Sequence[Manifest] = ()
    account: str | None = None
    """Service account whose token the pod gets; absent: an account of its namespace's own, without token."""
    metrics_port: int | None = None
    """Where Prometheus reads metrics, at `/metrics`."""
    restart: str = "Always"
    grace_seconds: int = 30
    """How long the containers may take to stop."""

    def template(self) -> Manifest:
        """The pod's `metadata` and `spec`."""
        return {"metadata": self._metadata(), "spec": self._spec()}

    def _metadata(self) -> Manifest:
        metadata: Manifest = {"labels": {**PART_OF, **selector(self.app)}}
        if self.metrics_port is not None:
            metadata["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": str(self.metrics_port)}
        return metadata

    def _spec(self) -> Manifest:
        spec: Manifest = {
            "serviceAccountName": self.account or self.app,
            "automountServiceAccountToken": self.account is not None,
            "enableServiceLinks": False,
            "restartPolicy": self.restart,
            "terminationGracePeriodSeconds": self.grace_seconds,
            "securityContext": as_user(self.user),
            "topologySpreadConstraints": [_spread(self.app, topology) for topology in _TOPOLOGY],
            "containers": [container.manifest() for container in self.containers],
            "volumes": [_SCRATCH, *self.volumes],
        }
        if self.waits:
            spec["initContainers"] = [container.manifest() for container in self.waits]
        return spec


def as_user(user: int) -> Manifest:
    """The `securityContext` of a pod that runs as one numeric user and group, which owns its volumes."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def stateful_set(pod: Pod, data: str, storage: Storage) -> Manifest:
    """The `spec` of a single-copy StatefulSet, whose volume `data` lasts as `storage` says."""
    template = pod.template()
    spec: Manifest = {
        "replicas": 1,
        "serviceName": pod.app,
        "selector": {"matchLabels": selector(pod.app)},
        "template": template,
    }
    if storage.ephemeral:
        template["spec"]["volumes"].append({"name": data, "emptyDir": {"sizeLimit": f"{storage.gib}Gi"}})
    else:
        spec["volumeClaimTemplates"] = [_claim(data, storage)]
    return spec


def deployment(pod: Pod, replicas: int) -> Manifest:
    """The `spec` of a Deployment that is never below its number of copies while it is rolled out."""
    return {
        "replicas": replicas,
        "selector": {"matchLabels": selector(pod.app)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": pod.template(),
    }


def job(pod: Pod, *, retries: int, timeout_seconds: int) -> Manifest:
    """The `spec` of a Job that fails after `retries` more tries, or when it takes longer than the time-out."""
    return {"backoffLimit": retries, "activeDeadlineSeconds": timeout_seconds, "template": pod.template()}


def config_volume(name: str, config_map: pulumi.Input[str]) -> Manifest:
    """A pod's volume of the files of a ConfigMap."""
    return {"name": name, "configMap": {"name": config_map}}


def secret_volume(name: str, secret: pulumi.Input[str]) -> Manifest:
    """A pod's volume of the files of a Secret, readable by the pod's group only."""
    return {"name": name, "secret": {"secretName": secret, "defaultMode": 0o440}}


def probe(period_seconds: int, failures: int, check: Manifest) -> Manifest:
    """A probe that is patient with a busy node: five seconds for an answer."""
    return {"periodSeconds": period_seconds, "timeoutSeconds": 5, "failureThreshold": failures, **check}


def http_get(path: str, port: str) -> Manifest:
    """A check that a path answers."""
    return {"httpGet": {"path": path, "port": port}}


def tcp_connect(port: str) -> Manifest:
    """A check that a port is open."""
    return {"tcpSocket": {"port": port}}


def run(*command: str) -> Manifest:
    """A check that a command inside the container succeeds."""
    return {"exec": {"command": list(command)}}


def _spread(app: str, topology: str) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(app)},
    }


def _claim(name: str, storage: Storage) -> Manifest:
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{storage.gib}Gi"}},
    }
    if storage.storage_class is not None:
        spec["storageClassName"] = storage.storage_class
    return {"metadata": {"name": name}, "spec": spec}
