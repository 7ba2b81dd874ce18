"""The path of a release, as pure functions: spec, status, observations and time in, the next status out.

Nothing here reads or writes anything. A step that is computed twice comes out the same, so a controller that was
killed at any moment goes on from the status that it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from controllers.release.states import (
    ALL,
    ENDED,
    Gate,
    GateRecord,
    Outcome,
    Phase,
    Rollback,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from controllers.release.states import Target

CONTROLLER: Final = "release-controller"
"""Who judged a gate that no person judges."""


@dataclass(frozen=True)
class Objectives:
    """What a canary must keep to."""

    error_ratio: float
    """The share of requests that may fail, from 0 to 1."""
    latency_seconds: float
    """What 99 of 100 requests must not take longer than."""
    window: timedelta
    """How far back is looked: a fault is seen within it."""
    requests: int
    """Fewer than these in the window say nothing: the canary waits for more."""


@dataclass(frozen=True)
class Plan:
    """What its author wants of the release; it never changes."""

    name: str
    digest: str
    author: str
    gates: tuple[Gate, ...]
    """In the order of `Gate`."""
    steps: tuple[int, ...]
    """Percents of the traffic, growing."""
    step: timedelta
    """For how long each share is watched."""
    objectives: Objectives
    ready_within: timedelta
    """Servers that take longer to answer fail the canary."""


@dataclass(frozen=True)
class Approval:
    """Somebody's approval, as the API server admitted it."""

    name: str
    approver: str
    author: str
    digest: str
    expires: datetime
    ticket: str = ""


@dataclass(frozen=True)
class Reading:
    """What the metrics say of the release's servers over the window of its objectives."""

    requests: float
    error_ratio: float
    latency_seconds: float


@dataclass(frozen=True)
class Seen:
    """What is known of the world at one moment."""

    verdict: Verdict | None = None
    """Of the gate that is under way; None while it is."""
    approvals: tuple[Approval, ...] = ()
    ready: bool = False
    """Its servers answer."""
    routed: bool = False
    """The gateway has taken over the shares of traffic as they should be now."""
    reading: Reading | None = None
    live: Target | None = None
    """The release that has the model's traffic, where it is another one."""
    its_turn: bool = True
    """No other release of the model is between approval and its end."""
    replaced: bool = False
    """Another release went live in its place."""
    returns: bool = False
    """The one that replaced it was rolled back to it."""
    kept: bool = True
    """It is what a rollback would go back to."""
    stopped: bool = False
    """It bears the stop label."""
    rollback_by: str = ""
    """Who asked for a rollback."""


def advance(plan: Plan, status: Status, seen: Seen, now: datetime) -> Status:
    """The next status, or the same where nothing is to be done yet."""
    if status.phase in ENDED:
        return status
    if seen.stopped:
        return _back(status, "Stopped", "its stop label was set", seen.rollback_by or "stop label", now)
    if seen.rollback_by:
        return _back(status, "Requested", f"{seen.rollback_by} asked for it", seen.rollback_by, now)
    return _STEPS[status.phase](plan, status, seen, now)


def _register(plan: Plan, status: Status, _seen: Seen, _now: datetime) -> Status:
    gates = tuple(GateRecord(gate) for gate in Gate if gate in plan.gates)
    return replace(status, phase=Phase.TESTING, gates=gates, message="")


def _test(_plan: Plan, status: Status, seen: Seen, now: datetime) -> Status:
    gate = status.gate
    if gate is Gate.APPROVAL:
        return replace(status, phase=Phase.AWAITING_APPROVAL, message="waits for somebody's approval")
    return status if gate is None else _judged(gate, status, seen, now)


def _judged(gate: Gate, status: Status, seen: Seen, now: datetime) -> Status:
    if seen.verdict is None or seen.verdict.outcome is Outcome.PENDING:
        return status
    judged = status.recorded(gate, seen.verdict, now)
    if seen.verdict.outcome is Outcome.FAILED:
        return replace(judged, phase=Phase.FAILED, message=f"{gate}: {seen.verdict.message}")
    return judged


def _approve(plan: Plan, status: Status, seen: Seen, now: datetime) -> Status:
    valid = next((each for each in seen.approvals if not objection(each, plan, now)), None)
    if valid is None:
        wrong = [f"{each.name}: {objection(each, plan, now)}" for each in seen.approvals]
        return replace(status, message="; ".join(wrong) or "waits for somebody's approval")
    if not seen.its_turn:
        return replace(status, message="approved; waits for the model's other release to end")
    verdict = Verdict(Outcome.PASSED, input=valid.name, evidence=valid.digest, by=valid.approver)
    judged = status.recorded(Gate.APPROVAL, verdict, now)
    return replace(judged, phase=Phase.CANARY, previous=seen.live, begun=now, since=None, message="its servers start")


def objection(approval: Approval, plan: Plan, now: datetime) -> str:
    """Why an approval does not count; empty where it does. Admission asks the same when one is written."""
    if plan.author in (approval.approver, ""):
        return "the author cannot approve"
    if approval.author != plan.author:
        return "it names another author"
    if approval.digest != plan.digest:
        return "it is of another digest"
    if approval.expires <= now:
        return f"it ended {approval.expires:%Y-%m-%d %H:%M}"
    return ""


def _canary(plan: Plan, status: Status, seen: Seen, now: datetime) -> Status:
    if all(objection(each, plan, now) for each in seen.approvals):
        return _back(status, "ApprovalEnded", "its approval ended or is gone", CONTROLLER, now)
    if not seen.ready:
        return _unready(plan, status, now)
    if breach := breached(plan.objectives, seen.reading) if status.traffic else "":
        return _back(status, "ObjectiveMissed", breach, CONTROLLER, now)
    steps = plan.steps if status.previous else ()
    if status.gate is Gate.SMOKE:
        return _judged(Gate.SMOKE, status, seen, now)
    if not status.traffic:
        return _share((*steps, ALL)[0], status)
    if status.since is None:
        return replace(status, since=now) if seen.routed else status
    if now - status.since < plan.step:
        return status
    if seen.reading is None or seen.reading.requests < plan.objectives.requests:
        return replace(status, message=f"{status.traffic} %: waits for {plan.objectives.requests} requests")
    larger = [each for each in (*steps, ALL) if each > status.traffic]
    return _share(larger[0], status) if larger else _live(status, seen.reading, now)


def breached(objectives: Objectives, reading: Reading | None) -> str:
    """What objective is missed, in words; empty where none is, or too few requests tell."""
    if reading is None or reading.requests < objectives.requests:
        return ""
    if reading.error_ratio > objectives.error_ratio:
        return f"{reading.error_ratio:.1%} of its requests failed, more than {objectives.error_ratio:.1%}"
    if reading.latency_seconds > objectives.latency_seconds:
        return f"its requests took {reading.latency_seconds:.2f} s (p99), more than {objectives.latency_seconds:.2f} s"
    return ""


def _unready(plan: Plan, status: Status, now: datetime) -> Status:
    if status.traffic:
        return _back(status, "ServersLost", "its servers do not answer any more", CONTROLLER, now)
    if status.begun and now - status.begun > plan.ready_within:
        return _back(status, "ServersLate", "its servers did not start in time", CONTROLLER, now)
    return status


def _share(percent: int, status: Status) -> Status:
    return replace(status, traffic=percent, since=None, message=f"{percent} %")


def _live(status: Status, reading: Reading, now: datetime) -> Status:
    figures = (("error_ratio", reading.error_ratio), ("latency_seconds", reading.latency_seconds))
    verdict = Verdict(Outcome.PASSED, "kept to its objectives", by=CONTROLLER, figures=figures)
    return replace(status.recorded(Gate.CANARY, verdict, now), phase=Phase.LIVE, traffic=ALL, message="")


def _stay(_plan: Plan, status: Status, seen: Seen, _now: datetime) -> Status:
    return replace(status, phase=Phase.KEPT, traffic=0, message="kept for a rollback") if seen.replaced else status


def _keep(_plan: Plan, status: Status, seen: Seen, _now: datetime) -> Status:
    if seen.returns:
        return replace(status, phase=Phase.LIVE, traffic=ALL, message="back after a rollback")
    return status if seen.kept else replace(status, phase=Phase.RETIRED, message="")


def _back(status: Status, reason: str, message: str, by: str, now: datetime) -> Status:
    """Take all traffic from it: to the very release that had it before."""
    if status.phase not in (Phase.CANARY, Phase.LIVE):
        return replace(status, phase=Phase.WITHDRAWN, traffic=0, message=f"{reason}: {message}")
    judged = status
    if status.phase is Phase.CANARY and status.gate:
        judged = status.recorded(status.gate, Verdict(Outcome.FAILED, message, by=by), now)
    rollback = Rollback(reason, message, by, now, status.previous)
    return replace(judged, phase=Phase.ROLLED_BACK, traffic=0, rollback=rollback, message=f"{reason}: {message}")


_STEPS: Final = {
    Phase.REGISTERED: _register,
    Phase.TESTING: _test,
    Phase.AWAITING_APPROVAL: _approve,
    Phase.CANARY: _canary,
    Phase.LIVE: _stay,
    Phase.KEPT: _keep,
}
