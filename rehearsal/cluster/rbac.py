"""What the rehearsal's own programs may do in its cluster: each no more than its work needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.kube import Kube

_API = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]


def apply(kube: Kube) -> None:
    """Give the programs their rights."""
    # The API server asks kubelet for logs and carries `exec`; kubelet asks back whether it may.
    kube.apply(_binding("system:kubelet-api-admin", "kube-apiserver-kubelet-client"))
    for user, rules in _RULES.items():
        kube.apply(_role(user, rules))
        kube.apply(_binding(user, user))


def _rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


_KWOK = [
    _rule("", ["nodes"], _READ),
    _rule("", ["nodes/status", "pods/status"], ["patch", "update"]),
    _rule("", ["pods"], [*_READ, "delete", "patch", "update"]),
    _rule("", ["events"], [*_READ, "create", "patch", "update"]),
    _rule("coordination.k8s.io", ["leases"], [*_READ, "create", "patch", "update"]),
]
_CERT_STAND_IN = [
    _rule("apiextensions.k8s.io", ["customresourcedefinitions"], [*_READ, "create", "patch", "update"]),
    _rule(
        "admissionregistration.k8s.io",
        ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        [*_READ, "patch", "update"],
    ),
    _rule("cert-manager.io", ["certificates", "issuers"], _READ),
    _rule("cert-manager.io", ["certificates/status", "issuers/status"], ["patch", "update"]),
    _rule("", ["secrets"], [*_READ, "create", "patch", "update"]),
]
_VOLUME_STAND_IN = [
    _rule("", ["persistentvolumeclaims"], _READ),
    _rule("", ["persistentvolumes"], [*_READ, "create", "delete"]),
    _rule("storage.k8s.io", ["storageclasses"], _READ),
]
_AWS_POD_IDENTITY = [_rule("authentication.k8s.io", ["tokenreviews"], ["create"])]
_KARPENTER_MIRROR = [
    _rule("", ["namespaces"], _READ),
    _rule("", ["configmaps"], ["create", "patch"]),
    _rule("apiextensions.k8s.io", ["customresourcedefinitions"], _READ),
    _rule("karpenter.sh", ["nodeclaims"], _READ),
    _rule("karpenter.sh", ["nodepools"], [*_READ, "create", "patch", "delete"]),
    _rule("karpenter.sh", ["nodepools/status"], ["patch"]),
    _rule("karpenter.k8s.aws", ["ec2nodeclasses"], [*_READ, "patch"]),
    _rule("karpenter.k8s.aws", ["ec2nodeclasses/status"], ["patch"]),
    _rule("karpenter.kwok.sh", ["kwoknodeclasses"], ["create", "patch"]),
]
_RULES = {
    "mlplatform:aws-pod-identity": _AWS_POD_IDENTITY,
    "mlplatform:karpenter-mirror": _KARPENTER_MIRROR,
    "mlplatform:kwok": _KWOK,
    "mlplatform:cert-stand-in": _CERT_STAND_IN,
    "mlplatform:volume-stand-in": _VOLUME_STAND_IN,
}


def _role(name: str, rules: list[dict[str, list[str]]]) -> dict[str, Any]:
    return {
        "apiVersion": f"{_API}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def _binding(role: str, user: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{_API}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"mlplatform:{user.removeprefix('mlplatform:')}"},
        "roleRef": {"apiGroup": _API, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _API, "kind": "User", "name": user}],
    }
