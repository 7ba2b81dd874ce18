"""Three-valued truth (Kleene's strong logic) that remembers where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Step = str | int
"""One step into a value: a key of an object or an index of a list."""

Place = tuple[Step, ...]
"""Where in the judged resource a value lies, from its root."""


class Gap(Enum):
    """What stands where there is no value: none was given, or it is not known yet."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


ABSENT: Final = Gap.ABSENT
UNKNOWN: Final = Gap.UNKNOWN


_EITHER: Final = frozenset((True, False))
_NEITHER: Final[frozenset[bool]] = frozenset()


@dataclass(frozen=True, slots=True)
class Truth:
    """``True``, ``False`` or ``None`` for unknown; the places that made it so.

    ``faults`` says which values had a type that the condition cannot judge. A fault is unknown as long as
    the rest decides without it, as errors are in CEL: ``fault or true`` is true. ``open`` is what an unknown may turn
    out to be: ``fault or unknown`` may be true and never false, ``fault and unknown`` may be false and never true.
    """

    value: bool | None
    places: tuple[Place, ...] = ()
    faults: tuple[str, ...] = ()
    open: frozenset[bool] | None = None

    @property
    def possible(self) -> frozenset[bool]:
        """What it is, or may turn out to be."""
        if self.value is not None:
            return frozenset((self.value,))
        if self.open is not None:
            return self.open
        return _NEITHER if self.faults else _EITHER

    def __invert__(self) -> Truth:
        if self.value is not None:
            return Truth(not self.value, self.places)
        return replace(self, open=frozenset(not each for each in self.possible))


TRUE: Final = Truth(True)
FALSE: Final = Truth(False)


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is false, else unknown as soon as one is unknown, else true."""
    return _decide(truths, deciding=False)


def disjunction(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is true, else unknown as soon as one is unknown, else false."""
    return _decide(truths, deciding=True)


def _decide(truths: Iterable[Truth], *, deciding: bool) -> Truth:
    """Every truth is looked at, so that a report names all places at once and not the first only."""
    decided: list[Truth] = []
    open_: list[Truth] = []
    rest: list[Truth] = []
    for truth in truths:
        (open_ if truth.value is None else decided if truth.value is deciding else rest).append(truth)
    if decided:
        return Truth(deciding, _distinct(decided))
    if not open_:
        return Truth(not deciding, _distinct(rest))
    possible = {deciding for truth in open_ if deciding in truth.possible}
    possible |= {not deciding} if all((not deciding) in truth.possible for truth in open_) else set()
    faults = tuple(fault for truth in open_ for fault in truth.faults)
    return Truth(None, _distinct(open_), faults, frozenset(possible) if faults else None)


def _distinct(truths: list[Truth]) -> tuple[Place, ...]:
    if len(truths) == 1:
        return truths[0].places
    return tuple(dict.fromkeys(place for truth in truths for place in truth.places))
