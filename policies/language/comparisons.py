"""The conditions of a single value.

A test of an absent value is false, whatever it tests, so ``not`` of it is true: a rule that wants a value to be
there says so by what it tests, a rule that forbids one negates. A test of an unknown value is unknown, and so is one
of a value whose type the test is not made for: that is a fault, which fails the rule unless the rest decides.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeGuard

from policies.language.conditions import Condition
from policies.language.paths import IllTypedError, Path, Scope
from policies.language.quantities import quantity
from policies.language.truth import ABSENT, UNKNOWN, Truth

Plain = bool | int | float | str
"""What a value may be compared with, where it is written in the rule."""


@dataclass(frozen=True, slots=True)
class Exists(Condition):
    """True if there is a value."""

    path: Path

    def evaluate(self, scope: Scope) -> Truth:
        try:
            value, place = self.path.resolve(scope)
        except IllTypedError as fault:
            return Truth(None, faults=(str(fault),))
        return Truth(None if value is UNKNOWN else value is not ABSENT, (place,))


class Comparison(Condition):
    """A test of the value at ``path`` against another one: written in the rule, a parameter, or another path."""

    __slots__ = ()
    path: Path
    against: object

    def evaluate(self, scope: Scope) -> Truth:
        try:
            value, place = self.path.resolve(scope)
            other = self.against
            if isinstance(other, Path):
                other = other.resolve(scope).value
        except IllTypedError as fault:
            return Truth(None, faults=(str(fault),))
        if value is ABSENT or other is ABSENT:
            return Truth(False, (place,))
        if value is UNKNOWN or other is UNKNOWN:
            return Truth(None, (place,))
        try:
            return Truth(self.holds(value, other), (place,))
        except TypeError as expected:
            return Truth(None, faults=(str(IllTypedError(place, str(expected), value)),))

    @abstractmethod
    def holds(self, value: object, other: object) -> bool:
        """Whether the test holds; TypeError with the name of the type that the value should have."""


@dataclass(frozen=True, slots=True)
class Filled(Comparison):
    """True if the list or object has an element."""

    path: Path
    against: None = None

    def holds(self, value: object, other: object) -> bool:
        del other
        if not isinstance(value, list | tuple | Mapping):
            raise TypeError("a list or an object")
        return bool(value)


@dataclass(frozen=True, slots=True)
class Compare(Comparison):
    """Equality of values of one type, or the order of numbers."""

    path: Path
    comparison: Literal["==", "<=", ">="]
    against: Plain | Path

    def holds(self, value: object, other: object) -> bool:
        if self.comparison == "==":
            if _kind(value) != _kind(other):
                raise TypeError(_kind(other))
            return value == other
        if not _is_number(value) or not _is_number(other):
            raise TypeError("a number")
        return value <= other if self.comparison == "<=" else value >= other


@dataclass(frozen=True, slots=True)
class CompareQuantity(Comparison):
    """A Kubernetes quantity (``500m``, ``2Gi``, or a number) of at most another."""

    path: Path
    against: Plain | Path

    def holds(self, value: object, other: object) -> bool:
        limit = quantity(str(other))
        try:
            return quantity(str(value)) <= limit
        except ValueError:
            raise TypeError("a quantity") from None


@dataclass(frozen=True, slots=True)
class Text(Comparison):
    """A test of a text: its beginning, a part, or an RE2 expression (no look-around, no back reference) found in it."""

    path: Path
    test: Literal["starts with", "contains", "matches"]
    against: str | Path

    def holds(self, value: object, other: object) -> bool:
        if not isinstance(value, str) or not isinstance(other, str):
            raise TypeError("a text")
        if self.test == "matches":
            return _expression(other).search(value) is not None
        return value.startswith(other) if self.test == "starts with" else other in value


@dataclass(frozen=True, slots=True)
class Among(Comparison):
    """True if the text is one of a list's, written in the rule or a parameter."""

    path: Path
    against: tuple[str, ...] | Path

    def holds(self, value: object, other: object) -> bool:
        if not isinstance(value, str) or not isinstance(other, list | tuple):
            raise TypeError("a text")
        return value in other


_DOLLAR = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]])*\])|\$")
"""A dollar sign that stands for the end; what is escaped or in brackets is found first, and stands for itself."""


@lru_cache
def _expression(expression: str) -> re.Pattern[str]:
    """As RE2 reads it: classes are ASCII, and `$` is the end of the text, not the place before a last line break."""
    return re.compile(_DOLLAR.sub(lambda found: found[1] or r"\Z", expression), re.ASCII)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if _is_number(value) else "a text" if isinstance(value, str) else "another value"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
