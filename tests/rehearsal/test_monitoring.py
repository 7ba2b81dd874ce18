"""Metrics of the real controllers, read by the real Prometheus."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.monitoring]


def query(platform: Platform, expression: str) -> list[dict[str, Any]]:
    """The series that a PromQL expression yields now."""
    answer = platform.service("monitoring", "prometheus:9090", f"api/v1/query?query={quote(expression)}")
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


@pytest.mark.parametrize("metric", ["kueue_cluster_queue_resource_usage", "controller_runtime_reconcile_total"])
def test_a_controllers_metric_is_scraped(platform: Platform, metric: str) -> None:
    assert query(platform, metric)


def test_no_target_on_the_real_node_is_down(platform: Platform) -> None:
    down = query(platform, 'up{node="real-0"} == 0')
    assert not down


def test_alert_rules_are_loaded_and_healthy(platform: Platform) -> None:
    groups = platform.service("monitoring", "prometheus:9090", "api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 5
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


def test_prometheus_and_alertmanager_know_each_other(platform: Platform) -> None:
    answer = platform.service("monitoring", "prometheus:9090", "api/v1/alertmanagers")
    assert answer["data"]["activeAlertmanagers"]


def test_every_series_count_is_bounded(platform: Platform) -> None:
    (total,) = query(platform, "prometheus_tsdb_head_series")
    assert int(total["value"][1]) < 100_000


def test_the_port_forward_of_the_readme_reaches_prometheus(platform: Platform) -> None:
    forward = subprocess.Popen(
        [
            "kubectl",
            f"--kubeconfig={platform.session.kubeconfig}",
            "port-forward",
            "--namespace=monitoring",
            "statefulset/prometheus",
            ":9090",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with forward:
        assert forward.stdout
        assert "Forwarding from 127.0.0.1:" in forward.stdout.readline()
        forward.terminate()
