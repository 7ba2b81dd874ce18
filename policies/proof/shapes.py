"""What objects of a kind look like: every key that an example of any rule has, and the values seen there.

What rules read is in their examples, of all of them together: so is the schema of all that matters to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from policies.language import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policies.resource import Resource

Leaf = str | int | float | bool | None
Place = tuple[str | None, ...]
"""Keys; None for any element of a list."""

_IDENTITY: Final = (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"))
"""What says which object it is."""


@dataclass
class Shape:
    """What has been seen at a place: as an object, a list, or plain values (any of them)."""

    keys: dict[str, Shape] = field(default_factory=dict)
    element: Shape | None = None
    plain: dict[tuple[type, Leaf], None] = field(default_factory=dict)

    @property
    def values(self) -> list[Leaf]:
        """The plain values, each once; ``1`` and ``True`` are two."""
        return [value for _, value in self.plain]

    def see(self, value: object) -> None:
        """Count the value in."""
        if isinstance(value, dict):
            for key, each in value.items():
                self.keys.setdefault(key, Shape()).see(each)
        elif isinstance(value, list):
            self.element = self.element or Shape()
            for each in value:
                self.element.see(each)
        elif value is None or isinstance(value, str | int | float):
            self.plain.setdefault((type(value), value))

    def places(self, above: Place = ()) -> Iterator[tuple[Place, Shape]]:
        """Every place below, with its shape; not that by which an object is told from others."""
        for key, shape in self.keys.items():
            if (*above, key) not in _IDENTITY:
                yield (*above, key), shape
            yield from shape.places((*above, key))
        if self.element:
            yield (*above, None), self.element
            yield from self.element.places((*above, None))


@dataclass(frozen=True)
class Kind:
    """A kind of object: manifests of it, and what they look like together."""

    type: str
    manifests: tuple[Mapping[str, Any], ...]
    shape: Shape


def kinds_of(resources: Iterable[Resource]) -> dict[str, Kind]:
    """The kinds of those of these resources that are known in full, by their type."""
    seen: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in resources:
        if _is_known(each.properties) and each.properties not in seen[each.type]:
            seen[each.type].append(each.properties)
    return {name: Kind(name, tuple(manifests), _shape(manifests)) for name, manifests in seen.items()}


def _is_known(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(_is_known(each) for each in value.values())
    return all(_is_known(each) for each in value) if isinstance(value, list) else value is not UNKNOWN


def _shape(manifests: Iterable[Mapping[str, Any]]) -> Shape:
    shape = Shape()
    for each in manifests:
        shape.see(each)
    return shape
