"""The nodes that conditions are made of: logic and loops here, tests of single values in ``comparisons``.

They are data: evaluated in Python by themselves, compiled to CEL by ``cel``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies.language.paths import Bound, IllTypedError, Path, Scope
from policies.language.relations import MEMBER, Related, place_of, short
from policies.language.truth import ABSENT, UNKNOWN, Truth, conjunction, disjunction

if TYPE_CHECKING:
    from collections.abc import Iterator


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


Over = Path | Related
"""What a loop goes over: a list, an object's keys, or related resources."""


@dataclass(frozen=True, slots=True)
class Every(Condition):
    """True if the condition is true of every element (for an object: of every key). True where there is none.

    Of a resource that is related only perhaps, the condition counts as unknown if it is not true.
    """

    over: tuple[Over, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        return conjunction(_each(self.over, self.name, self.condition, scope, disjunction))


@dataclass(frozen=True, slots=True)
class Some(Condition):
    """True if the condition is true of an element (for an object: of a key). False where there is none.

    Of a resource that is related only perhaps, the condition counts as unknown if it is not false.
    """

    over: tuple[Over, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        truths = list(_each(self.over, self.name, self.condition, scope, conjunction))
        nobody = tuple((f"no {short(over.type)}",) for over in self.over if isinstance(over, Related))
        return disjunction(truths) if truths else Truth(False, nobody)


@dataclass(frozen=True, slots=True)
class AtMostOne(Condition):
    """True if the condition is true of no more than one element."""

    over: tuple[Path, ...]
    name: str
    condition: Condition

    def evaluate(self, scope: Scope) -> Truth:
        truths = list(_each(self.over, self.name, self.condition, scope, conjunction))
        true = [truth for truth in truths if truth.value]
        if len(true) > 1:
            return Truth(False, conjunction(true).places)
        unknown = [truth for truth in truths if truth.value is None]
        at_most = len(true) + len(unknown) + sum(_may_be_longer(path, scope) for path in self.over)
        return conjunction(unknown) if unknown and at_most > 1 else Truth(True)


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


def _may_be_longer(path: Path, scope: Scope) -> bool:
    """Whether the list counts as one unknown element only because nothing is known of it."""
    try:
        value = path.resolve(scope).value
    except IllTypedError:
        return True
    return value is not ABSENT and not isinstance(value, list | tuple | Mapping)


Doubt = Callable[[Iterable[Truth]], Truth]
"""How a loop joins a condition with the unknown whether the element belongs to it at all."""


def _each(over: tuple[Over, ...], name: str, condition: Condition, scope: Scope, doubt: Doubt) -> Iterator[Truth]:
    """The condition's truth for each element in turn, ``name`` standing for it."""
    for each in over:
        if isinstance(each, Related):
            yield from _each_related(each, name, condition, scope, doubt)
        else:
            yield from _each_element(each, name, condition, scope)


def _each_element(path: Path, name: str, condition: Condition, scope: Scope) -> Iterator[Truth]:
    try:
        value, place = path.resolve(scope)
    except IllTypedError as fault:
        yield Truth(None, (), (str(fault),))
        return
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


def _each_related(related: Related, name: str, condition: Condition, scope: Scope, doubt: Doubt) -> Iterator[Truth]:
    for member, certain in related.members(scope):
        place = place_of(member)
        here = {name: Bound(member.properties, place), MEMBER + name: Bound(member, place)}
        truth = condition.evaluate({**scope, **here})
        yield truth if certain else doubt([truth, Truth(None, ((*place, *related.reference),))])
