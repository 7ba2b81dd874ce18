"""A dashboard as SVG: its panels where Grafana has them, each with the lines that Prometheus answered."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.monitoring.dashboard import Dashboard

Line = tuple[str, "Sequence[tuple[float, float]]"]
"""What a line is called, and its points: seconds and values."""

_CELL, _ROW, _GAP, _HEAD, _LEGEND = 44, 26, 10, 56, 34
_COLOURS: Final = ("#1f77b4", "#d95f02", "#2a9d5c", "#b8399a", "#7a5c00", "#5b5bd6", "#c0392b", "#008b8b")
_STYLE: Final = """
  text { font: 11px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; font-size: 17px; fill: #1f2328; }
  .panel { font-weight: 600; font-size: 12px; fill: #1f2328; }
  rect { fill: #ffffff; stroke: #d0d7de; rx: 6px; }
  polyline { fill: none; stroke-width: 1.6; }
"""
_UNITS: Final[Mapping[str, tuple[float, str]]] = {
    "percentunit": (100, " %"),
    "s": (1, " s"),
    "bytes": (2**-30, " GiB"),
    "reqps": (1, "/s"),
    "celsius": (1, " °C"),
    "watt": (1, " W"),
    "currencyUSD": (1, " $"),
}


def draw(dashboard: Dashboard, answers: Mapping[str, Sequence[Line]]) -> str:
    """The picture; `answers` has the lines of each panel by its title."""
    panels = json.loads(dashboard.json())["panels"]
    width = 24 * _CELL + _GAP
    height = _HEAD + max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in panels) * _ROW + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_GAP}" y="34">{escape(dashboard.title)}</text>',
        *(line for each in panels for line in _panel(each, answers[each["title"]])),
        "</svg>",
        "",
    ]
    return "\n".join(parts)


def _panel(panel: Mapping[str, Any], lines: Sequence[Line]) -> list[str]:
    at = panel["gridPos"]
    x, y = _GAP + at["x"] * _CELL, _HEAD + at["y"] * _ROW
    width, height = at["w"] * _CELL - _GAP, at["h"] * _ROW - _GAP
    defaults = panel["fieldConfig"]["defaults"]
    scale, unit = _UNITS.get(defaults["unit"], (1, ""))
    values = [value for _, points in lines for _, value in points]
    low, high = min([*values, 0] if defaults.get("min") == 0 else values), max(values)
    if high == low:
        high = low + 1
    inner = (x + 62, y + 28, width - 74, height - 28 - _LEGEND)
    drawn = [
        f'<g data-panel="{escape(panel["title"])}">',
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}"/>',
        f'<text class="panel" x="{x + 10}" y="{y + 18}">{escape(panel["title"])}</text>',
    ]
    for value, line_y in ((high, inner[1] + 8), (low, inner[1] + inner[3])):
        drawn.append(f'<text x="{x + 8}" y="{line_y}">{value * scale:.3g}{unit}</text>')
    for number, (name, points) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        drawn.append(f'<polyline stroke="{colour}" points="{_points(points, inner, low, high)}"/>')
        if number < 4:
            left = x + 10 + number * (width - 20) // 4
            short = name if len(name) <= 20 else f"{name[:19]}…"
            drawn.append(f'<text x="{left}" y="{y + height - 10}" style="fill: {colour}">{escape(short)}</text>')
    return [*drawn, "</g>"]


def _points(points: Sequence[tuple[float, float]], inner: tuple[int, int, int, int], low: float, high: float) -> str:
    x, y, width, height = inner
    first, last = points[0][0], points[-1][0]
    across = max(last - first, 1)
    return " ".join(
        f"{x + width * (moment - first) / across:.1f},{y + height * (1 - (value - low) / (high - low)):.1f}"
        for moment, value in points
    )
