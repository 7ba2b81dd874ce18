"""Paths: where a condition finds the values that it judges."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from policies.language.truth import ABSENT, UNKNOWN, Place, Step

if TYPE_CHECKING:
    from collections.abc import Iterable


class Bound(NamedTuple):
    """A value and where it lies in the judged resource."""

    value: Any
    place: Place


Scope = Mapping[str, Bound]
"""The values that names stand for: ``object``, ``old``, ``parameters`` …, and each loop's element."""


class IllTypedError(Exception):
    """A value has a type that the condition cannot judge; the message names the place and what is allowed."""

    def __init__(self, place: Place, expected: str, value: object) -> None:
        super().__init__(f"{spell(place)}: expected {expected}, got {type(value).__name__}")


class Reading(Enum):
    """A step that leads to no other place: it reads what is there in another way."""

    JSON = "json"
    """A text as the JSON that it holds; anything else as it is."""
    LIST = "list"
    """A list as it is; anything else as a list of one, as IAM policies have it."""
    BASE64 = "base64"
    """The text that the base64 text stands for."""
    DIGEST = "digest"
    """The first SHA-256 or Git hash in the text, in hexadecimal digits; an empty text if it has none."""

    def of(self, value: object, place: Place) -> object:
        """The value read so; absent and unknown stay what they are. Raises IllTypedError for what cannot be read."""
        if value is ABSENT or value is UNKNOWN:
            return value
        if self is Reading.LIST:
            return value if isinstance(value, list | tuple) else [value]
        if self is Reading.JSON and not isinstance(value, str):
            return value
        try:
            return _READ[self](value)
        except (TypeError, ValueError):
            raise IllTypedError(place, _READABLE[self], value) from None


DIGEST = "[0-9a-f]{64}|[0-9a-f]{40}"
"""A SHA-256, or the hash of a Git commit."""


@lru_cache(maxsize=4096)
def _json(text: str) -> object:
    return json.loads(text)


def _base64(text: str) -> str:
    return b64decode(text, validate=True).decode(errors="replace")


def _digest(text: str) -> str:
    found = re.search(DIGEST, text)
    return found[0] if found else ""


_READ: Mapping[Reading, Callable[[Any], object]] = {
    Reading.JSON: _json,
    Reading.BASE64: _base64,
    Reading.DIGEST: _digest,
}
_READABLE = {Reading.JSON: "JSON", Reading.BASE64: "base64", Reading.DIGEST: "a text"}


@dataclass(frozen=True, slots=True)
class Path:
    """The way from a name to a value; a key that is itself a path stands for the text found there.

    A missing step, a null and a missing value are the same: absent.
    """

    root: str
    keys: tuple[str | Path | Reading, ...] = ()

    def resolve(self, scope: Scope) -> Bound:
        """The value and its place; ABSENT or UNKNOWN where there is none. Raises IllTypedError at a wrong step."""
        value, place = scope[self.root]
        if value is None:
            value = ABSENT
        for index, key in enumerate(self.keys):
            # Most of a check's time is spent here: plain keys of plain dicts take the short way.
            if key.__class__ is str and value.__class__ is dict:
                value = value.get(key, ABSENT)
                if value is None:
                    value = ABSENT
            elif key.__class__ is not str:
                return self._resolve(index, Bound(value, place + cast("Place", self.keys[:index])), scope)
            elif value is not ABSENT and value is not UNKNOWN:
                value = _inside(value, key, place + cast("Place", self.keys[:index]))
        return Bound(value, place + cast("Place", self.keys))

    def _resolve(self, index: int, here: Bound, scope: Scope) -> Bound:
        """The rest of the way, from a key that is not written but read or found."""
        value, place = here
        for key in self.keys[index:]:
            if isinstance(key, Reading):
                value = key.of(value, place)
                continue
            step = key if isinstance(key, str) else key.resolve(scope).value
            if value is UNKNOWN or step is UNKNOWN:
                value = UNKNOWN
            elif value is not ABSENT:
                value = _inside(value, step, place)
            place = (*place, step if isinstance(step, str | int) else "?")
        return Bound(value, place)


def _inside(value: object, step: object, place: Place) -> object:
    if not isinstance(value, Mapping):
        raise IllTypedError(place, "an object", value)
    found = value.get(step)
    return ABSENT if found is None else found


_STEP = re.compile(r'(?:^|(?<!^)\.)([^.\[\]"]+)|\[(\d+)\]|\["([^"]+)"\]')


def steps(path: str) -> Place:
    """The steps of a path as people write it: ``spec.containers[0].image``, ``metadata.labels["a.b/c"]``."""
    found: list[Step] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            break
        end = match.end()
        plain, index, quoted = match.groups()
        found.append(int(index) if index else plain or quoted)
    if not path or end != len(path):
        raise ValueError(f"{path!r} is not a path")
    return tuple(found)


def keys(path: str) -> tuple[str, ...]:
    """The steps of a path that goes through objects only."""
    return tuple(str(step) for step in steps(path))


def spell(place: Iterable[Step]) -> str:
    """A place as people write it; the inverse of ``steps``."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.search(r'[.\[\]"/]', step):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text
