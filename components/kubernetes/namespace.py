"""A namespace of the platform and the objects that a component puts into it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Literal

import pulumi

from components.kubernetes.objects import KubernetesObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.kubernetes.cluster import Cluster

PART_OF: Final = {"app.kubernetes.io/part-of": "mlplatform"}
TEAM_LABEL: Final = "mlplatform.dev/team"
_NAME_LABEL: Final = "kubernetes.io/metadata.name"
# Deleted one by one, while whatever releases their volumes still runs; all else goes with its namespace.
_OWNING_VOLUMES: Final = frozenset({"StatefulSet"})

Peer = dict[str, Any]


def in_namespace(name: str) -> Peer:
    """Any pod of the namespace, as one side of a network policy."""
    return {"namespaceSelector": {"matchLabels": {_NAME_LABEL: name}}}


def in_team_namespaces() -> Peer:
    """Any pod of any team, as one side of a network policy."""
    return {"namespaceSelector": {"matchExpressions": [{"key": TEAM_LABEL, "operator": "Exists"}]}}


def in_part_of_platform() -> Peer:
    """Any pod of the platform's own namespaces, as one side of a network policy."""
    return {"namespaceSelector": {"matchLabels": PART_OF}}


def selector(app: str) -> dict[str, str]:
    """The label by which a workload's pods are found."""
    return {"app.kubernetes.io/name": app}


class PlatformNamespace:
    """A namespace with a pod security level, whose pods accept no connection that is not allowed by name."""

    def __init__(
        self,
        name: str,
        component: pulumi.Resource,
        cluster: Cluster,
        *,
        prefix: str,
        pod_security: Literal["restricted", "privileged"] = "restricted",
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Create the namespace `name` as a child of `component`, and destroy it before what it depends on; `prefix`
        starts the objects' names in the state."""
        self.name = name
        self._prefix = prefix
        self._options = pulumi.ResourceOptions(parent=component, provider=cluster.provider)
        levels = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "audit", "warn")}
        self.resource = KubernetesObject(
            f"{prefix}-namespace",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**PART_OF, **levels}}},
            pulumi.ResourceOptions.merge(self._options, pulumi.ResourceOptions(depends_on=list(depends_on))),
        )
        self.add(
            "default-deny",
            "networking.k8s.io/v1",
            "NetworkPolicy",
            {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        )

    def add(
        self,
        name: str,
        api_version: str,
        kind: str,
        body: Mapping[str, Any],
        *,
        depends_on: Sequence[pulumi.Resource] = (),
        named: bool = True,
    ) -> KubernetesObject:
        """An object of this namespace. Without `named` the provider ends its name at random, so that a changed one is
        made beside the old, which its users keep until they have moved."""
        metadata: dict[str, Any] = {"namespace": self.name, "labels": PART_OF}
        if named:
            metadata["name"] = name
        if kind == "Service":
            # It is ready when its pods are, and those are waited for.
            metadata["annotations"] = {"pulumi.com/skipAwait": "true"}
        if kind in _OWNING_VOLUMES:
            # The end of the namespace waits for the pods, which may take their time to stop. Destroy goes in waves:
            # waiting here as well would hold up everything else.
            metadata["annotations"] = {"pulumi.com/deletionPropagationPolicy": "background"}
        options = pulumi.ResourceOptions(depends_on=[self.resource, *depends_on])
        if kind == "Secret":
            options.additional_secret_outputs = ["data", "stringData"]
        if kind not in _OWNING_VOLUMES:
            options.deleted_with = self.resource
        return KubernetesObject(
            f"{self._prefix}-{name}-{kind.lower()}",
            {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body},
            pulumi.ResourceOptions.merge(self._options, options),
        )

    def elsewhere(self, name: str, manifest: Mapping[str, Any]) -> KubernetesObject:
        """An object of the component that belongs to no namespace or to another one."""
        secret = ["data", "stringData"] if manifest["kind"] == "Secret" else None
        options = pulumi.ResourceOptions(additional_secret_outputs=secret)
        return KubernetesObject(
            f"{self._prefix}-{name}", manifest, pulumi.ResourceOptions.merge(self._options, options)
        )

    def late_config(self, name: str, files: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        """A ConfigMap of files that are known only once something else exists; its name changes with them."""
        made = self.add(name, "v1", "ConfigMap", {"data": dict(files), "immutable": True}, named=False)
        return object_name(made)

    def config(self, name: str, files: Mapping[str, str]) -> str:
        """A ConfigMap of files, named by its content: who mounts it is restarted when a file changes."""
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:10]
        self.add(f"{name}-{digest}", "v1", "ConfigMap", {"data": dict(files), "immutable": True})
        return f"{name}-{digest}"

    def secret(self, name: str, files: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        """A Secret of files; its name, which changes with the content."""
        made = self.add(name, "v1", "Secret", {"stringData": dict(files), "immutable": True}, named=False)
        return object_name(made)

    def service(self, app: str, ports: Mapping[str, int]) -> str:
        """A Service in front of the pods of `app`; its host name inside the cluster."""
        listed = [{"name": name, "port": port, "targetPort": name} for name, port in ports.items()]
        self.add(app, "v1", "Service", {"spec": {"selector": selector(app), "ports": listed}})
        return f"{app}.{self.name}.svc"

    def account(self, name: str) -> KubernetesObject:
        """A service account that is given no token unless a pod asks for one."""
        return self.add(name, "v1", "ServiceAccount", {"automountServiceAccountToken": False})

    def allow(self, app: str, ports: Sequence[int], peers: Sequence[Peer]) -> None:
        """Let `peers` connect to `ports` of the pods of `app`."""
        rule = {"from": list(peers), "ports": [{"protocol": "TCP", "port": port} for port in ports]}
        suffix = "-".join(str(port) for port in ports)
        spec = {"podSelector": {"matchLabels": selector(app)}, "policyTypes": ["Ingress"], "ingress": [rule]}
        self.add(f"{app}-{suffix}", "networking.k8s.io/v1", "NetworkPolicy", {"spec": spec})

    def allow_only_to(self, app: str, rules: Sequence[pulumi.Input[Mapping[str, Any]]]) -> None:
        """Let the pods of `app` connect to nobody but those of the egress rules."""
        spec = {"podSelector": {"matchLabels": selector(app)}, "policyTypes": ["Egress"], "egress": list(rules)}
        self.add(f"{app}-egress", "networking.k8s.io/v1", "NetworkPolicy", {"spec": spec})

    def disruption_budget(self, app: str) -> None:
        """Let a drain take one pod of `app` at a time."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector(app)}}
        self.add(app, "policy/v1", "PodDisruptionBudget", {"spec": spec})


def object_name(made: KubernetesObject) -> pulumi.Output[str]:
    """The name that an object has in the cluster."""
    return made.id.apply(lambda identity: identity.rsplit("/", 1)[-1])
