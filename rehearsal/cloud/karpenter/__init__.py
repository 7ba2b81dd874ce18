"""Karpenter in a rehearsal: its core decides, about machines that are simulated.

Karpenter as it can be made here is built for KWOK, without EC2: it knows nodes of a ``KWOKNodeClass`` alone, and a list
of machine types that it reads from a file. So a program beside the platform mirrors each of its NodePools as one of
that class, and writes back what Karpenter says of the mirrored one. The platform's own objects stay as they are.

As a process: ``python -m rehearsal.cloud.karpenter --kubeconfig FILE --endpoint URL --region REGION --machine TYPE …``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rehearsal.cluster.admission import Mutation

if TYPE_CHECKING:
    from rehearsal.kube import Json, Kube

__all__ = ["MACHINES", "NAMESPACE", "NODE_CLASS", "apply", "manifests", "mutation"]

NAMESPACE: Final = "karpenter"
"""Where the platform runs it."""
MACHINES: Final = "rehearsal-machines"
"""The ConfigMap there with the machine types."""
NODE_CLASS: Final = "rehearsal"
"""The one KWOKNodeClass."""
PODS: Final = "rehearsal-karpenter-machines.mlplatform.dev"
"""The admission policy that has Karpenter read the machine types."""

_GROUP: Final = "karpenter.kwok.sh"
_PLURAL: Final = "kwoknodeclasses"
_DIRECTORY: Final = "/etc/rehearsal"


def apply(kube: Kube) -> None:
    """Put in place what Karpenter's pods need."""
    for manifest in manifests():
        kube.apply(manifest)
    mutation().apply(kube)


def manifests() -> list[Json]:
    """The definition of its machines' class, the role and its binding."""
    name = f"mlplatform:{NAMESPACE}"
    rule = {"apiGroups": [_GROUP], "resources": ["*"], "verbs": ["*"]}
    # EKS' controller creates no nodes; the core without EC2 plays their kubelets' part.
    nodes = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["create"]}
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": "Group", "apiGroup": rbac, "name": f"system:serviceaccounts:{NAMESPACE}"}
    return [
        _definition(),
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule, nodes]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [subject],
        },
    ]


def mutation() -> Mutation:
    """Gives Karpenter's pods the file with the machine types; they wait until it is there."""
    return Mutation(
        PODS,
        resources=["pods"],
        operations=["CREATE"],
        conditions={"is-karpenters": f'request.namespace == "{NAMESPACE}"'},
        configurations=[
            f"""
Object{{spec: Object.spec{{
  volumes: [Object.spec.volumes{{
    name: "{MACHINES}",
    configMap: Object.spec.volumes.configMap{{name: "{MACHINES}"}}
  }}],
  containers: object.spec.containers.map(container, Object.spec.containers{{
    name: container.name,
    env: [Object.spec.containers.env{{
      name: "INSTANCE_TYPES_FILE_PATH",
      value: "{_DIRECTORY}/machines.json"
    }}],
    volumeMounts: [Object.spec.containers.volumeMounts{{
      name: "{MACHINES}",
      mountPath: "{_DIRECTORY}",
      readOnly: true
    }}]
  }})
}}}}
"""
        ],
    )


def _definition() -> Json:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": ""}
    # As in Karpenter's own definition: nobody but the API server says that a class is ready.
    status = {**anything, "default": {"conditions": [{**ready, "lastTransitionTime": "2024-01-01T01:01:01Z"}]}}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": status}}},
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
