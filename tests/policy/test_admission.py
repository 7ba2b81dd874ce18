"""Admission policies as they are written: what is asked of what, and by which words."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from policies.admission import Wanted, in_cluster, is_object, manifests, plural, policy_of
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
ENDS = 'timestamp("2026-07-02T00:00:00+00:00")'
EXCEPTION = PolicyException(
    "K8S-03", "DaemonSet/storage/csi-*", "needs the host for its mounts", "storage", "OPS-1", date(2026, 7, 1)
)


@cache
def made(wanted: Wanted, *exceptions: PolicyException) -> dict[tuple[str, str], Json]:
    """Manifests of all rules, by kind and name."""
    found = manifests(RULES, DEFAULT, exceptions, wanted)
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def of(rule: str) -> Rule:
    return next(each for each in RULES if each.id == rule)


def policies(rule: str, *exceptions: PolicyException) -> dict[str, Json]:
    """The policies that ask a rule, by name."""
    names = {policy_of(of(rule), each) for each in in_cluster(of(rule))}
    found = made(Wanted(), *exceptions)
    return {name: found["ValidatingAdmissionPolicy", name] for name in names}


def asked(rule: str, policy: str, *exceptions: PolicyException) -> str:
    """What one of these policies asks for the rule."""
    spec = policies(rule, *exceptions)[policy]["spec"]
    alone = {each["name"]: each["expression"] for each in spec["matchConditions"]}["broken"]
    by_rule = {each["name"]: each["expression"] for each in spec.get("variables", ())}
    return str(by_rule.get(rule.lower().replace("-", "_"), alone))


def test_every_rule_about_one_object_is_asked_about_each_of_its_kinds_and_no_other_is() -> None:
    found = made(Wanted())
    for rule in RULES:
        for resource_type in in_cluster(rule):
            policy = found["ValidatingAdmissionPolicy", policy_of(rule, resource_type)]
            named = policy["spec"]["matchConstraints"]["resourceRules"]
            assert any(plural(resource_type.partition("/")[2]) in each["resources"] for each in named), resource_type
            assert rule.id in policy["metadata"]["annotations"]["mlplatform.dev/rules"].split()
    assert {(kind, name) for kind, name in found if kind.endswith("Policy")} == {
        ("ValidatingAdmissionPolicy", policy_of(rule, each)) for rule in RULES for each in in_cluster(rule)
    }
    assert not any(in_cluster(rule) for rule in RULES if rule.graph)


def test_two_policies_are_asked_about_a_pod_whatever_the_number_of_rules() -> None:
    about_pods = {policy_of(rule, "core/Pod") for rule in RULES if "core/Pod" in in_cluster(rule)}
    assert about_pods == {"mlplatform-pods", "mlplatform-pods-advice"}


def test_an_object_that_keeps_every_rule_is_judged_by_one_condition() -> None:
    for (kind, name), each in made(Wanted()).items():
        if kind.endswith("Policy"):
            broken = next(one["expression"] for one in each["spec"]["matchConditions"] if one["name"] == "broken")
            assert all(one["expression"] in broken for one in each["spec"].get("variables", ())), name


def test_a_rule_that_is_alone_evaluates_nothing_after_it_is_found_broken() -> None:
    """An error in an audit annotation refuses the object at every stage of a roll-out."""
    policy = policies("K8S-13")["mlplatform-k8s-13"]
    assert [each["expression"] for each in policy["spec"]["validations"]] == ["false"]
    assert not any("variables." in each["valueExpression"] for each in policy["spec"]["auditAnnotations"])


def test_no_expression_is_longer_than_the_api_server_compiles() -> None:
    for (_, name), each in made(Wanted(fill_in=True)).items():
        asked_first = each["spec"].get("matchConditions", ())
        assert all(len(one["expression"]) < 100_000 for one in asked_first), name


def test_a_policy_that_cannot_be_evaluated_lets_nothing_pass() -> None:
    for (kind, name), each in made(Wanted(fill_in=True)).items():
        if not kind.endswith("Binding"):
            assert each["spec"]["failurePolicy"] == "Fail", name


def test_the_message_is_the_rules_id_and_the_sentence_of_all_places() -> None:
    for rule in RULES:
        for policy in policies(rule.id).values():
            messages = [each["message"] for each in policy["spec"]["validations"]]
            assert messages.count(f"{rule.id}: {rule.sentence}") == 1
            assert not any("\n" in each for each in messages)


def test_the_audit_log_has_a_place_for_each_rule() -> None:
    for rule in RULES:
        for policy in policies(rule.id).values():
            annotations = {each["key"]: each["valueExpression"] for each in policy["spec"]["auditAnnotations"]}
            assert rule.sentence in annotations[rule.id.lower()].encode().decode("unicode_escape"), rule.id
            assert len(annotations) <= 20, "the API server takes no more"


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
        for resource_type in in_cluster(rule):
            binding = found["ValidatingAdmissionPolicyBinding", policy_of(rule, resource_type)]
            expected = advisory if rule.level is Level.ADVISORY else mandatory
            assert binding["spec"]["validationActions"] == expected, rule.id


def test_values_are_filled_in_only_where_a_rule_says_so() -> None:
    filling = {name for kind, name in made(Wanted(fill_in=True)) if kind == "MutatingAdmissionPolicy"}
    assert filling == {f"mlplatform-{rule.id.lower()}" for rule in RULES if set(in_cluster(rule)) & set(rule.defaults)}
    assert not [kind for kind, _ in made(Wanted()) if kind.startswith("Mutating")]


def test_parameters_are_written_in_so_that_no_object_can_change_or_lack_them() -> None:
    for each in made(Wanted(fill_in=True)).values():
        assert "paramKind" not in each["spec"]
        assert "paramRef" not in each["spec"]
        assert "params." not in str(each["spec"])


def test_an_exception_ends_by_itself_and_an_exemption_covers_what_is_made_of_the_workload() -> None:
    text = asked("K8S-03", "mlplatform-pods", EXCEPTION) + asked("K8S-03", "mlplatform-k8s-03", EXCEPTION)
    assert ENDS in text
    assert 'object.metadata.name.matches("^csi\\\\-.*$")' in text
    assert 'object.kind == "Pod"' in text
    assert ENDS not in asked("K8S-03", "mlplatform-pods")
    assert ENDS not in asked("K8S-02", "mlplatform-pods", EXCEPTION)


def test_an_exception_by_urn_is_for_the_program_and_not_for_the_cluster() -> None:
    by_urn = replace(EXCEPTION, resource="urn:pulumi:prod::*")
    assert ENDS not in asked("K8S-03", "mlplatform-pods", by_urn)


def test_subresources_that_bring_a_whole_pod_are_asked_about_too() -> None:
    policy = policies("K8S-03")["mlplatform-pods"]
    resources = {name for rule in policy["spec"]["matchConstraints"]["resourceRules"] for name in rule["resources"]}
    assert resources == {"pods", "pods/ephemeralcontainers", "pods/resize"}


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
