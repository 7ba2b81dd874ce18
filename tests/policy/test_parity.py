"""Every place that enforces rules gives every example the evaluator's verdict, or says why it gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.proof.answers import Compared, NotAsked, Said, compared
from cli.proof.cel import CelEngine
from cli.proof.not_in_cluster import not_in_cluster
from cli.proof.pack import PackOfExamples
from policies.admission import in_cluster
from policies.proof.cases import cases
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.proof.answers import Place
    from cli.proof.examples_in_cluster import ExamplesInCluster
    from policies.rule import Rule

pytestmark = pytest.mark.policy

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
REFUSED = "the API server itself refuses the object"


@pytest.fixture(scope="module")
def pack() -> Iterator[PackOfExamples]:
    with PackOfExamples() as pack:
        yield pack


@pytest.fixture(scope="module")
def engine() -> CelEngine:
    return CelEngine()


def answers(rule: Rule, place: Place) -> list[Compared]:
    """What the place says of the rule's examples, each the same as the evaluator."""
    found = [compared(case, place) for case in cases(rule)]
    assert not [str(each) for each in found if each.differs]
    return found


@each_rule
def test_the_pack_agrees_over_its_protocol(rule: Rule, pack: PackOfExamples) -> None:
    asked = [each for each in answers(rule, pack) if not isinstance(each.answer, NotAsked)]
    assert {Said.HOLDS, Said.BROKEN, Said.UNDETERMINED} <= {each.answer for each in asked}
    assert all(each.case.of_a_request for each in answers(rule, pack) if each not in asked)


@each_rule
def test_another_cel_engine_agrees_on_the_policies(rule: Rule, engine: CelEngine) -> None:
    for each in answers(rule, engine):
        if isinstance(each.answer, NotAsked):
            assert not_in_cluster(each.case) == each.answer or each.answer.reason == "the engine has no authorizer"


@pytest.mark.rehearsal
@each_rule
def test_a_real_api_server_agrees(rule: Rule, examples_in_cluster: ExamplesInCluster) -> None:
    found = answers(rule, examples_in_cluster)
    for each in found:
        if isinstance(each.answer, NotAsked):
            assert not_in_cluster(each.case) == each.answer or each.answer.reason.startswith(REFUSED)
    stopped = {each.case.judged.type for each in found if each.answer is Said.BROKEN}
    let_in = {each.case.judged.type for each in found if each.answer is Said.HOLDS}
    assert stopped == set(in_cluster(rule)), "a kind on which the policy is not shown to stop anything"
    assert bool(let_in) is bool(in_cluster(rule))
