"""Every alert is seen to come, to stay away and to go; and no threshold can be changed without a test that fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from components.monitoring import alerts
from components.monitoring.alerts import objectives, runbooks_of_all
from components.monitoring.alerts.rule import RUNBOOKS
from tests.monitoring import promtool
from tests.monitoring.cases import CASES
from tests.test_house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring

GROUPS = (*alerts.AREAS, objectives.ALERTS)
ALERTS = {alert.name: (alert, group.area) for group in GROUPS for alert in group.alerts}
COMPARED = re.compile(r"(==|[<>]) (-?\d+(?:\.\d+)?)\b")


def alone(alert: alerts.Alert, area: str) -> str:
    """A rule file with one alert only."""
    return alerts.Group(area, alerts=[alert]).file()


def mutants(rule_file: str) -> Iterator[str]:
    """The rule with each number that something is compared with made smaller and larger, and with another patience."""
    for found in COMPARED.finditer(rule_file):
        number = float(found[2])
        for changed in (number * 0.8, number * 1.25) if number else (-1.0, 2.0):
            yield f"{rule_file[: found.start(2)]}{changed:g}{rule_file[found.end(2) :]}"
    if patience := re.search(r"for: (\d+)m", rule_file):
        for minutes in (0, int(patience[1]) * 2):
            yield f"{rule_file[: patience.start(1)]}{minutes}{rule_file[patience.end(1) :]}"


def write_tests(directory: Path, name: str, alert: alerts.Alert, area: str, rules: str) -> list[Path]:
    """The rule and a file for each of its cases, for promtool."""
    (directory / f"{name}.rules.yaml").write_text(rules)
    written = []
    for number, case in enumerate(each for each in CASES if each.alert == alert.name):
        path = directory / f"{name}.{number}.yaml"
        path.write_text(case.test_file(alert, area, directory / f"{name}.rules.yaml"))
        written.append(path)
    return written


@pytest.mark.rehearsal
def test_alerts_fire_stay_silent_and_resolve(tools: Tools, tmp_path: Path) -> None:
    files = [
        path
        for name, (alert, area) in ALERTS.items()
        for path in write_tests(tmp_path, name, alert, area, alone(alert, area))
    ]
    done = promtool.run(tools, "test", "rules", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_seen_firing_and_both_before_and_after_that() -> None:
    for name in ALERTS.keys() - {"Watchdog"}:
        cases = [each for each in CASES if each.alert == name and each.fires]
        assert cases, name
        for case in cases:
            fires = [int(moment.removesuffix("m")) for moment in case.fires]
            silent = [int(moment.removesuffix("m")) for moment in case.silent]
            assert min(silent) < min(fires), f"{name}: {case.seen}"
            assert any(moment > min(fires) for moment in silent), f"{name}: {case.seen}"


@pytest.mark.rehearsal
def test_no_threshold_can_be_changed_unnoticed(tools: Tools, tmp_path: Path) -> None:
    files: list[Path] = []
    changed: dict[str, str] = {}
    for name, (alert, area) in ALERTS.items():
        for number, mutant in enumerate(mutants(alone(alert, area))):
            changed[f"{name}-{number}"] = mutant
            files += write_tests(tmp_path, f"{name}-{number}", alert, area, mutant)
    passed: dict[str, bool] = dict.fromkeys(changed, True)
    for file, verdict in promtool.verdicts(tools, files, tmp_path / "report.xml").items():
        passed[file.split(".")[0]] &= verdict
    survivors = [mutant for name, mutant in changed.items() if passed[name]]
    assert len(changed) > len(ALERTS)
    assert not survivors, "\n".join(survivors)


def test_summaries_name_who_or_what_is_meant_and_descriptions_are_the_same_for_all() -> None:
    of_the_whole_platform = {
        "Watchdog",
        "ApiServerErrors",
        "MetricsRefused",
        "PodsUnschedulable",
        "FeatureServerFails",
        "FeatureServerSlow",
        "BucketFails",
        "SchedulesUnknown",
    }
    for name, (alert, _) in ALERTS.items():
        assert ("$labels." in alert.summary) is (name not in of_the_whole_platform), name
        assert "{{" not in alert.meaning, name
        assert alert.remedy, name


def test_the_page_of_runbooks_has_a_section_for_every_alert_and_is_up_to_date() -> None:
    page = (ROOT / RUNBOOKS).read_text()
    assert page.endswith(runbooks_of_all()), "run `mlplatform schema`"
    for name, (alert, _) in ALERTS.items():
        assert f"\n### {name}\n" in page
        assert alert.annotations()["runbook"] == f"{RUNBOOKS}#{name.lower()}"
