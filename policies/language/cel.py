"""Conditions as CEL, in the dialect of Kubernetes' admission policies (optional types, ``quantity``).

CEL has no unknown, and the API server has none to give: there every value is known. What is absent is an optional
without a value, so that a test of it is false here as there.
"""

from __future__ import annotations

import json
import re
from collections import ChainMap
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, cast

from policies.language.comparisons import Among, Compare, CompareQuantity, Comparison, Exists, Filled, Text
from policies.language.conditions import AtMostOne, Both, Condition, Either, Every, Let, Not, Some
from policies.language.moments import Granted, Later
from policies.language.paths import DIGEST, Path, Reading
from policies.language.relations import Related

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NAMES = {
    "object": "object",
    "old": "optional.ofNonZeroValue(oldObject)",
    "request": "request",
    # There is no clock. The API server fills this in before it asks, so on creation it is the present.
    "now": "object.metadata.creationTimestamp",
}


class NotInCelError(Exception):
    """The condition looks at other resources of the stack, or into a text: an admission policy cannot."""


def to_cel(condition: Condition, parameters: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """The condition as a CEL expression over ``object`` and ``oldObject``, with the parameters' values written in.

    ``names`` says what stands for what else, or for something else: for a part of a condition. Raises NotInCelError.
    """
    return _Writer(parameters, _over({} if names is None else names, _NAMES)).write(condition)


def _over(names: Mapping[str, str], others: Mapping[str, str]) -> Mapping[str, str]:
    return ChainMap(cast("dict[str, str]", names), cast("dict[str, str]", others))


class _Writer:
    def __init__(self, parameters: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._parameters = parameters
        self._names = names

    @singledispatchmethod
    def write(self, condition: Condition) -> str:
        raise NotInCelError(type(condition).__name__)

    @write.register
    def _(self, condition: Both) -> str:
        return f"({' && '.join(self.write(part) for part in condition.parts)})" if condition.parts else "true"

    @write.register
    def _(self, condition: Either) -> str:
        return f"({' || '.join(self.write(part) for part in condition.parts)})" if condition.parts else "false"

    @write.register
    def _(self, condition: Not) -> str:
        return f"!{self.write(condition.part)}"

    @write.register
    def _(self, condition: Exists) -> str:
        optional = self._optional(condition.path)
        # Of a request CEL knows the types, and that nothing in it is null.
        return f"{optional}.hasValue()" if optional.startswith("request.") else f"({optional}.orValue(null) != null)"

    @write.register
    def _(self, condition: Filled) -> str:
        return f"({_elements(self._optional(condition.path))}.size() > 0)"

    @write.register
    def _(self, condition: Compare) -> str:
        if condition.comparison == "==" and (value := self._or(condition)):
            return f"({value} == {self._against(condition)})"
        return self._test(condition, lambda value, other: f"{value} {condition.comparison} {other}")

    @write.register
    def _(self, condition: CompareQuantity) -> str:
        # A number or a text. Not string(value): in a loop over both, API server 1.36 has "no such overload".
        as_quantity = 'quantity("%s".format([{}]))'.format
        return self._test(condition, lambda value, other: f"{as_quantity(value)}.compareTo({as_quantity(other)}) <= 0")

    @write.register
    def _(self, condition: Text) -> str:
        function = "startsWith" if condition.test == "starts with" else condition.test
        if value := self._or(condition):
            return f"{value}.{function}({self._against(condition)})"
        return self._test(condition, lambda value, other: f"{value}.{function}({other})")

    @write.register
    def _(self, condition: Among) -> str:
        if value := self._or(condition):
            return f"({value} in {self._against(condition)})"
        return self._test(condition, lambda value, other: f"{value} in {other}")

    @write.register
    def _(self, condition: Later) -> str:
        guards: list[str] = []
        value, than = self._value(condition.path, guards), self._value(condition.than, guards)
        days = condition.days
        hours = 24 * (self._parameters[str(days.keys[0])] if isinstance(days, Path) else days)
        # API server 1.36 has "no such overload" for a value out of `[?"…"]`, unless it is said to be a text.
        later = f'timestamp(string({value})) + duration("{hours}h") > timestamp(string({than}))'
        return f"({' && '.join([*guards, later])})"

    @write.register
    def _(self, condition: Granted) -> str:
        group, _, plural = condition.resource.partition("/")
        resource = f'group("{group}").resource("{plural}").namespace(request.namespace)'
        return f'authorizer.{resource}.check("{condition.verb}").allowed()'

    @write.register
    def _(self, condition: Every) -> str:
        return self._loop(condition, "all")

    @write.register
    def _(self, condition: Some) -> str:
        return self._loop(condition, "exists")

    @write.register
    def _(self, condition: AtMostOne) -> str:
        return f"({self._loop(condition, 'filter')}.size() <= 1)"

    @write.register
    def _(self, condition: Let) -> str:
        return self._within(condition.name, self._optional(condition.path)).write(condition.condition)

    def _within(self, name: str, expression: str) -> _Writer:
        return _Writer(self._parameters, _over({name: expression}, self._names))

    def _loop(self, loop: Every | Some | AtMostOne, macro: str) -> str:
        """The macro over all elements of all lists: what is said of each stands once."""
        body = self._within(loop.name, loop.name).write(loop.condition)
        lists = [self._list(over) for over in loop.over]
        joined = lists[0] if len(lists) == 1 else f"({' + '.join(lists)})"
        return f"{joined}.{macro}({loop.name}, {body})"

    def _list(self, over: Path | Related) -> str:
        if isinstance(over, Related):
            raise NotInCelError(over.type)
        return self._literal(over) if over.root == "parameters" else _elements(self._optional(over))

    def _test(self, condition: Comparison, spelled: Callable[[str, str], str]) -> str:
        """The test where there is a value to test, and one to test it against."""
        guards: list[str] = []
        value, against = self._value(condition.path, guards), condition.against
        other = self._value(against, guards) if isinstance(against, Path) else json.dumps(against)
        return f"({' && '.join([*guards, spelled(value, other)])})"

    def _or(self, condition: Comparison) -> str:
        """The value at the condition's path, or one of the same type of which the test does not hold: so the path is
        walked once.

        Nothing where that cannot be said: what it is tested against may be absent too, or the path is the request's.
        """
        path, against = condition.path, condition.against
        if path.root == "parameters" or not path.keys or isinstance(path.keys[-1], Reading):
            return ""
        if isinstance(against, Path) and against.root != "parameters":
            return ""
        other = self._other(condition)
        failing = not other if isinstance(other, bool) else other - 1 if isinstance(other, int | float) else ""
        if condition.holds(failing, other):
            return ""
        return f"{self._optional(path)}.orValue({json.dumps(failing)})"

    def _against(self, condition: Comparison) -> str:
        return json.dumps(self._other(condition))

    def _other(self, condition: Comparison) -> object:
        """The value that it is tested against, where that is known here."""
        against = condition.against
        return self._parameters[str(against.keys[0])] if isinstance(against, Path) else against

    def _value(self, path: Path, guards: list[str]) -> str:
        """The value at a path; what must hold for there to be one is added to the guards."""
        if path.root == "parameters":
            return self._literal(path)
        if path.keys[-1:] == (Reading.DIGEST,):
            return f"{self._value(Path(path.root, path.keys[:-1]), guards)}.find({json.dumps(DIGEST)})"
        if not path.keys and not _is_optional(self._names[path.root]):
            return self._names[path.root]
        guards.append(f"{self._optional(path)}.hasValue()")
        return f"{self._optional(path)}.value()"

    def _literal(self, path: Path) -> str:
        return json.dumps(self._parameters[str(path.keys[0])])

    def _optional(self, path: Path) -> str:
        if path.root not in self._names:
            raise NotInCelError(path.root)
        text = self._names[path.root]
        if not path.keys:
            return text if _is_optional(text) else f"optional.of({text})"
        return text + "".join(self._step(key) for key in path.keys)

    def _step(self, key: str | Path | Reading) -> str:
        if isinstance(key, Reading):
            raise NotInCelError(key.value)
        if isinstance(key, Path):
            return f"[?{self._names[key.root]}]"
        return f".?{key}" if _IDENTIFIER.fullmatch(key) else f"[?{json.dumps(key)}]"


def _elements(optional: str) -> str:
    """The list or object there; none is empty, and so is null, as which the API server gives a list that is not set."""
    return f"optional.ofNonZeroValue({optional}.orValue([])).orValue([])"


def _is_optional(text: str) -> bool:
    return "?" in text or text.startswith("optional.")
