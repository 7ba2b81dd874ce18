"""The check of a stack: what stops a change, what is excused, what is only said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from policies.check import Checked, Location, Mistake, Report, Severity, Unchecked, Where, check, useless
from policies.exceptions import NO_EXCEPTIONS, Exceptions, Flaw, PolicyException
from policies.filling import filled
from policies.judgement import Outcome
from policies.language import ABSENT, UNKNOWN
from policies.proof.cases import cases
from policies.rule import Example
from policies.rules import RULES
from policies.rules._examples import PARAMETERS, resources

if TYPE_CHECKING:
    from policies.judgement import Verdict
    from policies.resource import Resource
    from policies.rule import Rule

pytestmark = pytest.mark.policy

SOME = tuple(rule for rule in RULES if rule.id in ("AI-01", "K8S-02", "K8S-03", "K8S-04", "K8S-07", "K8S-08", "K8S-13"))
"""Rules that judge a resource by itself: the examples of these tests have no neighbours."""
POD = "spec.template.spec"
EXCEPTION = PolicyException(
    "K8S-13", "Service/team-vision/*", "the old client has no proxy yet", "vision", "OPS-7", date(2026, 7, 1)
)
NODE_PORT = Example("service", {"spec.type": "NodePort"})


def nowhere(verdict: Verdict) -> Location:
    assert verdict.outcome is not Outcome.PASS
    return Location()


def made(*examples: Example) -> list[Resource]:
    """The examples' resources, under names of their own."""
    return [
        replace(resource, label=f"{example.of} {number}", urn=f"urn:pulumi:prod::mlplatform::{number}")
        for number, example in enumerate(examples)
        for resource in resources(example)
    ]


def checked(*examples: Example, exceptions: Exceptions = NO_EXCEPTIONS, stack: str = "prod") -> Checked:
    return check(stack, "stacks/Pulumi.prod.yaml", made(*examples), SOME, PARAMETERS, exceptions, nowhere)


def severities(found: Checked) -> dict[str, Severity]:
    return {finding.rule.id: finding.severity for finding in found.findings}


def test_what_is_built_right_has_no_finding() -> None:
    found = checked(Example("deployment"), Example("service"))
    assert not found.findings
    assert found.resources == 2
    assert found.judged == sum(sum(counts.values()) for counts in found.outcomes.values()) > 5


def test_a_mandatory_rule_that_does_not_hold_stops_the_change() -> None:
    found = checked(NODE_PORT, Example("deployment", {f"{POD}.hostNetwork": True}))
    assert severities(found) == {"K8S-03": Severity.STOPS, "K8S-13": Severity.STOPS}
    (finding,) = [each for each in found.stopping if each.rule.id == "K8S-03"]
    assert finding.places == (f"{POD}.hostNetwork",)
    assert finding.message.startswith(finding.rule.sentence)
    assert finding.resource == "deployment 1"


def test_advice_and_what_is_not_known_yet_are_said_and_stop_nothing() -> None:
    found = checked(
        Example("deployment", {f"{POD}.containers[0].securityContext.readOnlyRootFilesystem": ABSENT}),
        Example("deployment", {f"{POD}.containers[0].image": UNKNOWN}),
    )
    assert severities(found) == {"K8S-07": Severity.ADVICE, "K8S-04": Severity.OPEN}
    assert not found.stopping


def test_an_unknown_that_nobody_has_a_reason_to_compute_stops_the_change() -> None:
    assert severities(checked(Example("service", {"spec.type": UNKNOWN}))) == {"K8S-13": Severity.STOPS}


def test_what_the_pack_fills_in_stops_nothing_unless_it_was_chosen() -> None:
    missing = Example("deployment", {f"{POD}.automountServiceAccountToken": ABSENT})
    chosen = Example("deployment", {f"{POD}.automountServiceAccountToken": True})
    assert severities(checked(missing)) == {"K8S-08": Severity.FILLED_IN}
    assert severities(checked(chosen)) == {"K8S-08": Severity.STOPS}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.defaults], ids=lambda rule: rule.id)
def test_values_that_are_filled_in_change_nothing_that_holds(rule: Rule) -> None:
    for case in cases(rule):
        if case.role == "good" and case.verdict().outcome is Outcome.PASS:
            mended = replace(case, resources=(filled(rule, case.judged), *case.resources[1:]))
            assert mended.verdict().outcome is Outcome.PASS, case.label


def test_an_exception_excuses_and_is_shown() -> None:
    found = checked(NODE_PORT, exceptions=Exceptions((EXCEPTION,)))
    assert not found.findings
    (excused,) = found.excused
    assert excused.exception == EXCEPTION
    assert excused.finding.rule.id == "K8S-13"
    assert found.outcomes["K8S-13"][Outcome.EXEMPT] == 1


def unused(*entries: PolicyException, stacks: tuple[str, ...] = ("prod",), examples: tuple[Example, ...]) -> list[str]:
    exceptions = Exceptions(entries)
    return [text for _, text in useless(exceptions, [checked(*examples, exceptions=exceptions)], stacks)]


def test_an_exception_that_nothing_needs_any_more_is_stale() -> None:
    assert unused(EXCEPTION, examples=(NODE_PORT,)) == []
    (text,) = unused(EXCEPTION, examples=(Example("service"),))
    assert "stale" in text


def test_an_exception_that_matches_nothing_is_told() -> None:
    (text,) = unused(replace(EXCEPTION, resource="Service/team-audio/*"), examples=(NODE_PORT,))
    assert "matches no resource that K8S-13 judges" in text


def test_an_exception_is_not_called_useless_by_a_check_of_other_stacks() -> None:
    assert unused(EXCEPTION, stacks=("prod", "local"), examples=(Example("service"),)) == []
    assert unused(replace(EXCEPTION, stacks=("local",)), stacks=("prod", "local"), examples=(Example("service"),)) == []


def test_fingerprints_tell_findings_apart_and_stay_when_lines_move() -> None:
    def moved(verdict: Verdict) -> Location:
        assert verdict.resource.label
        return Location(Where("stacks/Pulumi.prod.yaml", 99), Where("components/x.py", 7))

    services = made(NODE_PORT, Example("service", {"spec.type": "LoadBalancer"}))
    prints = [
        [each.fingerprint for each in check("prod", "f", services, SOME, PARAMETERS, NO_EXCEPTIONS, locate).findings]
        for locate in (nowhere, moved)
    ]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 2


def test_the_digest_is_of_what_was_judged() -> None:
    assert checked(NODE_PORT).digest == checked(NODE_PORT).digest != checked(Example("service")).digest


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({}, 0),
        ({"checked": (checked(Example("service")),)}, 0),
        ({"checked": (checked(NODE_PORT),)}, 1),
        ({"flaws": (Flaw(3, "has expired"),)}, 1),
        ({"checked": (checked(NODE_PORT),), "unchecked": (Unchecked("b", "b.yaml", (Mistake("no"),)),)}, 2),
    ],
)
def test_the_exit_code_says_what_is_to_be_done(report: dict[str, Any], code: int) -> None:
    assert Report(**report).exit_code == code


def test_the_line_to_look_at_is_the_settings_where_it_is_the_value_itself() -> None:
    setting, program = Where("s.yaml", 1, "k"), Where("p.py", 2)
    assert Location(setting, program, exact=True).best == setting
    assert Location(setting, program).best == program
    assert Location(setting).best == setting
    assert Location().best is None
    assert str(setting) == "s.yaml:1 (k)"
