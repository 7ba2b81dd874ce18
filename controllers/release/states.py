"""What is remembered of a release from one step to the next: its phase, its gates, and where a rollback would go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


ALL: Final = 100
"""Percent."""


class Gate(StrEnum):
    """What a release must pass, in this order; which ones it must is a matter of its risk class."""

    ARTIFACT = "artifact"
    """The files in the bucket are those of the digest."""
    REPORTS = "reports"
    """Fairness and explainability were reported on, of this very model."""
    PERFORMANCE = "performance"
    """Its figures reach their thresholds, and are not worse than production's."""
    APPROVAL = "approval"
    """Somebody else than the author approved it."""
    SMOKE = "smoke"
    """Its servers answer a request, while they have no traffic. It comes after the approval, since admission lets no
    governed model have servers before that."""
    CANARY = "canary"
    """It kept to its objectives with a growing share of the traffic."""


ALWAYS: Final = (Gate.ARTIFACT, Gate.APPROVAL, Gate.CANARY)
"""Gates that no setting leaves out."""


class Phase(StrEnum):
    """How far a release has come."""

    REGISTERED = "Registered"
    TESTING = "Testing"
    AWAITING_APPROVAL = "AwaitingApproval"
    CANARY = "Canary"
    LIVE = "Live"
    KEPT = "Kept"
    """Another one took its place; its servers still run, so that a rollback only moves traffic."""
    RETIRED = "Retired"
    FAILED = "Failed"
    ROLLED_BACK = "RolledBack"
    WITHDRAWN = "Withdrawn"
    """Stopped before it had any traffic, or after it had lost it."""


ENDED: Final = frozenset({Phase.RETIRED, Phase.FAILED, Phase.ROLLED_BACK, Phase.WITHDRAWN})
SERVING: Final = frozenset({Phase.CANARY, Phase.LIVE, Phase.KEPT})
"""Phases in which the release has servers."""


class Outcome(StrEnum):
    """How a gate came out."""

    PENDING = "Pending"
    PASSED = "Passed"
    FAILED = "Failed"


@dataclass(frozen=True)
class Verdict:
    """What was found at a gate, and on what ground."""

    outcome: Outcome
    message: str = ""
    input: str = ""
    """What was looked at: an address, an approval's name."""
    evidence: str = ""
    """Digest of what was looked at."""
    by: str = ""
    """Who said so: a user, or the part of the controller."""
    figures: tuple[tuple[str, float], ...] = ()
    """Measured values, which a later release is held against."""


@dataclass(frozen=True)
class GateRecord:
    """A gate of this release, with its verdict as soon as there is one."""

    name: Gate
    verdict: Verdict = Verdict(Outcome.PENDING)
    at: datetime | None = None


@dataclass(frozen=True)
class Target:
    """A release by name and content: where traffic is, or goes back to."""

    release: str
    digest: str


@dataclass(frozen=True)
class Rollback:
    """Why traffic was taken from this release, and where it went."""

    reason: str
    message: str
    by: str
    at: datetime
    to: Target | None
    """None: there was nothing before, so nobody is served."""


@dataclass(frozen=True)
class Status:
    """All of it. A controller that starts anew knows nothing else."""

    phase: Phase = Phase.REGISTERED
    gates: tuple[GateRecord, ...] = ()
    traffic: int = 0
    """Percent of the model's requests that it should have."""
    since: datetime | None = None
    """From when on the gateway is known to give it this share; None: not yet."""
    begun: datetime | None = None
    """When its servers were asked for."""
    previous: Target | None = None
    """What was live when its canary began."""
    rollback: Rollback | None = None
    message: str = ""

    @property
    def gate(self) -> Gate | None:
        """The first gate that is not passed yet."""
        return next((each.name for each in self.gates if each.verdict.outcome is not Outcome.PASSED), None)

    def record(self, gate: Gate) -> GateRecord | None:
        """What is recorded of a gate; None where this release has no such gate."""
        return next((each for each in self.gates if each.name is gate), None)

    def recorded(self, gate: Gate, verdict: Verdict, at: datetime) -> Status:
        """The status with this verdict of the gate."""
        gates = tuple(GateRecord(gate, verdict, at) if each.name is gate else each for each in self.gates)
        return replace(self, gates=gates)
