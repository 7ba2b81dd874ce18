"""The path of a release, whatever happens on it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.release.machine import Approval, Objectives, Plan, Reading, Seen, advance
from controllers.release.states import ALL, ENDED, Gate, Outcome, Phase, Rollback, Status, Target, Verdict
from controllers.release.traffic import answers, kept, replaced, shares

pytestmark = pytest.mark.delivery
unhurried = settings(deadline=None)

NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
DIGEST: Final = "sha256:" + "ab" * 32
BEFORE: Final = Target("defects-6", "sha256:" + "cd" * 32)
STEP: Final = timedelta(minutes=5)
PLAN: Final = Plan(
    name="defects-7",
    digest=DIGEST,
    author="ada",
    gates=tuple(Gate),
    steps=(5, 25, 50),
    step=STEP,
    objectives=Objectives(0.01, 0.5, timedelta(minutes=1), 10),
    ready_within=timedelta(minutes=10),
)
GOOD: Final = Reading(100, 0, 0.1)
BAD: Final = Reading(100, 0.5, 0.1)
PASSED: Final = Verdict(Outcome.PASSED, evidence=DIGEST, by="a test")
APPROVAL: Final = Approval("defects-7", "grace", "ada", DIGEST, NOW + timedelta(days=1))
FINE: Final = Seen(PASSED, (APPROVAL,), ready=True, routed=True, reading=GOOD, live=BEFORE)

verdicts = st.none() | st.builds(Verdict, st.sampled_from(Outcome))
approvals = st.builds(
    Approval,
    st.just("a"),
    st.sampled_from(["ada", "grace"]),
    st.sampled_from(["ada", "ada", "mallory"]),
    st.sampled_from([DIGEST, DIGEST, BEFORE.digest]),
    st.sampled_from([NOW - timedelta(days=1), NOW + timedelta(days=1), NOW + timedelta(days=400)]),
)
seen = st.builds(
    Seen,
    verdict=verdicts,
    approvals=st.lists(approvals, max_size=2).map(tuple),
    ready=st.booleans(),
    routed=st.booleans(),
    reading=st.sampled_from([None, GOOD, BAD, Reading(1, 1, 9)]),
    live=st.sampled_from([None, BEFORE]),
    its_turn=st.booleans(),
    stopped=st.sampled_from([False] * 9 + [True]),
    rollback_by=st.sampled_from([""] * 9 + ["grace"]),
)
moments = st.lists(st.tuples(seen | st.just(FINE), st.integers(0, 600)), max_size=40)


def walk(happens: list[tuple[Seen, int]]) -> list[Status]:
    """All statuses that a release goes through."""
    statuses, now = [Status()], NOW
    for each, seconds in happens:
        now += timedelta(seconds=seconds)
        statuses.append(advance(PLAN, statuses[-1], each, now))
    return statuses


def until(phase: Phase, what: Seen = FINE) -> Status:
    """The status of a release that comes to a phase undisturbed."""
    status, now = Status(), NOW
    for _ in range(50):
        if status.phase is phase:
            return status
        now += STEP
        status = advance(PLAN, status, replace(what, replaced=phase is Phase.KEPT), now)
    raise AssertionError(f"never came to {phase}: {status}")


def test_a_good_release_passes_every_gate_in_order_and_gets_all_traffic_by_steps() -> None:
    walked = walk([(FINE, 300)] * 30)
    assert walked[-1].phase is Phase.LIVE
    assert list(dict.fromkeys(each.traffic for each in walked)) == [0, 5, 25, 50, ALL]
    assert [each.name for each in walked[-1].gates] == list(Gate)
    assert {each.verdict.outcome for each in walked[-1].gates} == {Outcome.PASSED}


@unhurried
@given(moments)
def test_nothing_behind_a_gate_that_is_not_passed_is_ever_judged(happens: list[tuple[Seen, int]]) -> None:
    for status in walk(happens):
        outcomes = [each.verdict.outcome for each in status.gates]
        passed = outcomes.index(Outcome.PENDING) if Outcome.PENDING in outcomes else len(outcomes)
        assert all(each is Outcome.PENDING for each in outcomes[passed:])
        assert all(each is Outcome.PASSED for each in outcomes[: max(0, passed - 1)])


@unhurried
@given(moments)
def test_it_stops_for_good_at_the_first_failed_gate(happens: list[tuple[Seen, int]]) -> None:
    walked = walk(happens)
    ends = next((at for at, each in enumerate(walked) if Outcome.FAILED in _outcomes(each)), None)
    if ends is not None:
        assert walked[ends].phase in {Phase.FAILED, Phase.ROLLED_BACK}
        assert all(each == walked[ends] for each in walked[ends:])


@unhurried
@given(moments)
def test_no_request_is_answered_without_an_approval_by_somebody_else(happens: list[tuple[Seen, int]]) -> None:
    for status in walk(happens):
        if status.traffic or status.phase in {Phase.CANARY, Phase.LIVE}:
            record = status.record(Gate.APPROVAL)
            assert record is not None
            assert record.verdict.outcome is Outcome.PASSED
            assert record.verdict.by not in ("", PLAN.author)
            assert record.verdict.evidence == PLAN.digest


@unhurried
@given(moments)
def test_a_release_that_has_ended_has_no_traffic_and_stays_as_it_is(happens: list[tuple[Seen, int]]) -> None:
    walked = walk(happens)
    for before, after in itertools.pairwise(walked):
        if before.phase in ENDED:
            assert before.traffic == 0
            assert after == before


@unhurried
@given(moments)
def test_a_rollback_goes_to_the_very_release_that_was_live_before(happens: list[tuple[Seen, int]]) -> None:
    walked = walk(happens)
    for status in walked:
        if status.rollback:
            began = next(each for each in walked if each.phase is Phase.CANARY)
            assert status.rollback.to == began.previous


@unhurried
@given(moments, seen, st.integers(0, 600))
def test_a_step_that_is_computed_twice_comes_out_the_same(
    happens: list[tuple[Seen, int]], then: Seen, seconds: int
) -> None:
    """What a controller does that was killed between computing a step and writing it."""
    status, now = walk(happens)[-1], NOW + timedelta(seconds=seconds)
    assert advance(PLAN, status, then, now) == advance(PLAN, status, then, now)
    settled = status
    for _ in range(20):
        settled = advance(PLAN, settled, then, now)
    assert advance(PLAN, settled, then, now) == settled


@unhurried
@given(moments)
def test_traffic_only_grows_while_a_canary_goes_on(happens: list[tuple[Seen, int]]) -> None:
    walked = walk(happens)
    for before, after in itertools.pairwise(walked):
        if after.phase is Phase.CANARY:
            assert after.traffic >= before.traffic


@pytest.mark.parametrize("reading", [BAD, Reading(100, 0, 0.6)])
def test_a_canary_that_misses_an_objective_loses_its_traffic_at_once(reading: Reading) -> None:
    status = replace(until(Phase.CANARY), traffic=5)
    back = advance(PLAN, status, replace(FINE, reading=reading), NOW)
    assert (back.phase, back.traffic) == (Phase.ROLLED_BACK, 0)
    assert back.rollback
    assert (back.rollback.to, back.rollback.reason) == (BEFORE, "ObjectiveMissed")


def test_a_release_that_is_stopped_before_it_answered_failed_there_and_not_behind() -> None:
    back = advance(PLAN, until(Phase.CANARY), Seen(stopped=True), NOW)
    assert [each.name for each in back.gates if each.verdict.outcome is Outcome.FAILED] == [Gate.SMOKE]


def test_a_canary_waits_for_requests_and_for_the_gateway() -> None:
    answered = advance(PLAN, until(Phase.CANARY), FINE, NOW)
    begun = advance(PLAN, answered, FINE, NOW)
    late = NOW + timedelta(hours=9)
    assert begun.traffic == 5
    assert advance(PLAN, begun, replace(FINE, routed=False), late) == begun
    routed = advance(PLAN, begun, FINE, late)
    assert routed.since == late
    few = replace(FINE, reading=Reading(3, 0, 0.1))
    assert advance(PLAN, routed, few, late + STEP).traffic == 5
    assert advance(PLAN, routed, FINE, late + STEP).traffic == 25


def test_an_approval_that_ends_during_the_canary_ends_the_canary() -> None:
    status = replace(until(Phase.CANARY), traffic=25)
    back = advance(PLAN, status, FINE, APPROVAL.expires)
    assert back.rollback
    assert back.rollback.reason == "ApprovalEnded"


@pytest.mark.parametrize("phase", [Phase.REGISTERED, Phase.TESTING, Phase.AWAITING_APPROVAL, Phase.KEPT])
def test_the_stop_label_withdraws_what_has_no_traffic(phase: Phase) -> None:
    assert advance(PLAN, until(phase), Seen(stopped=True), NOW).phase is Phase.WITHDRAWN


@pytest.mark.parametrize("phase", [Phase.CANARY, Phase.LIVE])
def test_the_stop_label_and_a_request_send_traffic_back(phase: Phase) -> None:
    for why in (Seen(stopped=True), Seen(rollback_by="grace")):
        back = advance(PLAN, until(phase), why, NOW)
        assert back.rollback
        assert back.rollback.to == BEFORE


def test_shares_come_to_a_hundred_from_the_first_release_to_a_rollback() -> None:
    live, canary = until(Phase.LIVE), replace(until(Phase.CANARY), previous=Target("a", DIGEST), traffic=5)
    first = replace(live, previous=None)
    assert shares({"a": first}) == {"a": ALL}
    assert shares({"a": first, "b": replace(canary, traffic=0)}) == {"a": ALL}
    assert shares({"a": first, "b": canary}) == {"a": 95, "b": 5}
    second = replace(live, previous=Target("a", DIGEST))
    assert shares({"a": first, "b": second}) == {"b": ALL}
    gone = Rollback("Requested", "", "grace", NOW, Target("a", DIGEST))
    backed = replace(second, phase=Phase.ROLLED_BACK, rollback=gone)
    waiting = replace(first, phase=Phase.KEPT)
    assert shares({"a": waiting, "b": backed}) == {"a": ALL}
    assert shares({"b": backed}) == {}


def test_a_canary_does_not_inherit_the_traffic_of_a_release_that_was_stopped_beside_it() -> None:
    canary = replace(until(Phase.CANARY), previous=Target("a", DIGEST), traffic=5)
    stopped = advance(PLAN, replace(until(Phase.LIVE), previous=None), Seen(stopped=True), NOW)
    assert shares({"a": stopped, "b": canary}) == {}


def test_only_what_a_rollback_would_go_to_is_kept() -> None:
    live = until(Phase.LIVE)
    releases = {
        "a": replace(live, phase=Phase.KEPT, previous=None),
        "b": replace(live, phase=Phase.LIVE, previous=Target("a", DIGEST)),
    }
    assert kept("a", releases)
    assert replaced("a", releases)
    assert not kept("b", releases)
    assert answers(releases) == "b"


def _outcomes(status: Status) -> set[Outcome]:
    return {each.verdict.outcome for each in status.gates}
