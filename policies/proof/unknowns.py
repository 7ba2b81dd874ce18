"""A resource's values made unknown one by one: what a preview may not know yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.language import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.language import Place


def each_made_unknown(manifest: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """The manifest with each of its values in turn (whole objects and lists too) unknown, and which one it was.

    What says which object it is (``apiVersion``, ``kind``) is always known.
    """
    if isinstance(manifest, dict):
        for key, value in manifest.items():
            if place == () and key in ("apiVersion", "kind"):
                continue
            for where, changed in _inside(value, (*place, key)):
                yield where, {**manifest, key: changed}
    elif isinstance(manifest, list):
        for index, value in enumerate(manifest):
            for where, changed in _inside(value, (*place, index)):
                yield where, [*manifest[:index], changed, *manifest[index + 1 :]]


def _inside(value: object, place: Place) -> Iterator[tuple[Place, object]]:
    yield place, UNKNOWN
    yield from each_made_unknown(value, place)
