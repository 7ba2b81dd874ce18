"""Every rule says what its examples show, can fail, and never passes on what it does not know."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, is_dataclass, replace
from typing import TYPE_CHECKING

import pytest

from policies.admission._kinds import is_object
from policies.judgement import Outcome, judge
from policies.language.cel import to_cel
from policies.language.relations import Related
from policies.proof.cases import EXPECTED, Case, cases
from policies.proof.mutants import survivors
from policies.proof.unknowns import each_made_unknown
from policies.rule import Level
from policies.rules import RULES
from policies.rules._bases import BASES
from policies.rules._cloud_bases import CLOUD_BASES
from policies.rules._examples import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policies.rule import Rule

pytestmark = pytest.mark.policy

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
MANDATORY = [rule for rule in RULES if rule.level is not Level.ADVISORY]


@each_rule
def test_every_example_gets_its_verdict(rule: Rule) -> None:
    for case in cases(rule):
        assert case.verdict().outcome in EXPECTED[case.role], case.label


@each_rule
def test_a_rule_is_shown_to_fail_on_every_kind_that_it_is_about(rule: Rule) -> None:
    failing = {case.judged.type for case in cases(rule) if case.role == "bad"}
    assert failing == rule.applies_to


@each_rule
def test_a_rule_has_examples_that_pass_fail_and_are_unknown(rule: Rule) -> None:
    assert {case.role for case in cases(rule)} == {"good", "bad", "unknown"}


@each_rule
def test_a_rule_says_why_and_how_to_fix_it(rule: Rule) -> None:
    assert re.fullmatch(r"(AI|DATA|ECR|EKS|GPU|IAM|K8S|KMS|LOG|META|NET|NODE|S3)-\d\d", rule.id)
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert not rule.fix.endswith(".")
    assert rule.peers


def test_rules_are_told_apart_by_their_ids() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", MANDATORY, ids=lambda rule: rule.id)
def test_no_bad_example_passes_when_any_of_its_values_is_unknown(rule: Rule) -> None:
    for case in cases(rule):
        if case.role == "bad":
            for place, outcome in outcomes_of_unknowns(case):
                assert outcome is not Outcome.PASS, (case.label, place)
                assert outcome is not Outcome.BROKEN, (case.label, place)


@each_rule
def test_a_verdict_despite_an_unknown_is_the_verdict_of_the_known(rule: Rule) -> None:
    for case in cases(rule):
        if case.role == "good":
            for place, outcome in outcomes_of_unknowns(case):
                assert outcome is not Outcome.FAIL, (case.label, place)
                assert outcome is not Outcome.BROKEN, (case.label, place)


def outcomes_of_unknowns(case: Case) -> Iterator[tuple[object, Outcome]]:
    """The verdicts for a case with each value of the judged resource in turn unknown."""
    for place, manifest in each_made_unknown(case.judged.properties):
        changed = replace(case.judged, properties=as_mapping(manifest))
        surroundings = replace(case, resources=(changed, *case.resources[1:])).surroundings
        yield place, judge(case.rule, changed, surroundings).outcome


def as_mapping(manifest: object) -> Mapping[str, object]:
    assert isinstance(manifest, dict)
    return manifest


@each_rule
def test_examples_notice_every_change_of_a_condition(rule: Rule) -> None:
    mutants, unnoticed = survivors(rule)
    assert mutants
    assert not unnoticed, "\n".join(str(mutant) for mutant in unnoticed)


@each_rule
def test_a_rule_about_one_object_can_be_written_as_cel(rule: Rule) -> None:
    if not rule.graph:
        for kind, condition in rule.conditions.items():
            if is_object(kind):
                assert to_cel(condition, asdict(PARAMETERS)), kind


@each_rule
def test_a_rule_names_the_types_that_its_conditions_look_at(rule: Rule) -> None:
    looked_at = {kind for condition in rule.conditions.values() for kind in types_in(condition)}
    assert set(rule.related) == looked_at


def types_in(part: object) -> Iterator[str]:
    """The types of related resources that a condition, or anything that it is made of, names."""
    if isinstance(part, Related):
        yield part.type
    if is_dataclass(part):
        for field in fields(part):
            yield from types_in(getattr(part, field.name))
    elif isinstance(part, tuple):
        for each in part:
            yield from types_in(each)


@each_rule
def test_remediation_is_defined_where_the_level_says_so(rule: Rule) -> None:
    assert bool(rule.defaults) is (rule.level is Level.REMEDIATE)
    assert set(rule.defaults) <= rule.applies_to


def test_examples_start_from_resources_that_are_told_apart_by_name() -> None:
    assert not BASES.keys() & CLOUD_BASES.keys()
