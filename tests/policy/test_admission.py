"""Admission policies as they are written: what is asked of what, and by which words."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from policies.admission import Wanted, in_cluster, is_object, manifests, name_of, plural
from policies.admission._expressions import expression
from policies.exceptions import PolicyException
from policies.language.cel import to_cel
from policies.parameters import DEFAULT
from policies.rule import Level
from policies.rules import RULES

if TYPE_CHECKING:
    from policies.rule import Rule

pytestmark = pytest.mark.policy

Json = dict[str, Any]
EXCEPTION = PolicyException(
    "K8S-03", "DaemonSet/storage/csi-*", "needs the host for its mounts", "storage", "OPS-1", date(2026, 7, 1)
)


def made(wanted: Wanted, *exceptions: PolicyException) -> dict[tuple[str, str], Json]:
    """Manifests of all rules, by kind and name."""
    found = manifests(RULES, DEFAULT, exceptions, wanted)
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def of(rule: str) -> Rule:
    return next(each for each in RULES if each.id == rule)


def conditions(rule: str, *exceptions: PolicyException) -> dict[str, str]:
    """The match conditions of a rule's policy, by name."""
    policy = made(Wanted(), *exceptions)["ValidatingAdmissionPolicy", name_of(of(rule))]
    return {each["name"]: each["expression"] for each in policy["spec"]["matchConditions"]}


def test_every_rule_about_one_object_has_a_policy_and_a_binding_and_no_other_has() -> None:
    names = {name for _, name in made(Wanted())}
    assert names == {name_of(rule) for rule in RULES if in_cluster(rule)}
    assert not any(in_cluster(rule) for rule in RULES if rule.graph)


def test_a_policy_that_cannot_be_evaluated_lets_nothing_pass() -> None:
    for (kind, name), each in made(Wanted(fill_in=True)).items():
        if not kind.endswith("Binding"):
            assert each["spec"]["failurePolicy"] == "Fail", name


def test_the_message_is_the_rules_id_and_the_sentence_of_all_places() -> None:
    for rule in RULES:
        if in_cluster(rule):
            policy = made(Wanted())["ValidatingAdmissionPolicy", name_of(rule)]
            (validation,) = policy["spec"]["validations"]
            assert validation["message"] == f"{rule.id}: {rule.sentence}"
            assert "\n" not in validation["message"]


@pytest.mark.parametrize(
    ("stage", "mandatory", "advisory"),
    [
        ("audit", ["Audit"], ["Audit"]),
        ("warn", ["Warn", "Audit"], ["Warn", "Audit"]),
        ("deny", ["Deny", "Audit"], ["Warn", "Audit"]),
    ],
)
def test_the_stage_decides_what_a_violation_does(stage: Any, mandatory: list[str], advisory: list[str]) -> None:
    found = made(Wanted(stage=stage))
    for rule in RULES:
        if in_cluster(rule):
            binding = found["ValidatingAdmissionPolicyBinding", name_of(rule)]
            expected = advisory if rule.level is Level.ADVISORY else mandatory
            assert binding["spec"]["validationActions"] == expected, rule.id


def test_values_are_filled_in_only_where_a_rule_says_so() -> None:
    filling = {name for kind, name in made(Wanted(fill_in=True)) if kind == "MutatingAdmissionPolicy"}
    assert filling == {name_of(rule) for rule in RULES if set(in_cluster(rule)) & set(rule.defaults)}
    assert not [kind for kind, _ in made(Wanted()) if kind.startswith("Mutating")]


def test_parameters_are_written_in_so_that_no_object_can_change_or_lack_them() -> None:
    for each in made(Wanted(fill_in=True)).values():
        assert "paramKind" not in each["spec"]
        assert "paramRef" not in each["spec"]
        assert "params." not in str(each["spec"])


def test_an_exception_ends_by_itself_and_an_exemption_covers_what_is_made_of_the_workload() -> None:
    text = conditions("K8S-03", EXCEPTION)["not-excepted"]
    assert 'timestamp("2026-07-02T00:00:00+00:00")' in text
    assert 'object.metadata.name.matches("^csi\\\\-.*$")' in text
    assert 'object.kind == "Pod"' in text
    assert "not-excepted" not in conditions("K8S-03")
    assert "not-excepted" not in conditions("K8S-02", EXCEPTION)


def test_an_exception_by_urn_is_for_the_program_and_not_for_the_cluster() -> None:
    by_urn = replace(EXCEPTION, resource="urn:pulumi:prod::*")
    assert "not-excepted" not in conditions("K8S-03", by_urn)


def test_subresources_that_bring_a_whole_pod_are_asked_about_too() -> None:
    policy = made(Wanted())["ValidatingAdmissionPolicy", name_of(of("K8S-03"))]
    asked = {name for rule in policy["spec"]["matchConstraints"]["resourceRules"] for name in rule["resources"]}
    assert {"pods", "pods/ephemeralcontainers", "pods/resize"} <= asked


def test_a_rule_about_pods_is_written_once_for_all_kinds() -> None:
    """Written out for each kind, the catalogue is several times as long, and the engine keeps every byte of it."""
    rule = of("K8S-03")
    shared = expression(in_cluster(rule), asdict(DEFAULT))
    written_out = {to_cel(condition, asdict(DEFAULT)) for condition in in_cluster(rule).values()}
    assert len(shared) < sum(len(text) for text in written_out) / 2


def test_policies_fit_into_what_a_server_takes() -> None:
    for (_, name), each in made(Wanted(fill_in=True)).items():
        assert len(str(each)) < 100_000, name
        assert len(each["spec"].get("matchConditions", ())) <= 64


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Pod", "pods"),
        ("NetworkPolicy", "networkpolicies"),
        ("Ingress", "ingresses"),
        ("Endpoints", "endpoints"),
        ("InferenceService", "inferenceservices"),
    ],
)
def test_a_kinds_name_in_urls_is_guessed_as_kubernetes_does(kind: str, name: str) -> None:
    assert plural(kind) == name


@pytest.mark.parametrize(
    "resource_type",
    [
        "aws:s3/bucket:Bucket",
        "helm.sh/Chart",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        "pulumi:providers:kubernetes",
    ],
)
def test_what_no_policy_is_asked_about_is_none(resource_type: str) -> None:
    assert not is_object(resource_type)
