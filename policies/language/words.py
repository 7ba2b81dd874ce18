"""The words in which rules are written: each makes a node of ``conditions``.

    pod = resource["spec.template.spec"]
    pod["containers"].every(lambda container: ~container["securityContext.privileged"].is_true())

reads as it says, and is data: it can be evaluated, mutated, and compiled to CEL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from policies.language.comparisons import Among, Compare, CompareQuantity, Exists, Filled, Plain, Text
from policies.language.conditions import AtMostOne, Both, Condition, Either, Every, Let, Some
from policies.language.moments import Granted, Later
from policies.language.paths import Path, Reading, keys
from policies.language.relations import Related

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the judged resource that a rule speaks about."""

    path: Path

    def __getitem__(self, path: str) -> Value:
        """The value at a path below this one: ``pod["securityContext.runAsNonRoot"]``."""
        return Value(Path(self.path.root, (*self.path.keys, *keys(path))))

    def key(self, key: str | Value) -> Value:
        """The value under one key, taken as it is written or from another value: labels, resource names."""
        return Value(Path(self.path.root, (*self.path.keys, key if isinstance(key, str) else key.path)))

    def json(self) -> Value:
        """What the text holds as JSON, such as a policy; what is no text, as it is."""
        return self._read(Reading.JSON)

    def listed(self) -> Value:
        """The list, or a list of the one thing that stands in its place."""
        return self._read(Reading.LIST)

    def base64(self) -> Value:
        """The text that stands there in base64."""
        return self._read(Reading.BASE64)

    def digest(self) -> Value:
        """The hash in the text, in hexadecimal digits: that of a model or image in what refers to it."""
        return self._read(Reading.DIGEST)

    def _read(self, how: Reading) -> Value:
        return Value(Path(self.path.root, (*self.path.keys, how)))

    def named_in(self, resource_type: str, reference: str, *, by: tuple[str, ...], spelled: str = "{}") -> Others:
        """The resources of a type that name this one: each whose ``reference`` is what one of ``by`` says here.

        ``spelled`` is how they write it, with ``{}`` for what stands here.
        """
        return Others(self._related(resource_type, reference, by, spelled, names=False))

    def names(self, resource_type: str, reference: str, *, by: tuple[str, ...]) -> Others:
        """The resources of a type that this one names in ``reference`` by what one of ``by`` says there."""
        return Others(self._related(resource_type, reference, by, "{}", names=True))

    def _related(
        self, resource_type: str, reference: str, by: tuple[str, ...], spelled: str, *, names: bool
    ) -> Related:
        identity = tuple(keys(each) for each in by)
        return Related(self.path.root, resource_type, keys(reference), identity, names, spelled)

    def exists(self) -> Condition:
        """There is a value."""
        return Exists(self.path)

    def is_filled(self) -> Condition:
        """It is a list or an object with at least one element."""
        return Filled(self.path)

    def is_true(self) -> Condition:
        """It is true; ``~x.is_true()`` also holds where it is absent."""
        return Compare(self.path, "==", True)

    def is_false(self) -> Condition:
        """It is there and false."""
        return Compare(self.path, "==", False)

    def equals(self, other: Plain | Value) -> Condition:
        """It is there and the same as ``other``, which has the same type."""
        return Compare(self.path, "==", _plain(other))

    def at_least(self, other: float | Value) -> Condition:
        """It is a number and not less."""
        return Compare(self.path, ">=", _plain(other))

    def at_most(self, other: float | Value) -> Condition:
        """It is a number and not more."""
        return Compare(self.path, "<=", _plain(other))

    def is_later_than(self, other: Value, *, days: int | Value = 0) -> Condition:
        """It is a moment (RFC 3339), and later than another one when so many days are added to it."""
        return Later(self.path, other.path, days.path if isinstance(days, Value) else days)

    def quantity_at_most(self, other: float | str | Value) -> Condition:
        """It is a Kubernetes quantity and not more."""
        return CompareQuantity(self.path, _plain(other))

    def starts_with(self, prefix: str | Value) -> Condition:
        """It is a text that begins so."""
        return Text(self.path, "starts with", prefix.path if isinstance(prefix, Value) else prefix)

    def has_in_it(self, part: str | Value) -> Condition:
        """It is a text of which the other one is a part."""
        return Text(self.path, "contains", part.path if isinstance(part, Value) else part)

    def matches(self, expression: str) -> Condition:
        """It is a text in which the RE2 expression is found; anchor it to mean the whole text."""
        return Text(self.path, "matches", expression)

    def is_one_of(self, members: tuple[str, ...] | Value) -> Condition:
        """It is a text of the list."""
        return Among(self.path, members.path if isinstance(members, Value) else members)

    def contains(self, member: Plain | Value) -> Condition:
        """It is a list with that element."""
        return self.some(lambda element: element.equals(member))

    def every(self, condition: Callable[[Value], Condition]) -> Condition:
        """The condition holds for every element of the list, or key of the object; also where there is none."""
        return every((self,), condition)

    def some(self, condition: Callable[[Value], Condition]) -> Condition:
        """The condition holds for an element of the list, or a key of the object."""
        return some((self,), condition)

    def let(self, condition: Callable[[Value], Condition]) -> Condition:
        """The condition of this value, which is called as the function calls it wherever the value lies."""
        name = _name(condition)
        return Let(self.path, name, condition(Value(Path(name))))


@dataclass(frozen=True, slots=True)
class Others:
    """Resources of the stack that are related with the one that a rule speaks about."""

    related: Related

    def every(self, condition: Callable[[Value], Condition]) -> Condition:
        """The condition holds for each of them; also where there is none."""
        return Every(*_loop((self,), condition))

    def some(self, condition: Callable[[Value], Condition]) -> Condition:
        """The condition holds for one of them."""
        return Some(*_loop((self,), condition))

    def exist(self) -> Condition:
        """There is one."""
        return self.some(lambda _: all_of())


def parameter(name: str) -> Value:
    """A parameter of the stack (``policies.parameters.Parameters``)."""
    return Value(Path("parameters", (name,)))


def option(name: str) -> Value:
    """An option that the program gave the resource, such as ``protect``."""
    return Value(Path("options", (name,)))


def may(verb: str, resource: str) -> Condition:
    """Who asks for the change may do that to ``group/plural``; false where nobody asks, outside the cluster."""
    return Granted(verb, resource)


resource = Value(Path("object"))
"""The resource that is judged."""

old = Value(Path("old"))
"""The resource as it is now in the cluster; absent when it is created, and where nothing is known of it."""

requester = Value(Path("request", ("userInfo", "username")))
"""Who asks the API server for the change; absent everywhere else."""

now = Value(Path("now"))
"""The present; to the API server, when the judged object was created."""


def every(lists: tuple[Value, ...], condition: Callable[[Value], Condition]) -> Condition:
    """``Value.every`` over several lists."""
    return Every(*_loop(lists, condition))


def some(lists: tuple[Value, ...], condition: Callable[[Value], Condition]) -> Condition:
    """``Value.some`` over several lists."""
    return Some(*_loop(lists, condition))


def at_most_one(lists: tuple[Value, ...], condition: Callable[[Value], Condition]) -> Condition:
    """The condition holds for one element of the lists, or none."""
    name = _name(condition)
    return AtMostOne(tuple(each.path for each in lists), name, condition(Value(Path(name))))


def all_of(*conditions: Condition) -> Condition:
    """Every one holds."""
    return Both(conditions)


def any_of(*conditions: Condition) -> Condition:
    """One holds."""
    return Either(conditions)


_Loop = tuple[tuple["Path | Related", ...], str, "Condition"]


def _loop(lists: tuple[Value | Others, ...], condition: Callable[[Value], Condition]) -> _Loop:
    name = _name(condition)
    over = tuple(each.related if isinstance(each, Others) else each.path for each in lists)
    return over, name, condition(Value(Path(name)))


def _name(condition: Callable[[Value], Condition]) -> str:
    """What the function calls its argument, so that a condition as data reads like the rule."""
    return cast("FunctionType", condition).__code__.co_varnames[0]


def _plain(other: Plain | Value) -> Plain | Path:
    return other.path if isinstance(other, Value) else other
