"""What the program of every stack promises, whatever the stack's settings are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from components.specs.cluster import ExistingClusterSpec
from stacks.settings import Settings
from tests.program.recording import (
    MARK,
    SIGNATURE,
    STACK_FILES,
    Recording,
    Resource,
    plain_text,
    recorded,
    stack_name,
    without_digest,
)

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the protocol writes a value that a preview does not know."""

BUILT_IN = {
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "core",
    "helm.sh",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "yaml",
}
PREREQUISITE = "cert-manager.io"
"""Answered on every cluster before the platform comes."""
CONTROLLERS = {
    "gateway.envoyproxy.io": "gateway-helm",
    "gateway.networking.k8s.io": "gateway-helm",
    "karpenter.k8s.aws": "karpenter",
    "karpenter.sh": "karpenter",
    "kueue.x-k8s.io": "kueue",
    "serving.kserve.io": "kserve-resources",
    "trainer.kubeflow.org": "kubeflow-trainer",
}
"""The chart that answers for each API group."""


@pytest.fixture(scope="module", params=STACK_FILES, ids=lambda path: path.name)
def stack_file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def program(stack_file: Path) -> Recording:
    return recorded(stack_file)


def objects(program: Recording) -> list[Resource]:
    return [resource for resource in program.resources.values() if resource.api_group]


def secrets(value: Any) -> list[str]:
    """Texts that are marked as secret."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == MARK:
            return plain_text(value["value"])
        return [text for item in value.values() for text in secrets(item)]
    return [text for item in value for text in secrets(item)] if isinstance(value, list) else []


def test_every_resource_belongs_to_a_component(program: Recording) -> None:
    (stack,) = program.of_type("pulumi:pulumi:Stack")
    for resource in program.resources.values():
        if resource is stack:
            continue
        parent = program.resources[resource.parent]
        if resource.type.startswith("mlplatform:"):
            assert not resource.custom
        else:
            assert parent.type.startswith("mlplatform:"), resource.urn


def test_every_component_says_what_it_provides(program: Recording) -> None:
    silent = [r.urn for r in program.resources.values() if not r.custom and not r.remote and r.outputs is None]
    assert not silent


def test_every_object_goes_to_the_stacks_own_cluster(program: Recording) -> None:
    providers = program.of_type("pulumi:providers:kubernetes")
    assert len({str(provider.inputs.get("kubeconfig")) for provider in providers}) == 1
    own = tuple(provider.urn for provider in providers)
    astray = [resource.urn for resource in objects(program) if not resource.provider.startswith(own)]
    assert not astray


def test_every_object_is_applied_under_the_stacks_own_name(stack_file: Path, program: Recording) -> None:
    manager = f"mlplatform-{stack_name(stack_file)}"
    for resource in objects(program):
        if resource.api_group == "helm.sh":
            assert f"pulumi.com/patchFieldManager={manager}" in resource.inputs["postRenderer"]["args"]
        else:
            assert resource.inputs["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == manager


def test_every_resource_of_aws_goes_to_the_stacks_own_account(program: Recording) -> None:
    own = tuple(provider.urn for provider in program.of_type("pulumi:providers:aws"))
    resources = [resource for resource in program.resources.values() if resource.type.startswith("aws:")]
    assert bool(resources) == bool(own)
    assert not [resource.urn for resource in resources if not resource.provider.startswith(own)]


def test_every_custom_resource_waits_for_its_controller_and_is_destroyed_before_it(program: Recording) -> None:
    for resource in objects(program):
        if resource.api_group in {*BUILT_IN, PREREQUISITE}:
            continue
        chart = CONTROLLERS[resource.api_group]
        (controller,) = (
            each
            for each in program.of_type("kubernetes:helm.sh/v4:Chart")
            if each.inputs["name"] == chart and not each.name.endswith("definitions")
        )
        assert controller.urn in program.before(resource), resource.urn


def test_every_object_waits_for_its_namespace(program: Recording) -> None:
    namespaces = {resource.inputs["metadata"]["name"]: resource.urn for resource in program.of_kind("Namespace")}
    for resource in objects(program):
        namespace = resource.inputs.get("metadata", {}).get("namespace") or resource.inputs.get("namespace")
        if namespace not in (None, "kube-system"):
            assert namespaces[namespace] in program.before(resource), resource.urn


def test_nothing_secret_is_registered_in_clear(program: Recording) -> None:
    secret = {text for r in program.resources.values() for text in secrets(r.inputs)}
    for resource in program.resources.values():
        texts = plain_text(resource.inputs) + plain_text(resource.outputs)
        assert not [text for text in texts if any(each in text for each in secret)], resource.urn


def test_passwords_and_what_the_cluster_returns_of_secrets_are_encrypted_in_the_state(program: Recording) -> None:
    for stash in program.of_type("pulumi:index:Stash"):
        assert secrets(stash.inputs["input"]), stash.urn
    for resource in program.of_type("kubernetes:core/v1:Secret"):
        assert {"data", "stringData"} <= set(resource.secret_outputs), resource.urn


def test_a_preview_knows_every_name(stack_file: Path) -> None:
    """Policies judge a preview: an object whose name or namespace is unknown there would escape them."""
    for resource in objects(recorded(stack_file, preview=True)):
        metadata = resource.inputs.get("metadata", {})
        assert metadata.get("name") != UNKNOWN, resource.urn
        assert metadata.get("namespace") != UNKNOWN, resource.urn


def test_the_outputs_have_an_entry_for_every_section_that_provides_something(
    program: Recording, stack_file: Path
) -> None:
    settings = Settings.load(stack_file)
    there_before = {"cluster"} if isinstance(settings.cluster, ExistingClusterSpec) else set()
    left_out = {name for name in Settings.model_fields if getattr(settings, name) is None}
    assert set(program.outputs) == set(Settings.model_fields) - {"capacity"} - there_before - left_out
    assert not [text for text in plain_text(program.outputs) if UNKNOWN in text]


def test_the_name_of_a_stack_decides_nothing(stack_file: Path, program: Recording, tmp_path: Path) -> None:
    twin = tmp_path / "Pulumi.twin.yaml"
    twin.write_text(stack_file.read_text())
    assert shapes(recorded(twin), "twin") == shapes(program, stack_name(stack_file))


def shapes(program: Recording, stack: str) -> dict[tuple[str, str], list[str]]:
    """What is registered, by type and name, with the plain values of its inputs.

    But for the guardrails: the policy pack, which enforces the same rules, learns no more of a stack than its name.
    Names in an account begin with project and stack, and an object may be named after the digest of such a name.
    """

    def nameless(text: str) -> str:
        return without_digest(re.sub(rf"\bmlplatform([-/]){stack}\b", r"mlplatform\1<stack>", text))

    return {
        (r.type, without_digest(r.name)): [nameless(text) for text in plain_text(r.inputs)]
        for r in program.resources.values()
        if r.type != "pulumi:pulumi:Stack" and r.api_group != "admissionregistration.k8s.io"
    }
