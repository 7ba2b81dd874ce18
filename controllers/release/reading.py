"""Releases as Kubernetes holds them, to and from what the state machine works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from controllers.release.machine import Approval, Objectives, Plan
from controllers.release.states import ALWAYS, Gate, GateRecord, Outcome, Phase, Rollback, Status, Target, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

STOPPED: Final = "mlplatform.dev/stopped"
"""Label that takes a release out of traffic."""
ROLL_BACK: Final = "mlplatform.dev/roll-back-requested-by"
"""Annotation with the name of who asks for a rollback."""


@dataclass(frozen=True)
class Settings:
    """What the stack file says of releases, as the controller is handed it."""

    gates: Mapping[str, tuple[Gate, ...]]
    """By risk class."""
    gateway: Mapping[str, str]
    """`name` and `namespace` of the Gateway that models are reached through."""
    domain: str
    """A model answers as `<model>.<namespace>.<domain>`."""
    metrics_url: str
    """Address of Prometheus."""
    servers_url: str
    """Address of a release's servers, with `{release}` and `{namespace}`."""
    jobs_namespace: str
    """Where gates that read the bucket are judged: nobody but the platform can write a verdict there."""
    job: Json
    """The pod template of such a job; its first container is given the question as its last argument."""
    poll_seconds: float = 2.0
    """How often metrics are asked for, while a canary runs."""

    @classmethod
    def of(cls, data: Json) -> Settings:
        """From the controller's settings file; KeyError or ValueError for what is not one."""
        gates = {risk: tuple(Gate(each) for each in names) for risk, names in data["gates"].items()}
        return cls(**{**data, "gates": gates})


def plan_of(release: Json, settings: Settings) -> Plan:
    """What the author wants."""
    spec = release["spec"]
    wanted, canary = spec["objectives"], spec["canary"]
    chosen = {*settings.gates.get(spec["riskClass"], tuple(Gate)), *ALWAYS}
    return Plan(
        name=release["metadata"]["name"],
        digest=spec["digest"],
        author=spec["author"],
        gates=tuple(gate for gate in Gate if gate in chosen),
        steps=tuple(canary["steps"]),
        step=timedelta(seconds=canary["stepSeconds"]),
        objectives=Objectives(
            wanted["errorRatio"],
            wanted["latencySeconds"],
            timedelta(seconds=wanted["windowSeconds"]),
            wanted["requests"],
        ),
        ready_within=timedelta(seconds=canary["readySeconds"]),
    )


def approval_of(item: Json) -> Approval:
    """An approval."""
    spec = item["spec"]
    expires = datetime.fromisoformat(spec["expires"])
    name, ticket = item["metadata"]["name"], spec["ticket"]
    return Approval(name, spec["approver"], spec["author"], spec["digest"], expires, ticket)


def status_of(release: Json) -> Status:
    """What was written down of the release so far; a new one has nothing."""
    data = release.get("status") or {}
    back = data.get("rollback")
    return Status(
        phase=Phase(data.get("phase", Phase.REGISTERED)),
        gates=tuple(_gate(each) for each in data.get("gates", ())),
        traffic=data.get("traffic", 0),
        since=_moment(data, "since"),
        begun=_moment(data, "begun"),
        previous=Target(**data["previous"]) if "previous" in data else None,
        rollback=Rollback(
            back["reason"],
            back["message"],
            back["by"],
            datetime.fromisoformat(back["at"]),
            Target(**back["to"]) if "to" in back else None,
        )
        if back
        else None,
        message=data.get("message", ""),
    )


def data_of(status: Status, before: Json, now: datetime) -> Json:
    """The status as Kubernetes holds it; conditions of `before` keep their times as long as they say the same."""
    judged = [each for each in status.gates if each.verdict.outcome is not Outcome.PENDING]
    optional: Json = {
        "since": _text(status.since),
        "begun": _text(status.begun),
        "previous": _target(status.previous),
        "rollback": _rollback(status.rollback),
        "lastGate": f"{judged[-1].name}: {judged[-1].verdict.outcome}" if judged else None,
    }
    known = {each["type"]: each for each in before.get("conditions", ())}
    return {
        "phase": str(status.phase),
        "message": status.message,
        "traffic": status.traffic,
        "gates": [_record(each) for each in status.gates],
        "conditions": [_kept(each, known.get(each["type"]), now) for each in _conditions(status)],
        **{name: value for name, value in optional.items() if value is not None},
    }


def _conditions(status: Status) -> list[Json]:
    approved = status.record(Gate.APPROVAL)
    said = {
        "Approved": approved is not None and approved.verdict.outcome is Outcome.PASSED,
        "Live": status.phase is Phase.LIVE,
        "Ended": status.phase in (Phase.FAILED, Phase.ROLLED_BACK, Phase.WITHDRAWN, Phase.RETIRED),
    }
    reason = status.rollback.reason if status.rollback else str(status.phase)
    return [
        {"type": kind, "status": str(holds), "reason": reason, "message": status.message}
        for kind, holds in said.items()
    ]


def _kept(condition: Json, before: Json | None, now: datetime) -> Json:
    same = before is not None and before["status"] == condition["status"]
    return {**condition, "lastTransitionTime": before["lastTransitionTime"] if before and same else _text(now)}


def _gate(data: Json) -> GateRecord:
    verdict = Verdict(
        Outcome(data["verdict"]),
        data.get("message", ""),
        data.get("input", ""),
        data.get("evidence", ""),
        data.get("by", ""),
        tuple(sorted(data.get("figures", {}).items())),
    )
    return GateRecord(Gate(data["name"]), verdict, _moment(data, "at"))


def _record(gate: GateRecord) -> Json:
    verdict = gate.verdict
    said = {each: getattr(verdict, each) for each in ("message", "input", "evidence", "by")}
    optional: Json = {**said, "figures": dict(verdict.figures), "at": _text(gate.at)}
    return {
        "name": str(gate.name),
        "verdict": str(verdict.outcome),
        **{name: value for name, value in optional.items() if value},
    }


def _rollback(rollback: Rollback | None) -> Json | None:
    if rollback is None:
        return None
    to = {"to": _target(rollback.to)} if rollback.to else {}
    return {
        "reason": rollback.reason,
        "message": rollback.message,
        "by": rollback.by,
        "at": _text(rollback.at),
        **to,
    }


def _target(target: Target | None) -> Json | None:
    return {"release": target.release, "digest": target.digest} if target else None


def _moment(data: Json, name: str) -> datetime | None:
    return datetime.fromisoformat(data[name]) if name in data else None


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
