"""What an alert and a recorded series are, and the rule file that Prometheus reads of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Severity = Literal["critical", "warning", "none"]
"""`critical`: somebody is called. `warning`: somebody looks at it on a working day. `none`: for machines."""

RUNBOOKS: Final = "docs/alerts.md"
"""The page with a section for each alert, below the root of the repository."""
PLATFORM: Final = "platform"
"""The team that alerts belong to which no team of the stack file can do anything about."""


@dataclass(frozen=True)
class Alert:
    """A condition that a person must hear of, and what that person needs to know."""

    name: str
    when: str
    """PromQL: there is one alert for each series that it yields."""
    severity: Severity
    summary: str
    """One line that names what is wrong and whose it is, from labels: `{{ $labels.model }}`."""
    meaning: str
    """What it means for those who use the platform; plain sentences, the same for every series."""
    remedy: Sequence[str]
    """What to do, in order."""
    minutes: int = 0
    """How long the condition must hold."""
    team: str | None = PLATFORM
    """Whose alert it is; None where the series themselves have the label `team`."""

    def rule(self, area: str) -> dict[str, Any]:
        """As a rule file holds it."""
        return {
            "alert": self.name,
            "expr": indented(self.when),
            **({"for": f"{self.minutes}m"} if self.minutes else {}),
            "labels": self.labels(area),
            "annotations": {"summary": self.summary, **self.annotations()},
        }

    def labels(self, area: str) -> dict[str, str]:
        """The labels that it has beside those of the series."""
        return {"severity": self.severity, "area": area, **({"team": self.team} if self.team else {})}

    def annotations(self) -> dict[str, str]:
        """What is said beside the summary."""
        return {"description": self.meaning, "runbook": f"{RUNBOOKS}#{self.name.lower()}"}


@dataclass(frozen=True)
class Recording:
    """A series that is computed once, for alerts, dashboards and reports."""

    name: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self) -> dict[str, Any]:
        """As a rule file holds it."""
        labels = {"labels": dict(self.labels)} if self.labels else {}
        return {"record": self.name, "expr": self.expression, **labels}


@dataclass(frozen=True)
class Group:
    """Rules of one area, judged one after another."""

    area: str
    recordings: Sequence[Recording] = ()
    alerts: Sequence[Alert] = ()
    interval_minutes: int | None = None
    """How often they are judged; absent: as often as targets are read."""

    def file(self) -> str:
        """The rule file."""
        every = {"interval": f"{self.interval_minutes}m"} if self.interval_minutes else {}
        rules = [each.rule() for each in self.recordings] + [each.rule(self.area) for each in self.alerts]
        return yaml.safe_dump(
            {"groups": [{"name": self.area, **every, "rules": rules}]}, sort_keys=False, width=120, allow_unicode=True
        )


def indented(query: str) -> str:
    """A query of several lines, the first of which stands out."""
    return re.sub(r"\n\s+", "\n  ", query.strip())


def runbooks(groups: Sequence[Group]) -> str:
    """Sections of the page of runbooks, an area each, an alert each."""
    return "\n".join(line for group in groups if group.alerts for line in _area(group))


def _area(group: Group) -> list[str]:
    lines = [f"## {group.area.capitalize()}", ""]
    for alert in group.alerts:
        held = f" Fires after {alert.minutes} minutes." if alert.minutes else " Fires at once."
        whose = "the one that it names" if alert.team is None else alert.team
        lines += [f"### {alert.name}", "", f"Severity: {alert.severity}. Team: {whose}.{held}", "", alert.meaning, ""]
        lines += [f"{number}. {step}" for number, step in enumerate(alert.remedy, 1)]
        lines += ["", "```promql", indented(alert.when), "```", ""]
    return lines
