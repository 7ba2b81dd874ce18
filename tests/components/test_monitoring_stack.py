"""Monitoring: the real programs accept what is deployed, and every alert is seen to come and to go."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from components.monitoring import alertmanager, scraping
from components.monitoring.dashboards import DASHBOARDS
from components.monitoring_stack import MonitoringStack, MonitoringStackArgs
from components.specs.monitoring_stack import (
    Alerting,
    Dashboards,
    GpuExporter,
    InClusterMetrics,
    MonitoringStackSpec,
)
from components.specs.storage import Storage
from tests.components.platform import cluster
from tests.components.pods import containers, is_secret, pods, revealed
from tests.components.recorded import record
from tests.monitoring.alertmanager import serving

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools
    from tests.components.recorded import Recording

pytestmark = pytest.mark.monitoring


def monitoring(spec: MonitoringStackSpec | None = None) -> Recording:
    return record(lambda: MonitoringStack("monitoring", MonitoringStackArgs(spec or MonitoringStackSpec(), cluster())))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return monitoring()


def files(recording: Recording, name: str) -> dict[str, str]:
    """The ConfigMap whose name, but for the digest of its content, is `name`."""
    (found,) = (each for key, each in recording.of_kind("ConfigMap").items() if key.rpartition("-")[0] == name)
    data: dict[str, str] = found.inputs["data"]
    return data


def promtool(tools: Tools, *arguments: str | Path) -> None:
    done = subprocess.run(
        [tools.binary("promtool"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.rehearsal
def test_prometheus_accepts_its_configuration(recording: Recording, tools: Tools, tmp_path: Path) -> None:
    written = tmp_path / "prometheus.yml"
    written.write_text(files(recording, "prometheus")["prometheus.yml"])
    promtool(tools, "check", "config", "--syntax-only", written)


@pytest.mark.rehearsal
def test_prometheus_accepts_every_rule_that_is_deployed(recording: Recording, tools: Tools, tmp_path: Path) -> None:
    for name, text in files(recording, "rules").items():
        (tmp_path / name).write_text(text)
    promtool(tools, "check", "rules", "--lint=all", "--lint-fatal", *tmp_path.iterdir())


@pytest.mark.rehearsal
@pytest.mark.parametrize("webhook", [None, "people-on-call"])
def test_alertmanager_starts_on_its_configuration(webhook: str | None, tools: Tools, tmp_path: Path) -> None:
    with serving(tools, alertmanager.configuration(Alerting(webhook_secret=webhook)), tmp_path):
        pass


@pytest.mark.rehearsal
@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_prometheus_understands_every_panel(dashboard: Any, tools: Tools, tmp_path: Path) -> None:
    rules = [{"record": f"panel_{number}", "expr": each.query} for number, each in enumerate(dashboard.panels)]
    written = tmp_path / "panels.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool(tools, "check", "rules", "--lint=none", written)


def test_dashboards_fill_the_width_and_do_not_overlap() -> None:
    for dashboard in DASHBOARDS:
        panels = json.loads(dashboard.json())["panels"]
        taken = {
            (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + row)
            for panel in panels
            for column in range(panel["gridPos"]["w"])
            for row in range(panel["gridPos"]["h"])
        }
        assert len(taken) == sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in panels)
        assert max(column for column, _ in taken) == 23


def test_dashboards_are_there_for_another_grafana_too() -> None:
    recording = monitoring(MonitoringStackSpec(dashboards=Dashboards(enabled=False)))
    assert {f"{each.name}.json" for each in DASHBOARDS} == set(files(recording, "dashboards"))
    assert "grafana" not in recording.of_kind("Deployment")


def test_a_token_is_sent_unverified_to_the_platforms_own_controllers_only(recording: Recording) -> None:
    jobs = yaml.safe_load(files(recording, "prometheus")["prometheus.yml"])["scrape_configs"]
    unverified = [each for each in jobs if each.get("tls_config", {}).get("insecure_skip_verify")]
    assert [each["job_name"] for each in unverified] == ["controllers"]
    for discovery in unverified[0]["kubernetes_sd_configs"]:
        assert set(discovery["namespaces"]["names"]) == set(scraping.CONTROLLERS)
    assert all("authorization" not in each for each in jobs if each["job_name"] in {"pods", "services"})


def test_prometheus_may_look_and_change_nothing(recording: Recording) -> None:
    role = recording.of_kind("ClusterRole")["mlplatform-prometheus"]
    assert {verb for rule in role.inputs["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {each for rule in role.inputs["rules"] for each in rule.get("resources", [])} == {
        "pods",
        "services",
        "endpointslices",
    }


def test_old_samples_go_before_the_volume_is_full() -> None:
    spec = MonitoringStackSpec(metrics=InClusterMetrics(retention_days=3, storage=Storage(gib=10)))
    (server,) = containers(dict(pods(monitoring(spec)))["prometheus"])
    assert "--storage.tsdb.retention.time=3d" in server["args"]
    (size,) = (each for each in server["args"] if each.startswith("--storage.tsdb.retention.size="))
    assert 8 * 1024 < int(size.rpartition("=")[2].removesuffix("MB")) < 10 * 1024


def test_the_address_of_people_is_read_from_a_mounted_secret() -> None:
    alerting = Alerting.model_validate({"webhook_secret": "people-on-call"})
    recording = monitoring(MonitoringStackSpec(alerting=alerting))
    configuration = yaml.safe_load(files(recording, "alertmanager")["alertmanager.yml"])
    (receiver,) = configuration["receivers"]
    assert receiver["webhook_configs"] == [{"url_file": "/receiver/url"}]
    pod = dict(pods(recording))["alertmanager"]["spec"]
    assert {"name": "receiver", "secret": {"secretName": "people-on-call", "defaultMode": 0o440}} in pod["volumes"]


def test_the_gpu_exporter_runs_on_gpu_nodes_only_and_alone_in_its_namespace(recording: Recording) -> None:
    exporter = revealed(recording.of_kind("DaemonSet")["dcgm-exporter"].inputs)
    pod = exporter["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    levels = {
        name: each.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for name, each in recording.of_kind("Namespace").items()
    }
    assert levels == {"monitoring": "restricted", exporter["metadata"]["namespace"]: "privileged"}


def test_a_gpu_operators_exporter_can_take_its_place() -> None:
    recording = monitoring(MonitoringStackSpec(gpu_exporter=GpuExporter(enabled=False)))
    assert set(recording.of_kind("Namespace")) == {"monitoring"}
    assert not recording.of_kind("DaemonSet")


def test_grafanas_password_is_a_file_and_registered_as_a_secret(recording: Recording) -> None:
    secret = recording.named("monitoring-grafana-secret").inputs["stringData"]
    assert is_secret(secret)
    (server,) = containers(dict(pods(recording))["grafana"])
    environment = {each["name"]: each["value"] for each in server["env"]}
    assert {name for name in environment if "PASSWORD" in name} == {"GF_SECURITY_ADMIN_PASSWORD__FILE"}
    assert revealed(secret)["password"] not in json.dumps(environment)


def test_who_has_a_token_reads_and_changes_nothing(recording: Recording) -> None:
    with_token = {name for name, pod in pods(recording) if pod["spec"]["automountServiceAccountToken"]}
    assert with_token == {"prometheus", "schedule-exporter"}
    roles = recording.of_kind("ClusterRole")
    verbs = {verb for role in roles.values() for rule in role.inputs["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
    secrets = [name for name, role in roles.items() if "secrets" in json.dumps(role.inputs["rules"])]
    assert not secrets


def test_the_exporter_of_schedules_has_every_program_that_it_imports(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "controllers").mkdir()
    for name, text in files(recording, "schedule-programs").items():
        (tmp_path / "controllers" / name).write_text(text)
    command = [sys.executable, "-m", "controllers.schedule_exporter", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
