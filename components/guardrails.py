"""The platform's rules as the API server enforces them: admission policies and their bindings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.objects import KubernetesObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.kubernetes.cluster import Cluster
    from components.specs.guardrails import GuardrailsSpec

_VERBS: Final = {"ValidatingAdmissionPolicy": "validate", "MutatingAdmissionPolicy": "fill-in"}


@dataclass(frozen=True)
class GuardrailsArgs:
    """Inputs of Guardrails."""

    spec: GuardrailsSpec
    """What the stack file says about guardrails."""
    cluster: Cluster
    """Where they are enforced."""
    policies: Sequence[Mapping[str, Any]]
    """Manifests of the policies and bindings, made from the rules; each binding names its policy."""


class Guardrails(pulumi.ComponentResource):
    """No object that breaks a rule gets past the API server: not from Helm, a controller or anybody's kubectl.

    Nothing waits for them. What the platform itself brings meets the rules anyway, and is judged by the policy pack
    before; namespaces of the platform that a rule leaves out are left out here by the policy's own conditions.
    """

    rules: pulumi.Output[list[str]]
    """Ids of the rules that are enforced."""
    stage: str
    """What happens to an object that breaks one."""

    def __init__(self, name: str, args: GuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:Guardrails", name, None, opts)
        self._name, self._args = name, args
        policies = {_key(each): self._object(each) for each in args.policies if not _is_binding(each)}
        bindings = [each for each in args.policies if _is_binding(each)]
        bound = [self._object(each, policies[_key(each)]).urn for each in bindings]
        rules = sorted({rule for each in bindings for rule in _rules(each)})
        self.rules = pulumi.Output.all(*bound).apply(lambda _: rules)
        self.stage = args.spec.stage
        self.register_outputs({"rules": self.rules, "stage": self.stage})

    def _object(self, manifest: Mapping[str, Any], *depends_on: pulumi.Resource) -> KubernetesObject:
        opts = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider, depends_on=list(depends_on))
        kind, name = _key(manifest)
        binding = "-binding" if _is_binding(manifest) else ""
        return KubernetesObject(
            f"{self._name}-{_VERBS[kind]}-{name.removeprefix('mlplatform-')}{binding}", manifest, opts
        )


def _is_binding(manifest: Mapping[str, Any]) -> bool:
    return str(manifest["kind"]).endswith("Binding")


def _key(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """What a binding and its policy have in common."""
    kind = str(manifest["kind"]).removesuffix("Binding")
    return kind, str(manifest["spec"].get("policyName", manifest["metadata"]["name"]))


def _rules(manifest: Mapping[str, Any]) -> list[str]:
    return str(manifest["metadata"]["annotations"]["mlplatform.dev/rules"]).split()
