"""What Karpenter's core needs where its machines are KWOK's: its provider's one kind of object, and the right to it.

Karpenter as it can be made here is built without EC2: of the platform's NodePools, which ask for EC2's machines, it
makes no nodes. The pools' nodes are simulated from the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rehearsal.kube import Json, Kube

_GROUP: Final = "karpenter.kwok.sh"
_PLURAL: Final = "kwoknodeclasses"
_NAMESPACE: Final = "karpenter"
"""Where the platform runs it."""


def apply(kube: Kube) -> None:
    """Put both in place."""
    for manifest in manifests():
        kube.apply(manifest)


def manifests() -> list[Json]:
    """The definition, the role and its binding."""
    name = f"mlplatform:{_NAMESPACE}"
    rule = {"apiGroups": [_GROUP], "resources": ["*"], "verbs": ["*"]}
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": "Group", "apiGroup": rbac, "name": f"system:serviceaccounts:{_NAMESPACE}"}
    return [
        _definition(),
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [subject],
        },
    ]


def _definition() -> Json:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{_PLURAL}.{_GROUP}"},
        "spec": {
            "group": _GROUP,
            "names": {"kind": "KWOKNodeClass", "plural": _PLURAL, "singular": "kwoknodeclass"},
            "scope": "Cluster",
            "versions": [version],
        },
    }
