"""What a condition is made of, whatever nodes the language has: read from their fields."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from policies.language.conditions import Condition
from policies.language.paths import Path, Reading
from policies.language.relations import Related

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

_OF_A_REQUEST: Final = frozenset({"object", "old", "request", "now", "parameters"})
_ELSEWHERE: Final = "stack"
_LABELS: Final = (("metadata", "labels"), ("metadata", "annotations"))


def paths(condition: Condition) -> Iterator[Path]:
    """Every path that the condition reads, those inside other paths too."""
    for part in _parts(condition):
        if isinstance(part, Path):
            yield part
            yield from (key for key in part.keys if isinstance(key, Path))
        elif isinstance(part, Condition):
            yield from paths(part)


def free_names(condition: Condition) -> frozenset[str]:
    """The names that the condition takes from around it: ``object``, ``parameters``, loops that it is inside of.

    What looks at other resources, or into a text, takes a name that no request has.
    """
    bound = getattr(condition, "name", None)
    found: set[str] = set()
    for part in _parts(condition):
        if isinstance(part, Path):
            found.add(part.root)
            found.update(_name_of(key) for key in part.keys if not isinstance(key, str))
        elif isinstance(part, Condition):
            found |= free_names(part) - {bound}
        elif isinstance(part, Related):
            found.add(_ELSEWHERE)
    return frozenset(found)


def _name_of(key: Path | Reading) -> str:
    if isinstance(key, Path):
        return key.root
    # CEL can find a digest in a text; it can read no text as anything else.
    return "object" if key is Reading.DIGEST else _ELSEWHERE


def can_be_said(condition: Condition) -> bool:
    """Whether CEL has words for all of it: it looks at nothing but the request, and into no text but for a digest."""
    return free_names(condition) <= _OF_A_REQUEST


def read_fields(condition: Condition) -> frozenset[tuple[str, ...]]:
    """The parts of the object that decide: ``("spec",)``, ``("metadata", "labels")``. Empty if all of it may.

    What cannot change once the object is there (its kind, name and namespace) is left out.
    """
    found: set[tuple[str, ...]] = set()
    for path in paths(condition):
        if path.root not in ("object", "old"):
            continue
        first = path.keys[:2] if path.keys[:1] == ("metadata",) else path.keys[:1]
        keys = tuple(key for key in first if isinstance(key, str))
        if not keys or keys == ("metadata",):
            return frozenset()
        found.add(keys)
    return frozenset(found - {("kind",), ("apiVersion",), ("metadata", "name"), ("metadata", "namespace")})


def asks_for_labels(condition: Condition) -> bool:
    """Whether the condition reads labels or annotations that are to be there, by name; not whether it goes through
    those that are."""
    by_name = 3
    return any(
        path.root == "object" and path.keys[:2] in _LABELS and len(path.keys) >= by_name for path in paths(condition)
    )


def _parts(condition: Condition) -> Iterator[object]:
    for name in _fields(type(condition)):
        value = getattr(condition, name)
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


@cache
def _fields(node: type[Condition]) -> tuple[str, ...]:
    """The fields of a kind of node: every one of the language is a dataclass."""
    return tuple(field.name for field in fields(cast("type[DataclassInstance]", node)))
