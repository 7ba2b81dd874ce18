"""KubeRay's operator, which makes Ray clusters and submits Ray jobs.

Its project publishes a chart for Helm repositories only, none that is an OCI image; so what the chart consists of is
declared here, after `ray-operator/config` of the same version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.namespace import PlatformNamespace, in_namespace
from components.kubernetes.objects import KubernetesObject
from components.kubernetes.workload import Container, Pod, deployment, http_get, probe
from components.training.ray_definitions import definitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.kubernetes.cluster import Cluster
    from components.specs.training_cluster import RaySpec

Manifest = dict[str, Any]

NAMESPACE: Final = "ray-system"
DASHBOARD_PORT: Final = 8265
"""Where a Ray cluster's head answers, in the team's namespace: the operator asks there how a job is doing."""
_APP: Final = "kuberay-operator"
_METRICS_PORT: Final = 8080
_HEALTH_PORT: Final = 8082
_USER: Final = 65532
_RBAC: Final = "rbac.authorization.k8s.io"
_READ: Final = ["get", "list", "watch"]
_KEEP: Final = [*_READ, "create", "update", "patch", "delete"]


def install_definitions(name: str, cluster: Cluster, parent: pulumi.Resource) -> list[KubernetesObject]:
    """Ray's kinds, as resources whose names begin with `name`."""
    options = pulumi.ResourceOptions(parent=parent, provider=cluster.provider, retain_on_delete=cluster.keep_crds)
    return [KubernetesObject(f"{name}-{each['spec']['names']['plural']}", each, options) for each in definitions()]


def install(
    name: str, spec: RaySpec, cluster: Cluster, parent: pulumi.Resource, kinds: Sequence[pulumi.Resource]
) -> KubernetesObject:
    """The operator, once its `kinds` are there; done when it is ready."""
    room = PlatformNamespace(NAMESPACE, parent, cluster, prefix=name)
    room.account(_APP)
    room.allow(_APP, [_METRICS_PORT], [in_namespace("monitoring")])
    anywhere = {"apiVersion": f"{_RBAC}/v1", "metadata": {"name": _APP}}
    room.elsewhere("role", {**anywhere, "kind": "ClusterRole", "rules": _RULES})
    room.elsewhere("binding", {**anywhere, "kind": "ClusterRoleBinding", **_bound("ClusterRole", _APP)})
    room.add("leader", f"{_RBAC}/v1", "Role", {"rules": _LEADER})
    room.add("leader", f"{_RBAC}/v1", "RoleBinding", _bound("Role", "leader"))
    return room.add(_APP, "apps/v1", "Deployment", {"spec": deployment(_pod(spec), 1)}, depends_on=kinds)


def _pod(spec: RaySpec) -> Pod:
    manager = Container(
        _APP,
        "kuberay",
        spec.size,
        command=("/manager",),
        arguments=(
            f"--metrics-addr=:{_METRICS_PORT}",
            f"--health-probe-bind-address=:{_HEALTH_PORT}",
            "--enable-leader-election=true",
            # A head that does not answer holds up one of them for two seconds each time.
            "--reconcile-concurrency=8",
            "--enable-metrics=true",
        ),
        ports={"metrics": _METRICS_PORT, "health": _HEALTH_PORT},
        probes={
            "readiness": probe(2, 5, http_get("/readyz", "health")),
            "liveness": probe(20, 6, http_get("/healthz", "health")),
        },
    )
    return Pod(_APP, _USER, [manager], account=_APP, metrics_port=_METRICS_PORT, grace_seconds=10)


def _rule(group: str, resources: list[str], verbs: list[str]) -> Manifest:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


_RAY: Final = ["rayclusters", "rayjobs", "rayservices"]

_RULES: Final = [
    _rule("ray.io", _RAY, _KEEP),
    _rule("ray.io", [f"{kind}/status" for kind in _RAY], ["get", "update", "patch"]),
    _rule("ray.io", [f"{kind}/finalizers" for kind in _RAY], ["update"]),
    _rule("", ["pods", "services"], _KEEP),
    # When it empties a cluster it deletes its pods at once.
    _rule("", ["pods"], ["deletecollection"]),
    _rule("batch", ["jobs"], _KEEP),
    _rule("", ["events"], ["create", "patch"]),
    _rule("discovery.k8s.io", ["endpointslices"], _READ),
    # It makes the token by which a cluster with `authOptions.mode: token` knows its users, and watches it.
    _rule("", ["secrets"], [*_READ, "create"]),
]
"""Upstream's, but for three things that no team's namespace has: accounts and roles for Ray's own autoscaler, which
takes GPUs past the queue; Ingresses and routes; machines of OpenShift."""

_LEADER: Final = [
    _rule("coordination.k8s.io", ["leases"], ["get", "list", "create", "update"]),
    _rule("", ["events"], ["create"]),
]


def _bound(kind: str, role: str) -> Manifest:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": _APP, "namespace": NAMESPACE}],
    }
