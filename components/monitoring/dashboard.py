"""What a dashboard is, and how Grafana reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCHEMA_VERSION: Final = 41
_COLUMNS: Final = 24
_HEIGHT: Final = 8
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True)
class Panel:
    """One graph over time."""

    title: str
    query: str
    """PromQL."""
    legend: str
    """How a line is called, from its labels: `{{pod}}`."""
    unit: str = "short"
    """A unit of Grafana's, such as `s`, `percentunit` or `bytes`."""
    from_zero: bool = True
    """Whether the axis begins at zero; false where values may be negative."""


@dataclass(frozen=True)
class Variable:
    """A choice above the panels; `$name` in a query is what was chosen, as a regular expression."""

    name: str
    series: str
    """The series whose label of that name has the choices."""

    def json(self) -> dict[str, Any]:
        """As Grafana reads it."""
        return {
            "type": "query",
            "name": self.name,
            "datasource": _SOURCE,
            "query": {"query": f"label_values({self.series}, {self.name})", "refId": self.name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".+",
            "current": {"text": "All", "value": "$__all"},
        }


@dataclass(frozen=True)
class Dashboard:
    """A page of graphs."""

    name: str
    """Its file and its stable identifier."""
    title: str
    panels: Sequence[Panel]
    variables: Sequence[Variable] = ()
    columns: int = 2
    """Graphs side by side."""

    def json(self) -> str:
        """As Grafana reads it."""
        return json.dumps(
            {
                "uid": f"mlplatform-{self.name}",
                "title": self.title,
                "tags": ["mlplatform"],
                "schemaVersion": _SCHEMA_VERSION,
                "editable": False,
                "refresh": "30s",
                "time": {"from": "now-3h", "to": "now"},
                "timezone": "utc",
                "templating": {"list": [each.json() for each in self.variables]},
                "panels": [self._panel(number, panel) for number, panel in enumerate(self.panels)],
            },
            indent=1,
        )

    def _panel(self, number: int, panel: Panel) -> dict[str, Any]:
        width = _COLUMNS // self.columns
        row, column = divmod(number, self.columns)
        return {
            "id": number + 1,
            "type": "timeseries",
            "title": panel.title,
            "datasource": _SOURCE,
            "gridPos": {"x": column * width, "y": row * _HEIGHT, "w": width, "h": _HEIGHT},
            "fieldConfig": {
                "defaults": {"unit": panel.unit, **({"min": 0} if panel.from_zero else {})},
                "overrides": [],
            },
            "targets": [{"refId": "A", "datasource": _SOURCE, "expr": panel.query, "legendFormat": panel.legend}],
        }
