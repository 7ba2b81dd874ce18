"""Mutating admission policies of the rehearsal's own (`admissionregistration.k8s.io/v1`, from Kubernetes 1.36)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.kube import Json, Kube

_API: Final = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True)
class Mutation:
    """What is changed of core objects of these ``resources`` that meet all ``conditions`` (CEL, by name).

    ``patches`` are CEL expressions of JSON patches, ``configurations`` such of configurations to apply.
    ``outside`` are namespaces whose objects are left alone.
    """

    name: str
    resources: Sequence[str]
    operations: Sequence[str]
    conditions: Mapping[str, str]
    patches: Sequence[str] = ()
    configurations: Sequence[str] = ()
    outside: Sequence[str] = field(default_factory=tuple)

    def apply(self, kube: Kube) -> bool:
        """Have the API server do so, a second from now at the latest; whether it was told anything new."""
        before = self._versions(kube)
        applied = [kube.apply(manifest)["metadata"]["resourceVersion"] for manifest in self.manifests()]
        return applied != before

    def manifests(self) -> list[Json]:
        """The policy and its binding."""
        rule = {
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": list(self.operations),
            "resources": list(self.resources),
        }
        matched: dict[str, Any] = {"resourceRules": [rule]}
        if self.outside:
            own = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(self.outside)}
            matched["namespaceSelector"] = {"matchExpressions": [own]}
        spec = {
            "failurePolicy": "Fail",
            # A webhook may still replace an image or add a container.
            "reinvocationPolicy": "IfNeeded",
            "matchConstraints": matched,
            "matchConditions": [{"name": name, "expression": each} for name, each in self.conditions.items()],
            "mutations": [
                *({"patchType": "JSONPatch", "jsonPatch": {"expression": each}} for each in self.patches),
                *(
                    {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": each}}
                    for each in self.configurations
                ),
            ],
        }
        return [
            self._object("MutatingAdmissionPolicy", spec),
            self._object("MutatingAdmissionPolicyBinding", {"policyName": self.name}),
        ]

    def _object(self, kind: str, spec: Json) -> Json:
        return {"apiVersion": _API, "kind": kind, "metadata": {"name": self.name}, "spec": spec}

    def _versions(self, kube: Kube) -> list[str]:
        try:
            return [
                kube.get(f"/apis/{_API}/mutatingadmission{each}/{self.name}")["metadata"]["resourceVersion"]
                for each in ("policies", "policybindings")
            ]
        except KubeError as error:
            if not error.missing:
                raise
            return []
