"""What a place that enforces rules says of an example, and whether that is what the evaluator says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from policies.judgement import Outcome

if TYPE_CHECKING:
    from policies.proof.cases import Case


class Said(Enum):
    """A verdict in the words that all places share."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNDETERMINED = "undetermined"


_SAID = {
    Outcome.PASS: Said.HOLDS,
    Outcome.EXEMPT: Said.HOLDS,
    Outcome.FAIL: Said.BROKEN,
    Outcome.UNDETERMINED: Said.UNDETERMINED,
    Outcome.DEFERRED: Said.UNDETERMINED,
}


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Why a place gives no verdict of its own on an example; ``of_itself``: it was asked, and did not come to it."""

    reason: str
    of_itself: bool = False


class Place(Protocol):
    """One of the places."""

    name: str

    def ask(self, case: Case) -> Said | NotAsked:
        """Its verdict."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An example's verdict at a place, beside the evaluator's."""

    case: Case
    place: str
    expected: Said
    answer: Said | NotAsked

    @property
    def differs(self) -> bool:
        """Whether the place answers otherwise than the evaluator."""
        return not isinstance(self.answer, NotAsked) and self.answer is not self.expected

    def __str__(self) -> str:
        answer = self.answer.reason if isinstance(self.answer, NotAsked) else self.answer.value
        return f"{self.case.label}: the evaluator says {self.expected.value}, {self.place} says {answer}"


def compared(case: Case, place: Place) -> Compared:
    """Ask the place."""
    return Compared(case, place.name, _SAID[case.verdict().outcome], place.ask(case))
