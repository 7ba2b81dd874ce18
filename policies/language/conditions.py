"""The nodes that conditions are made of. They are data: evaluated here, compiled to CEL in ``cel``.

A test of an absent value is false, whatever it tests, so ``not`` of it is true: a rule that wants a value to be
there says so by what it tests, a rule that forbids one negates. A test of an unknown value is unknown.
"""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from policies.language.paths import Bound, IllTypedError, Path, Scope
from policies.language.quantities import quantity
from policies.language.truth import ABSENT, UNKNOWN, Place, Truth, conjunction, disjunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Plain = bool | int | float | str | tuple[str, ...]
"""What a condition may compare with: written in the rule, or a parameter of the stack."""


class Condition(ABC):
    """Something that is true, false or unknown of a resource."""

    @abstractmethod
    def evaluate(self, scope: Scope) -> Truth:
        """The truth of this condition where names stand for what ``scope`` says. Never raises for bad data."""

    def __and__(self, other: Condition) -> Condition:
        return Both((self, other))

    def __or__(self, other: Condition) -> Condition:
        return Either((self, other))

    def __invert__(self) -> Condition:
        return Not(self)

    def implies(self, other: Condition) -> Condition:
        """``other`` wherever this is true."""
        return Either((Not(self), other))


@dataclass(frozen=True, slots=True)
class Both(Condition):
    """True if every part is."""

    parts: tuple[Condition, ...]

    def evaluate(self, scope: Scope) -> Truth:
        return conjunction([part.evaluate(scope) for part in self.parts])


@dataclass(frozen=True, slots=True)
class Either(Condition):
    """True if some part is."""

    parts: tuple[Condition, ...]

    def evaluate(self, scope: Scope) -> Truth:
        return disjunction([part.evaluate(scope) for part in self.parts])


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """True if the part is false."""

    part: Condition

    def evaluate(self, scope: Scope) -> Truth:
        return ~self.part.evaluate(scope)


@dataclass(frozen=True, slots=True)
class Exists(Condition):
    """True if there is a value."""

    path: Path

    def evaluate(self, scope: Scope) -> Truth:
        return _judged(scope, self.path, None, lambda _value, _place: True)


@dataclass(frozen=True, slots=True)
class Filled(Condition):
    """True if the list or object has an element."""

    path: Path

    def evaluate(self, scope: Scope) -> Truth:
        def holds(value: Any, place: Place) -> bool:
            if not isinstance(value, list | tuple | Mapping):
                raise IllTypedError(place, "a list or an object", value)
            return bool(value)

        return _judged(scope, self.path, None, holds)


Comparison = Literal["==", "<=", ">="]


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """A value against another of the same type: equality of anything plain, order of numbers."""

    path: Path
    comparison: Comparison
    other: Plain | Path

    _OPERATORS: ClassVar[dict[str, Callable[[Any, Any], bool]]] = {
        "==": operator.eq, "<=": operator.le, ">=": operator.ge,
    }  # fmt: skip

    def evaluate(self, scope: Scope) -> Truth:
        def holds(value: Any, place: Place, other: Any) -> bool:
            expected = _kind(other) if self.comparison == "==" else "a number"
            if _kind(value) != expected:
                raise IllTypedError(place, expected, value)
            return self._OPERATORS[self.comparison](value, other)

        return _judged(scope, self.path, self.other, holds)


@dataclass(frozen=True, slots=True)
class CompareQuantity(Condition):
    """A Kubernetes quantity (``500m``, ``2Gi``, or a number) against another."""

    path: Path
    comparison: Literal["<=", ">="]
    other: Plain | Path

    def evaluate(self, scope: Scope) -> Truth:
        def holds(value: Any, place: Place, other: Any) -> bool:
            try:
                measured = quantity(value)
            except ValueError:
                raise IllTypedError(place, "a quantity", value) from None
            limit = quantity(other)
            return measured <= limit if self.comparison == "<=" else measured >= limit

        return _judged(scope, self.path, self.other, holds)


TextTest = Literal["starts with", "matches"]


@dataclass(frozen=True, slots=True)
class Text(Condition):
    """A test of a text: its beginning, or an RE2 expression (no look-around, no back reference) found in it."""

    path: Path
    test: TextTest
    other: str | Path

    def evaluate(self, scope: Scope) -> Truth:
        def holds(value: Any, place: Place, other: str) -> bool:
            if not isinstance(value, str):
                raise IllTypedError(place, "a text", value)
            if self.test == "starts with":
                return value.startswith(other)
            return re.search(other, value, re.ASCII) is not None

        return _judged(scope, self.path, self.other, holds)


@dataclass(frozen=True, slots=True)
class Among(Condition):
    """True if the text is one of a list's, written in the rule or a parameter."""

    path: Path
    members: tuple[str, ...] | Path

    def evaluate(self, scope: Scope) -> Truth:
        def holds(value: Any, place: Place, members: tuple[str, ...]) -> bool:
            if not isinstance(value, str):
                raise IllTypedError(place, "a text", value)
            return value in members

        return _judged(scope, self.path, self.members, holds)


@dataclass(frozen=True, slots=True)
class Every(Condition):
    """True if the condition is true of every element (for an object: of every key). True where there is none."""

    over: tuple[Path, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        return conjunction(_each(self.over, self.name, self.condition, scope))


@dataclass(frozen=True, slots=True)
class Some(Condition):
    """True if the condition is true of an element (for an object: of a key). False where there is none."""

    over: tuple[Path, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        truths = list(_each(self.over, self.name, self.condition, scope))
        return disjunction(truths) if truths else Truth(False, tuple(path.resolve(scope).place for path in self.over))


@dataclass(frozen=True, slots=True)
class AtMostOne(Condition):
    """True if the condition is true of no more than one element."""

    over: tuple[Path, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        truths = list(_each(self.over, self.name, self.condition, scope))
        true = [truth for truth in truths if truth.value]
        if len(true) > 1:
            return Truth(False, conjunction(true).places)
        unknown = [truth for truth in truths if truth.value is None]
        return conjunction(unknown) if unknown and len(true) + len(unknown) > 1 else Truth(True)


@dataclass(frozen=True, slots=True)
class Let(Condition):
    """The condition, with a name standing for the value at a path."""

    path: Path
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        try:
            return self.condition.evaluate({**scope, self.name: self.path.resolve(scope)})
        except IllTypedError as fault:
            return Truth(None, (), (str(fault),))


def _each(over: tuple[Path, ...], name: str, condition: Condition, scope: Scope) -> Iterator[Truth]:
    """The condition's truth for each element in turn, ``name`` standing for it."""
    for path in over:
        try:
            value, place = path.resolve(scope)
        except IllTypedError as fault:
            yield Truth(None, (), (str(fault),))
            continue
        if value is UNKNOWN:
            yield Truth(None, (place,))
        elif isinstance(value, list | tuple):
            for index, element in enumerate(value):
                yield condition.evaluate({**scope, name: Bound(element, (*place, index))})
        elif isinstance(value, Mapping):
            for key in value:
                yield condition.evaluate({**scope, name: Bound(key, (*place, key))})
        elif value is not ABSENT:
            yield Truth(None, (), (str(IllTypedError(place, "a list or an object", value)),))


def _judged(scope: Scope, path: Path, other: Any, holds: Callable[..., bool]) -> Truth:
    """``holds(value, place[, other])`` where both are known; false where one is absent, unknown where one is not known."""
    try:
        value, place = path.resolve(scope)
        against = other.resolve(scope).value if isinstance(other, Path) else other
        if value is ABSENT or against is ABSENT:
            return Truth(False, (place,))
        if value is UNKNOWN or against is UNKNOWN:
            return Truth(None, (place,))
        return Truth(holds(value, place) if against is None else holds(value, place, against), (place,))
    except IllTypedError as fault:
        return Truth(None, (), (str(fault),))


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, int | float) else "a text" if isinstance(value, str) else "a list"

