"""Cases of alerts and recorded series, and promtool that judges them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from components.monitoring.alerts import Alert
    from rehearsal.toolchain import Tools

Firing = tuple["Mapping[str, str]", str]
"""The labels that an alert has from its series, and its summary."""


@dataclass(frozen=True)
class Case:
    """Series with a sample a minute, and when an alert fires on them."""

    alert: str
    seen: str
    """What is shown, as a sentence."""
    series: Mapping[str, str]
    fires: Mapping[str, Sequence[Firing]]
    """By moment: every alert that fires then."""
    silent: Sequence[str]
    """Moments at which none does."""

    def test_file(self, alert: Alert, area: str, rules: Path) -> str:
        """As promtool reads it."""
        moments: list[dict[str, Any]] = [
            {"eval_time": moment, "alertname": self.alert, "exp_alerts": []} for moment in self.silent
        ]
        for moment, firing in self.fires.items():
            expected = [
                {
                    "exp_labels": {**labels, **alert.labels(area)},
                    "exp_annotations": {"summary": summary, **alert.annotations()},
                }
                for labels, summary in firing
            ]
            moments.append({"eval_time": moment, "alertname": self.alert, "exp_alerts": expected})
        return _test_file(rules, self.seen, self.series, {"alert_rule_test": moments})


@dataclass(frozen=True)
class Recorded:
    """Series with a sample a minute, and what is recorded of them."""

    seen: str
    series: Mapping[str, str]
    expected: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)
    """By moment and query: the value of every series that there is, to a thousandth."""

    def test_file(self, rules: Sequence[Path]) -> str:
        """As promtool reads it."""
        moments = [
            {
                "expr": f"round({query}, 0.001)",
                "eval_time": moment,
                "exp_samples": [
                    {"labels": labels[labels.index("{") :], "value": value} for labels, value in samples.items()
                ],
            }
            for (moment, query), samples in self.expected.items()
        ]
        return _test_file(rules, self.seen, self.series, {"promql_expr_test": moments})


def _test_file(rules: Path | Sequence[Path], name: str, series: Mapping[str, str], moments: Mapping[str, Any]) -> str:
    files = [str(each) for each in (rules if isinstance(rules, (list, tuple)) else [rules])]
    inputs = [{"series": each, "values": values} for each, values in series.items()]
    tests = [{"name": name, "interval": "1m", "input_series": inputs, **moments}]
    return yaml.safe_dump({"rule_files": files, "evaluation_interval": "1m", "tests": tests})


def run(tools: Tools, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What promtool says."""
    command = [tools.binary("promtool"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def verdicts(tools: Tools, files: Sequence[Path], report: Path) -> dict[str, bool]:
    """Whether each file of tests passes, by the file's name; promtool is started once and writes to `report`."""
    run(tools, "test", "rules", f"--junit={report}", *files)
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 (promtool's own report)
    found = {
        each.attrib["name"].rsplit("/", 1)[-1]: each.find(".//failure") is None and each.find(".//error") is None
        for each in suites
    }
    assert len(found) == len(files)
    return found
