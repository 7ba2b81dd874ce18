"""What a condition is made of, whatever nodes the language has: read from their fields."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final

from policies.language.conditions import Condition
from policies.language.paths import Path, Reading
from policies.language.relations import Related

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_A_REQUEST: Final = frozenset({"object", "old", "request", "now", "parameters"})


def paths(condition: Condition) -> Iterator[Path]:
    """Every path that the condition reads, those inside other paths too."""
    for part in _parts(condition):
        if isinstance(part, Path):
            yield part
            yield from (key for key in part.keys if isinstance(key, Path))
        elif isinstance(part, Condition):
            yield from paths(part)


def free_names(condition: Condition) -> frozenset[str]:
    """The names that the condition takes from around it: ``object``, ``parameters``, loops that it is inside of."""
    bound = getattr(condition, "name", None)
    found: set[str] = set()
    for part in _parts(condition):
        if isinstance(part, Path):
            found.update((part.root, *(key.root for key in part.keys if isinstance(key, Path))))
        elif isinstance(part, Condition):
            found |= free_names(part) - {bound}
    return frozenset(found)


def can_be_said(condition: Condition) -> bool:
    """Whether CEL has words for all of it: it looks at nothing but the request, and into no text but for a digest."""
    if free_names(condition) - _OF_A_REQUEST:
        return False
    return not any(
        isinstance(part, Related | Reading) and part is not Reading.DIGEST for part in _everything(condition)
    )


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


def _everything(condition: Condition) -> Iterator[object]:
    for part in _parts(condition):
        yield part
        if isinstance(part, Path):
            yield from part.keys
        elif isinstance(part, Condition):
            yield from _everything(part)


def _parts(condition: Condition) -> Iterator[object]:
    assert is_dataclass(condition), type(condition)  # noqa: S101 - every node of the language is one
    for field in fields(condition):
        value = getattr(condition, field.name)
        yield from value if isinstance(value, tuple) else (value,)
