"""Random objects of Kubernetes: an example with some of its parts replaced by others of the kind's shape."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from policies.proof.shapes import Kind, Leaf, Shape

Json = dict[str, Any]

_CHANGES: Final = 5
"""More in one object hide each other: one refusal is enough."""
_ELEMENTS: Final = 3
_STRANGE: Final[tuple[object, ...]] = (True, 0, -1, "", "1", "x", [], [""], {}, {"x": "x"})
"""Values of a type that nobody expects there. Not null: a kind's schema makes it absent before policies are asked."""


@st.composite
def objects(draw: st.DrawFn, kind: Kind) -> Json:
    """An object of the kind."""
    manifest: Json = copy.deepcopy(dict(draw(st.sampled_from(kind.manifests))))
    places = [(place, shape) for place, shape in kind.shape.places() if place != ("metadata", "namespace")]
    for place, shape in draw(st.lists(st.sampled_from(places), max_size=_CHANGES)):
        at = [draw(st.integers(0, 1)) if step is None else step for step in place]
        _put(manifest, at, draw(_absent | values(shape)))
    return manifest


_ABSENT: Final = object()
_absent: Final = st.just(_ABSENT)


def values(shape: Shape) -> st.SearchStrategy[object]:
    """A value of the shape; now and then one of another."""
    several: list[st.SearchStrategy[object]] = [st.sampled_from(_STRANGE)]
    if shape.keys:
        several.append(st.fixed_dictionaries({}, optional={key: values(each) for key, each in shape.keys.items()}))
    if shape.element:
        several.append(st.lists(values(shape.element), max_size=_ELEMENTS))
    if shape.values:
        several += [st.sampled_from(shape.values), st.sampled_from(shape.values).flatmap(_near)]
    return st.one_of(several)


def _near(value: Leaf) -> st.SearchStrategy[object]:
    """A value of the same type that may be on the other side of a limit."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.integers(value - 2, value + 2)
    if isinstance(value, str):
        return st.sampled_from(
            (value + "x", "x" + value, value[1:], value[:-1], value + "/x", value + ":1", value + " ")
        )
    return st.just(value)


def _put(manifest: Json, place: list[str | int], value: object) -> None:
    """Set or remove what stands there; nothing where the way there is another now."""
    at: Any = manifest
    for step in place[:-1]:
        if isinstance(at, dict) and isinstance(step, str):
            at = at.get(step)
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            at = at[step]
        else:
            return
    last = place[-1]
    if isinstance(at, dict) and isinstance(last, str):
        if value is _ABSENT:
            at.pop(last, None)
        else:
            at[last] = value
    elif isinstance(at, list) and isinstance(last, int):
        at[last : last + 1] = [] if value is _ABSENT else [value]
