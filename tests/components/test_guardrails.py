"""Guardrails: every rule's policy comes with its binding, and what the stack file asks of them is what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.guardrails import Guardrails, GuardrailsArgs
from components.specs.guardrails import GuardrailsSpec
from policies.admission import Wanted, manifests_of_stack
from tests.components.platform import cluster
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.policy

VALIDATING, MUTATING = "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"


def guardrails(wanted: Wanted | None) -> Recording:
    policies = [] if wanted is None else manifests_of_stack("prod", wanted)
    return record(lambda: Guardrails("guardrails", GuardrailsArgs(GuardrailsSpec(), cluster(), policies)))


@pytest.fixture(scope="module")
def everything() -> Recording:
    return guardrails(Wanted(fill_in=True))


@pytest.mark.parametrize("kind", [VALIDATING, MUTATING])
def test_a_binding_names_its_policy_and_waits_for_it(everything: Recording, kind: str) -> None:
    policies = everything.of_kind(kind)
    bindings = everything.of_kind(f"{kind}Binding")
    assert policies
    assert policies.keys() == bindings.keys()
    for name, binding in bindings.items():
        assert binding.inputs["spec"]["policyName"] == name
        assert policies[name].name in binding.dependencies


def test_nothing_is_filled_in_unless_it_is_asked_for() -> None:
    assert not guardrails(Wanted()).of_kind(MUTATING)


def test_switched_off_it_creates_nothing() -> None:
    assert [each.name for each in guardrails(None).registrations if each.parent == "guardrails"] == []


def test_the_defaults_of_the_stack_file_are_those_of_the_policies() -> None:
    spec, wanted = GuardrailsSpec(), Wanted()
    assert (spec.stage, spec.fill_in, spec.left_alone) == (wanted.stage, wanted.fill_in, wanted.left_alone)
