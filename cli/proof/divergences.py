"""Where places answer differently from the evaluator, and why that stays so: every other difference is a defect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.proof.answers import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.proof.answers import Compared


@dataclass(frozen=True)
class Divergence:
    """A difference that is known: at which places, of which answers, and the reason."""

    name: str
    places: frozenset[str]
    reason: str
    covers: Callable[[Compared], bool]


def divergence_of(answer: Compared) -> Divergence | None:
    """The known difference that this one is a case of."""
    return next((each for each in DIVERGENCES if answer.place in each.places and each.covers(answer)), None)


def _stricter_about_types(answer: Compared) -> bool:
    """The evaluator refuses the object for no more than a value of a wrong type."""
    faulty = ": expected " in answer.case.verdict().detail
    return faulty and answer.expected is Said.BROKEN and answer.answer is Said.HOLDS


DIVERGENCES: Final = (
    Divergence(
        "a value of a type that its place does not have",
        frozenset({"cel", "cluster"}),
        "CEL takes values of two types for unequal, and an empty text for an empty list; the evaluator says that it "
        "cannot judge them and refuses the object. The API server lets none come to its policies where the kind has a "
        "schema.",
        _stricter_about_types,
    ),
)
