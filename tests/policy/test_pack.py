"""The pack answers over its protocol what the rules say, and hides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as analyzer

from policies.judgement import Outcome
from policies.language import ABSENT, UNKNOWN
from policies.proof.cases import Case, cases
from policies.resource import from_manifest
from policies.rule import Example, Level, OnUnknown
from policies.rules import RULES
from policies.rules._examples import manifests, resources

if TYPE_CHECKING:
    from policies.resource import Resource
    from tests.policy.conftest import RunningPack

pytestmark = pytest.mark.policy

POD = "spec.template.spec"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def resource(of: str, but: dict[str, Any] | None = None) -> Resource:
    """The judged resource of an example made here."""
    return from_manifest(manifests(Example(of, but or {}))[0])


def level_expected(case: Case) -> int | None:
    """The level of the finding that a preview must show for a case; none for a pass."""
    if case.role == "good":
        return None
    verdict = case.verdict()
    stops = verdict.outcome is Outcome.FAIL or (
        verdict.outcome is Outcome.UNDETERMINED and case.rule.on_unknown is OnUnknown.REFUSE
    )
    return analyzer.MANDATORY if stops and case.rule.level is not Level.ADVISORY else analyzer.ADVISORY


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_pack_gives_every_example_the_evaluators_verdict(pack: RunningPack, rule: Any) -> None:
    for case in cases(rule):
        if case.of_a_request:
            continue  # The engine does not tell a pack how an object was before, nor who asks.
        pack.configure(parameters=case.changed_parameters)
        found = pack.analyze_stack(case.resources) if rule.graph else pack.analyze(case.judged)
        found = [each for each in found if each.urn == (case.judged.urn if rule.graph else "urn:0")]
        levels = [each.enforcementLevel for each in found if each.policyName == rule.id]
        expected = level_expected(case)
        assert levels == ([] if expected is None else [expected]), case.label


def test_a_finding_names_the_place_the_reason_and_the_remedy(pack: RunningPack) -> None:
    found = pack.analyze(resource("deployment", {f"{POD}.containers[0].securityContext.privileged": True}))
    (finding,) = [each for each in found if each.policyName == "K8S-03"]
    assert "spec.template.spec.containers[0].securityContext.privileged" in finding.message
    assert "Fix: " in finding.message
    assert finding.urn == "urn:0"


def test_an_unknown_value_is_shown_as_undetermined_at_preview(pack: RunningPack) -> None:
    found = pack.analyze(resource("deployment", {f"{POD}.containers[0].image": UNKNOWN}))
    (finding,) = [each for each in found if each.policyName == "K8S-04"]
    assert finding.enforcementLevel == analyzer.ADVISORY
    assert finding.message.startswith("Undetermined: spec.template.spec.containers[0].image not known yet.")


def test_what_is_still_unknown_when_all_should_be_known_stops_the_change(pack: RunningPack) -> None:
    pack.configure(dry_run=False)
    found = pack.analyze(resource("deployment", {f"{POD}.containers[0].image": UNKNOWN}))
    assert [each.enforcementLevel for each in found if each.policyName == "K8S-04"] == [analyzer.MANDATORY]


def test_an_unknown_that_does_not_decide_leaves_a_verdict(pack: RunningPack) -> None:
    changed = {f"{POD}.containers[0].image": UNKNOWN, f"{POD}.hostNetwork": True, f"{POD}.volumes": UNKNOWN}
    found = {each.policyName: each for each in pack.analyze(resource("deployment", changed))}
    assert "not so at" in found["K8S-03"].message
    assert found["K8S-03"].enforcementLevel == analyzer.MANDATORY
    assert "K8S-05" not in found


def test_a_defect_in_one_rule_is_a_failure_and_hides_no_other_rule(pack: RunningPack) -> None:
    found = pack.analyze(from_manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "any"}}))
    assert [(each.policyName, each.enforcementLevel) for each in found] == [
        ("DEFECT-01", analyzer.MANDATORY),
        ("OTHER-01", analyzer.MANDATORY),
    ]
    assert "defect of the policy pack" in found[0].message


def test_a_type_that_no_rule_is_about_passes_unread(pack: RunningPack) -> None:
    request = analyzer.AnalyzeRequest(type="random:index/randomId:RandomId", urn="urn:0")
    assert not pack.calls.Analyze(request).diagnostics


def test_a_value_of_a_wrong_type_is_a_finding_not_a_crash(pack: RunningPack) -> None:
    found = pack.analyze(resource("deployment", {f"{POD}.containers": "two"}))
    assert {each.enforcementLevel for each in found if each.policyName == "K8S-03"} == {analyzer.MANDATORY}
    assert any("expected a list or an object, got str" in each.message for each in found)


def test_a_secret_is_judged_by_what_it_holds_and_never_shown(pack: RunningPack) -> None:
    secret = {**SECRET, "value": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]}
    found = pack.analyze(resource("deployment", {f"{POD}.containers[0].env": secret}))
    (finding,) = [each for each in found if each.policyName == "GPU-03"]
    assert finding.enforcementLevel == analyzer.MANDATORY
    assert "'all'" not in finding.message


def test_remediation_fills_in_what_is_missing_so_that_the_rule_passes(pack: RunningPack) -> None:
    bare = {f"{POD}.securityContext": ABSENT, f"{POD}.containers[0].securityContext": ABSENT}
    (remediation,) = pack.remediate(resource("deployment", bare))
    assert remediation.policyName == "K8S-02"
    filled = from_manifest(json_format.MessageToDict(remediation.properties))
    assert not [each for each in pack.analyze(filled) if each.policyName == "K8S-02"]


def test_remediation_changes_no_value_that_somebody_chose(pack: RunningPack) -> None:
    chosen = {f"{POD}.securityContext.runAsNonRoot": False, f"{POD}.automountServiceAccountToken": True}
    assert not pack.remediate(resource("deployment", chosen))


def test_remediation_keeps_unknown_values_and_secrets_as_they_are(pack: RunningPack) -> None:
    secret = {**SECRET, "value": "s3cr3t"}
    changed = {f"{POD}.automountServiceAccountToken": ABSENT, f"{POD}.hostname": secret, f"{POD}.nodeName": UNKNOWN}
    (remediation,) = pack.remediate(resource("deployment", changed))
    pod = json_format.MessageToDict(remediation.properties)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["hostname"] == secret
    assert pod["nodeName"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_remediation_knows_the_options_of_the_program(pack: RunningPack) -> None:
    bare = {"deletionProtection": ABSENT}
    (unprotected,) = resources(Example("database", bare))
    (protected,) = resources(Example("database", bare, options={"protect": True}))
    (remediation,) = pack.remediate(unprotected)
    assert json_format.MessageToDict(remediation.properties)["deletionProtection"] is True
    assert not pack.remediate(protected)


@pytest.mark.parametrize("kind", ["namespace", "pod", "cron job", "job set", "ray job", "training runtime"])
def test_a_resource_that_is_built_right_is_left_alone(pack: RunningPack, kind: str) -> None:
    assert not pack.remediate(resource(kind))


def test_the_pack_lists_every_rule_with_its_level(real_pack: RunningPack) -> None:
    info = real_pack.calls.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    assert set(levels) == {rule.id for rule in RULES}
    assert levels["K8S-02"] == analyzer.REMEDIATE
    assert levels["K8S-03"] == analyzer.MANDATORY
    assert levels["K8S-07"] == analyzer.ADVISORY


def test_a_stack_is_judged_by_its_own_parameters(real_pack: RunningPack) -> None:
    tagged = resource("deployment", {f"{POD}.containers[0].image": "quay.io/feastdev/feature-server:0.67.0"})
    for stack, allowed in (("local", True), ("prod", False)):
        real_pack.configure(stack=stack)
        findings = [each for each in real_pack.analyze(tagged) if each.policyName == "K8S-04"]
        assert (not findings) is allowed, stack
