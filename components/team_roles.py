"""What a data scientist, an engineer and a governance officer may do in a team's namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.objects import KubernetesObject, platform_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.kubernetes.cluster import Cluster

ACCOUNTS: Final = "mlplatform-accounts"
_Rule = dict[str, list[str]]

_READ: Final = ("get", "list", "watch")
_WRITE: Final = (*_READ, "create", "update", "patch", "delete")

_JOBS: Final[Mapping[str, tuple[str, ...]]] = {
    "batch": ("jobs", "cronjobs"),
    "jobset.x-k8s.io": ("jobsets",),
    "ray.io": ("rayclusters", "rayjobs"),
    "trainer.kubeflow.org": ("trainjobs",),
}
_QUEUES: Final[Mapping[str, tuple[str, ...]]] = {
    "kueue.x-k8s.io": ("localqueues", "workloads"),
    "trainer.kubeflow.org": ("trainingruntimes",),
}
_MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "serving.kserve.io": ("inferenceservices", "servingruntimes"),
    "apps": ("deployments", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "policy": ("poddisruptionbudgets",),
}
_PODS: Final[Mapping[str, tuple[str, ...]]] = {"": ("pods", "pods/log", "events"), "apps": ("replicasets",)}
_DATA: Final[Mapping[str, tuple[str, ...]]] = {"": ("configmaps", "persistentvolumeclaims")}
_RELEASES: Final = {"mlplatform.dev": ("modelreleases",)}
_APPROVALS: Final = {"mlplatform.dev": ("modelapprovals",)}
_APPROVE: Final[tuple[_Rule, ...]] = (
    {"apiGroups": ["mlplatform.dev"], "resources": ["modelreleases"], "verbs": ["approve"]},
    {"apiGroups": ["mlplatform.dev"], "resources": ["modelapprovals"], "verbs": ["create", "delete"]},
)
"""An approval never changes; to take it back is to delete it, which ends a canary."""
_FENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("limitranges", "resourcequotas", "serviceaccounts", "services"),
    "networking.k8s.io": ("networkpolicies",),
    "rbac.authorization.k8s.io": ("roles", "rolebindings"),
}


@dataclass(frozen=True)
class TeamRolesArgs:
    """Inputs of TeamRoles."""

    cluster: Cluster


class TeamRoles(pulumi.ComponentResource):
    """The three roles, once for the cluster; a TeamWorkspace binds them to groups in its namespace alone.

    Nobody may change quotas, network policies or roles, or open a shell on a node; governance reads all but
    secrets. Data scientists and engineers release models, engineers and governance approve releases that are not their
    own; who may approve may not write down on a server that somebody did.
    """

    data_scientist: str = "mlplatform-data-scientist"
    engineer: str = "mlplatform-engineer"
    governance: str = "mlplatform-governance"
    accounts: pulumi.Output[str]
    """The namespace of the teams' accounts, in which no team can start pods: one with an account has its role."""

    def __init__(self, name: str, args: TeamRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:TeamRoles", name, None, opts)
        data_scientist = [
            *_rules(_WRITE, _JOBS, _DATA, _RELEASES),
            *_rules(_READ, _QUEUES, _MODELS, _PODS, _APPROVALS, {"": ("services",)}),
        ]
        engineer = [
            *_rules(_WRITE, _JOBS, _DATA, _MODELS, _RELEASES, {"": ("secrets", "services")}),
            *_rules(_READ, _QUEUES, _PODS, _APPROVALS, _FENCES),
            *_APPROVE,
            *_rules(("create",), {"": ("pods/exec", "pods/portforward")}),
            *_rules(("delete",), {"": ("pods",)}),
        ]
        governance = [
            *_rules(_READ, _JOBS, _DATA, _QUEUES, _MODELS, _PODS, _RELEASES, _APPROVALS, _FENCES),
            *_APPROVE,
        ]
        for role, rules in (
            (self.data_scientist, data_scientist),
            (self.engineer, engineer),
            (self.governance, governance),
        ):
            KubernetesObject(
                role,
                {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": "ClusterRole",
                    "metadata": {"name": role},
                    "rules": rules,
                },
                pulumi.ResourceOptions(parent=self, provider=args.cluster.provider),
            )
        options = pulumi.ResourceOptions(parent=self, provider=args.cluster.provider)
        self.accounts = platform_namespace(f"{name}-accounts", ACCOUNTS, options)
        KubernetesObject(f"{name}-accounts-network", _nothing_passes(self.accounts), options)
        self.register_outputs({"accounts": self.accounts})


def _nothing_passes(namespace: pulumi.Input[str]) -> dict[str, Any]:
    """No pod belongs here; one that comes all the same reaches nobody."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "nothing-passes", "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def _rules(verbs: tuple[str, ...], *resources: Mapping[str, tuple[str, ...]]) -> Iterator[_Rule]:
    for group in resources:
        for api_group, kinds in group.items():
            yield {"apiGroups": [api_group], "resources": list(kinds), "verbs": list(verbs)}
