"""Draws a stack as its components and what they hand to each other, from the engine's own record of it.

Nothing is drawn by hand: boxes are the component resources of a deployment, with the objects that each holds,
arrows the dependencies between their children, less those that follow from others.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMPONENT_PREFIX = "mlplatform:index:"
_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 216, 62, 24, 56, 20
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; font-size: 14px; fill: #1f2328; }
  rect { fill: #f6f8fa; stroke: #8c959f; rx: 8px; }
  path { fill: none; stroke: #8c959f; stroke-width: 1.3; }
"""


def picture(
    export: Annotated[Path, typer.Argument(help="What `pulumi stack export` printed.", exists=True, dir_okay=False)],
    target: Annotated[Path, typer.Argument(help="The SVG file to write.")] = Path("docs/architecture.svg"),
) -> None:
    """Draw the components of a deployed stack."""
    target.write_text(draw(json.loads(export.read_text())))


@dataclass(frozen=True)
class Box:
    """One kind of component: how many there are, and the Kubernetes objects that they hold together."""

    title: str
    instances: int
    objects: int
    needs: frozenset[str]


def boxes(deployment: Mapping[str, Any]) -> dict[str, Box]:
    """The kinds of component in an exported deployment (`pulumi stack export`), by name."""
    resources = {resource["urn"]: resource for resource in deployment["deployment"]["resources"]}
    kind_of = {urn: _kind(urn, resources) for urn in resources}
    instances: dict[str, int] = defaultdict(int)
    objects: dict[str, int] = defaultdict(int)
    needs: dict[str, set[str]] = defaultdict(set)
    for urn, resource in resources.items():
        kind = kind_of[urn]
        if kind is None:
            continue
        instances[kind] += resource["type"] == COMPONENT_PREFIX + kind
        objects[kind] += resource["type"].startswith("kubernetes:")
        for needed in _dependencies(resource):
            other = kind_of.get(needed)
            if other and other != kind:
                needs[kind].add(other)
    return {kind: Box(kind, instances[kind], objects[kind], frozenset(needs[kind])) for kind in sorted(instances)}


def draw(deployment: Mapping[str, Any]) -> str:
    """The picture of an exported deployment, as SVG text."""
    found = boxes(deployment)
    rows = _rows(found)
    width = max(len(row) for row in rows) * (_BOX_WIDTH + _GAP_X) - _GAP_X + 2 * _MARGIN
    height = len(rows) * (_BOX_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN
    places = {name: place for row in enumerate(rows) for name, place in _row_places(*row, width)}
    arrows = [_arrow(places[needed], places[name]) for name, needed in _essential(found)]
    drawn = [_drawn_box(found[name], *places[name]) for name in sorted(places)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
            ' aria-label="The components of the platform">',
            f"<style>{_STYLE}</style>",
            '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M1 1 7 4 1 7"/></marker>',
            f'<rect width="{width}" height="{height}" style="fill:#ffffff;stroke:none"/>',
            *arrows,
            *drawn,
            "</svg>\n",
        ]
    )


def _kind(urn: str, resources: Mapping[str, Any]) -> str | None:
    """The component that a resource belongs to, by walking up its parents; outer components win over none."""
    at: str | None = urn
    while at and at in resources:
        kind: str = resources[at]["type"]
        if kind.startswith(COMPONENT_PREFIX):
            return kind.removeprefix(COMPONENT_PREFIX)
        at = resources[at].get("parent")
    return None


def _dependencies(resource: Mapping[str, Any]) -> Iterator[str]:
    yield from resource.get("dependencies") or ()
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()
    if provider := resource.get("provider"):
        yield provider.rpartition("::")[0]


def _reachable(found: Mapping[str, Box], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        for needed in found[ahead.pop()].needs - reached:
            reached.add(needed)
            ahead.append(needed)
    return reached


def _essential(found: Mapping[str, Box]) -> list[tuple[str, str]]:
    """Arrows that do not follow from longer ways."""
    return [
        (name, needed)
        for name, box in sorted(found.items())
        for needed in sorted(box.needs)
        if not any(needed in _reachable(found, other) for other in box.needs - {needed})
    ]


def _rows(found: Mapping[str, Box]) -> list[list[str]]:
    """Components in rows, each below everything that it needs."""
    depth: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((depth_of(needed) for needed in found[name].needs), default=-1)
        return depth[name]

    rows: dict[int, list[str]] = defaultdict(list)
    for name in sorted(found):
        rows[depth_of(name)].append(name)
    return [rows[index] for index in sorted(rows)]


def _row_places(index: int, row: list[str], width: int) -> Iterator[tuple[str, tuple[int, int]]]:
    left = (width - len(row) * (_BOX_WIDTH + _GAP_X) + _GAP_X) // 2
    for column, name in enumerate(row):
        yield name, (left + column * (_BOX_WIDTH + _GAP_X), _MARGIN + index * (_BOX_HEIGHT + _GAP_Y))


def _drawn_box(box: Box, x: int, y: int) -> str:
    title = box.title + (f", {box.instances} of them" if box.instances > 1 else "")
    objects = f"{box.objects} Kubernetes objects" if box.objects != 1 else "1 Kubernetes object"
    middle = x + _BOX_WIDTH // 2
    return (
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}"/>'
        f'<text class="title" x="{middle}" y="{y + 26}" text-anchor="middle">{escape(title)}</text>'
        f'<text x="{middle}" y="{y + 46}" text-anchor="middle">{escape(objects)}</text>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _BOX_WIDTH // 2, start[1] + _BOX_HEIGHT
    x2, y2 = end[0] + _BOX_WIDTH // 2, end[1]
    bend = _GAP_Y // 2
    return f'<path d="M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}" marker-end="url(#tip)"/>'
