"""Every query of a rule or a panel is one that Prometheus understands, of series and labels that somebody gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from components.monitoring import alerts
from components.monitoring.dashboards import DASHBOARDS
from components.monitoring.prometheus import configuration
from components.specs.monitoring_stack import InClusterMetrics
from tests.monitoring.known_metrics import EXPORTERS, RECORDED, TARGET_LABELS, known
from tests.monitoring.server import Prometheus, prometheus
from tests.monitoring.stack import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring


@pytest.fixture(scope="module")
def server(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tools, tmp_path_factory.mktemp("prometheus")) as running:
        yield running


def queries() -> Iterator[tuple[str, str]]:
    """What each query is for, and the query."""
    for group in GROUPS:
        yield from ((each.name, each.when) for each in group.alerts)
        yield from ((each.name, each.expression) for each in group.recordings)
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            query = panel.query
            for variable in dashboard.variables:
                query = query.replace(f"${variable.name}", ".+")
            yield f"{dashboard.name}: {panel.title}", query


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a query's tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def labels_of(selector: dict[str, Any]) -> set[str]:
    return {each["name"] for each in selector["matchers"]} - {"__name__"}


@pytest.mark.rehearsal
def test_no_query_asks_for_a_series_or_label_that_nobody_gives(server: Prometheus) -> None:
    series = known()
    for purpose, query in queries():
        tree = server.get("parse_query", query=query)
        selectors = [node for node in nodes(tree) if "matchers" in node]
        assert selectors or query.startswith("vector("), purpose
        there: set[str] = set()
        for selector in selectors:
            assert selector["name"] in series, f"{purpose}: nobody gives {selector['name']}"
            unknown = labels_of(selector) - series[selector["name"]]
            assert not unknown, f"{purpose}: {selector['name']} has no label {sorted(unknown)}"
            there |= series[selector["name"]]
        grouped = {label for node in nodes(tree) if node.get("type") == "aggregation" for label in node["grouping"]}
        assert grouped <= there, f"{purpose}: nothing has a label {sorted(grouped - there)}"


def test_the_metrics_are_those_of_the_versions_that_are_deployed() -> None:
    assert [each.source for each in EXPORTERS if each.deployed not in {each.version, None}] == []
    assert all(each.job in TARGET_LABELS for each in EXPORTERS)


def test_labels_that_prometheus_gives_are_those_of_its_configuration() -> None:
    import yaml

    jobs = yaml.safe_load(configuration(InClusterMetrics(), "alertmanager:9093"))["scrape_configs"]
    for job in jobs:
        relabelled = [*job.get("relabel_configs", []), *job.get("metric_relabel_configs", [])]
        given = {each["target_label"] for each in relabelled if "target_label" in each}
        given = {each for each in given if not each.startswith("__")} | {"job", "instance"}
        if job["job_name"] in TARGET_LABELS:
            assert given == set(TARGET_LABELS[job["job_name"]].split()), job["job_name"]


def test_a_choice_of_a_dashboard_is_a_label_of_a_known_series_and_is_used() -> None:
    for dashboard in DASHBOARDS:
        for variable in dashboard.variables:
            assert variable.name in known()[variable.series]
            assert all(f'{variable.name}=~"${variable.name}"' in each.query for each in dashboard.panels)
        assert "$" not in "".join(each.query for each in dashboard.panels if not dashboard.variables)


def test_dashboards_that_runbooks_name_are_there() -> None:
    named = set(re.findall(r"dashboard `(\w+)`", alerts.runbooks_of_all()))
    assert named
    assert named <= {each.name for each in DASHBOARDS}


def test_recorded_series_are_known_by_name() -> None:
    assert {each.name for group in GROUPS for each in group.recordings} == set(RECORDED)


@pytest.mark.rehearsal
def test_prometheus_accepts_every_rule_of_a_stack_with_all_objectives(tools: Tools, tmp_path: Path) -> None:
    from tests.monitoring import promtool

    for name, text in alerts.rule_files(GROUPS).items():
        (tmp_path / name).write_text(text)
    done = promtool.run(tools, "check", "rules", "--lint=all", "--lint-fatal", *tmp_path.iterdir())
    assert done.returncode == 0, done.stdout + done.stderr
