"""Monitoring on AWS: samples, logs and alerts leave the cluster, encrypted, by roles that may do nothing else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from components.monitoring.managed_prometheus import silence_rule
from components.monitoring_stack import MonitoringStack, MonitoringStackArgs
from components.specs.monitoring_stack import (
    Alerting,
    AmazonManagedMetrics,
    CloudWatchLogs,
    MonitoringStackSpec,
    SnsTopic,
)
from tests.components.aws_place import cluster_on_aws, statements
from tests.components.pods import pods, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools
    from tests.components.recorded import Recording

pytestmark = pytest.mark.monitoring

SPEC = MonitoringStackSpec(
    metrics=AmazonManagedMetrics(kind="amazon_managed"),
    alerting=Alerting(topic=SnsTopic(emails=("people@example.com",))),
    logs=CloudWatchLogs(kind="cloudwatch"),
)
ROLE_POLICY = "iam/rolePolicy:RolePolicy"


def monitoring(spec: MonitoringStackSpec = SPEC) -> Recording:
    return record(lambda: MonitoringStack("monitoring", MonitoringStackArgs(spec, cluster_on_aws())))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return monitoring()


def written(recording: Recording, name: str, file: str) -> Any:
    """A configuration file that is known only once something on AWS exists."""
    return yaml.safe_load(recording.named(f"monitoring-{name}-configmap").inputs["data"][file])


def promtool(tools: Tools, *arguments: str | Path) -> None:
    done = subprocess.run(
        [tools.binary("promtool"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_hands_every_sample_on_and_signs_as_the_role_of_its_pod(recording: Recording) -> None:
    prometheus = written(recording, "prometheus", "prometheus.yml")
    (remote,) = prometheus["remote_write"]
    assert remote["url"] == "https://aps-workspaces.example/workspaces/ws-1/api/v1/remote_write"
    assert remote["sigv4"] == {"region": "eu-north-1"}
    assert prometheus["global"]["external_labels"] == {"cluster": "mlplatform-test"}
    assert statements(recording, ROLE_POLICY, "monitoring-prometheus-policy")["Write"]["Action"] == "aps:RemoteWrite"
    assert "monitoring-prometheus" in recording.of_kind("StatefulSet")["prometheus"].dependencies


def test_prometheus_itself_keeps_samples_for_its_alerts_and_dashboards_only(recording: Recording) -> None:
    (server,) = dict(pods(recording))["prometheus"]["spec"]["containers"]
    assert "--storage.tsdb.retention.time=2d" in server["args"]


def test_the_workspace_is_encrypted_and_its_errors_are_logged(recording: Recording) -> None:
    (workspace,) = recording.of_type("amp/workspace:Workspace").values()
    assert workspace.inputs["kmsKeyArn"] == "arn:aws:kms:::monitoring-metrics"
    assert workspace.inputs["loggingConfiguration"]["logGroupArn"].endswith(":*")
    assert workspace.protect


def test_the_clusters_silence_is_told_from_outside_of_it(recording: Recording) -> None:
    (rules,) = recording.of_type("amp/ruleGroupNamespace:RuleGroupNamespace").values()
    assert rules.inputs["data"] == silence_rule()
    (definition,) = recording.of_type("amp/alertManagerDefinition:AlertManagerDefinition").values()
    alertmanager = yaml.safe_load(yaml.safe_load(definition.inputs["definition"])["alertmanager_config"])
    (receiver,) = alertmanager["receivers"]
    assert receiver["sns_configs"] == [
        {"topic_arn": "arn:aws:sns:::monitoring-alerts", "sigv4": {"region": "eu-north-1"}}
    ]


@pytest.mark.rehearsal
def test_silence_is_an_alert_after_ten_minutes_and_not_before(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(silence_rule())
    (alert,) = yaml.safe_load(silence_rule())["groups"][0]["rules"]
    fired = {"exp_labels": {"job": "prometheus", **alert["labels"]}, "exp_annotations": alert["annotations"]}
    case = {
        "interval": "1m",
        "input_series": [{"series": 'up{job="prometheus"}', "values": "1x10 _x30"}],
        "alert_rule_test": [
            {"eval_time": "18m", "alertname": "NothingArrives", "exp_alerts": []},
            {"eval_time": "22m", "alertname": "NothingArrives", "exp_alerts": [fired]},
        ],
    }
    test = {"rule_files": ["rule.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    promtool(tools, "check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rule.yaml")
    promtool(tools, "test", "rules", tmp_path / "test.yaml")


@pytest.mark.rehearsal
def test_prometheus_accepts_the_configuration_that_hands_samples_on(
    recording: Recording, tools: Tools, tmp_path: Path
) -> None:
    (tmp_path / "prometheus.yml").write_text(
        recording.named("monitoring-prometheus-configmap").inputs["data"]["prometheus.yml"]
    )
    promtool(tools, "check", "config", "--syntax-only", tmp_path / "prometheus.yml")


def test_alerts_are_published_to_a_topic_and_the_heartbeat_is_not(recording: Recording) -> None:
    alertmanager = written(recording, "alertmanager", "alertmanager.yml")
    receivers = {each["name"]: each for each in alertmanager["receivers"]}
    assert receivers["people"]["sns_configs"][0]["topic_arn"] == "arn:aws:sns:::monitoring-alerts"
    (heartbeat,) = alertmanager["route"]["routes"]
    assert heartbeat["matchers"] == ['alertname="Watchdog"']
    assert receivers[heartbeat["receiver"]] == {"name": "heartbeat"}
    assert set(statements(recording, ROLE_POLICY, "monitoring-alertmanager-policy")) == {"Publish", "Encrypt"}


def test_a_heartbeat_still_goes_to_the_machine_that_waits_for_it() -> None:
    alerting = Alerting(topic=SnsTopic(), webhook_secret="people-on-call")  # noqa: S106 (the name of a Secret)
    alertmanager = written(monitoring(MonitoringStackSpec(alerting=alerting)), "alertmanager", "alertmanager.yml")
    receivers = {each["name"]: set(each) for each in alertmanager["receivers"]}
    assert receivers == {"people": {"name", "webhook_configs", "sns_configs"}, "heartbeat": {"name", "webhook_configs"}}


def test_the_topic_is_encrypted_refuses_plain_text_and_serves_this_account_alone(recording: Recording) -> None:
    (topic,) = recording.of_type("sns/topic:Topic").values()
    assert topic.inputs["kmsMasterKeyId"] == "monitoring-alerts"
    policy = statements(recording, "sns/topicPolicy:TopicPolicy", "monitoring-alerts")
    assert policy["TlsOnly"]["Effect"] == "Deny"
    for sid in ("Metrics", "Alarms"):
        assert policy[sid]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    (subscription,) = recording.of_type("sns/topicSubscription:TopicSubscription").values()
    assert subscription.inputs["endpoint"] == "people@example.com"


def test_logs_of_containers_go_to_a_group_that_keeps_them_encrypted(recording: Recording) -> None:
    groups = {each.inputs["name"]: each.inputs for each in recording.of_type("cloudwatch/logGroup:LogGroup").values()}
    group = groups["/mlplatform-test/containers"]
    assert group["retentionInDays"] == 400
    assert group["kmsKeyId"] == "arn:aws:kms:::log-key"
    (files,) = (
        each.inputs["data"] for name, each in recording.of_kind("ConfigMap").items() if name.startswith("fluent-bit")
    )
    (output,) = yaml.safe_load(files["fluent-bit.yaml"])["pipeline"]["outputs"]
    assert output["log_group_name"] == "/mlplatform-test/containers"
    assert output["auto_create_group"] is False
    given = statements(recording, ROLE_POLICY, "monitoring-logs-policy")
    assert given["Write"]["Action"] == ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def test_the_collector_runs_on_every_node_alone_in_its_namespace_and_may_only_read(recording: Recording) -> None:
    collector = recording.of_kind("DaemonSet")["fluent-bit"]
    pod = revealed(collector.inputs["spec"])["template"]["spec"]
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    paths = {each["name"]: each["hostPath"]["path"] for each in pod["volumes"] if "hostPath" in each}
    writable = {each["name"] for each in container["volumeMounts"] if not each.get("readOnly")}
    assert paths == {"logs": "/var/log", "state": "/var/lib/mlplatform/fluent-bit"}
    assert writable == {"state"}
    assert "monitoring-logs" in collector.dependencies
    workloads = [kind for kind in ("Deployment", "StatefulSet") for _ in recording.of_kind(kind)]
    assert workloads
    assert collector.inputs["metadata"]["namespace"] == "log-collector"


def test_without_a_topic_amazon_watches_nothing() -> None:
    recording = monitoring(MonitoringStackSpec(metrics=AmazonManagedMetrics(kind="amazon_managed")))
    assert not recording.of_type("amp/ruleGroupNamespace:RuleGroupNamespace")
    assert not recording.of_type("sns/topic:Topic")
