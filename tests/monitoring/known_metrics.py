"""Metrics that the platform's parts give, by who gives them, each with its labels: what no rule and no dashboard may go
beyond. A histogram stands without `_bucket`, `_sum` and `_count`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components._versions import CHARTS, IMAGES
from components.monitoring.gpu_exporter import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Exporter:
    """Whose metrics they are, where they are written down, and in which version they were read there."""

    source: str
    version: str
    """The version that was read."""
    deployed: str | None
    """The version that the platform deploys; None where it deploys none."""
    job: str
    """The job of Prometheus that reads it."""
    metrics: Mapping[str, str]
    """Labels by metric, separated by blanks."""
    histograms: Mapping[str, str]


TARGET_LABELS: Final = {
    "prometheus": "job instance",
    "alertmanager": "job instance",
    "apiserver": "job instance",
    "controllers": "job instance namespace pod node app team",
    "models": "job instance namespace pod node app team model version",
    "gpus": "job instance node team",
    "pods": "job instance namespace pod node app",
}
"""Labels that Prometheus gives to all series of a job."""

_QUEUE: Final = "cluster_queue replica_role"
_GPU: Final = "gpu UUID pci_bus_id device modelName Hostname container namespace pod"
_CERTIFICATE: Final = "name exported_namespace issuer_name issuer_kind issuer_group"
_RESOURCE: Final = f"cohort flavor resource {_QUEUE}"

EXPORTERS: Final = (
    Exporter(
        "https://github.com/kubernetes-sigs/kueue/blob/v0.19.2/pkg/metrics/metrics.go",
        "0.19.2",
        CHARTS["kueue"].version,
        "controllers",
        {
            "kueue_pending_workloads": f"status {_QUEUE}",
            "kueue_admitted_active_workloads": _QUEUE,
            "kueue_admitted_workloads_total": f"priority_class {_QUEUE}",
            "kueue_evicted_workloads_total": f"reason underlying_cause priority_class {_QUEUE}",
            "kueue_preempted_workloads_total": "preempting_cluster_queue reason replica_role",
            "kueue_cluster_queue_status": f"status {_QUEUE}",
            "kueue_cluster_queue_resource_usage": _RESOURCE,
            "kueue_cluster_queue_nominal_quota": _RESOURCE,
        },
        {"kueue_admission_wait_time_seconds": f"priority_class {_QUEUE}"},
    ),
    Exporter(
        "https://github.com/NVIDIA/dcgm-exporter/blob/4.6.1-4.8.4/etc/default-counters.csv",
        "4.6.1-4.8.4-distroless",
        IMAGES["dcgm-exporter"].tag,
        "gpus",
        dict.fromkeys(COUNTERS, _GPU) | {"DCGM_FI_DEV_XID_ERRORS": f"{_GPU} err_code err_msg"},
        {},
    ),
    Exporter(
        "https://github.com/vllm-project/vllm/blob/v0.33.0/vllm/v1/metrics/loggers.py",
        "v0.33.0",
        IMAGES["vllm"].tag,
        "models",
        {
            "vllm:num_requests_running": "model_name engine",
            "vllm:num_requests_waiting": "model_name engine",
            "vllm:kv_cache_usage_perc": "model_name engine",
            "vllm:num_preemptions_total": "model_name engine",
            "vllm:prompt_tokens_total": "model_name engine",
            "vllm:generation_tokens_total": "model_name engine",
            # prometheus-fastapi-instrumentator, which vLLM's server puts around itself.
            "http_requests_total": "handler method status",
        },
        {
            "vllm:time_to_first_token_seconds": "model_name engine",
            "vllm:e2e_request_latency_seconds": "model_name engine",
        },
    ),
    Exporter(
        "https://mlserver.readthedocs.io/en/1.7.1/user-guide/metrics.html",
        "1.7.1",
        IMAGES["mlserver"].tag,
        "models",
        {"rest_server_requests_total": "app_name method path status_code"},
        {"rest_server_request_duration_seconds": "app_name method path status_code"},
    ),
    Exporter(
        "https://docs.feast.dev/reference/feature-servers/python-feature-server",
        "0.67.0",
        IMAGES["feast"].tag,
        "pods",
        {
            "feast_feature_freshness_seconds": "project feature_view",
            "feast_feature_server_request_total": "endpoint status",
        },
        {"feast_feature_server_request_latency_seconds": "endpoint feature_count feature_view_count"},
    ),
    Exporter(
        "controllers/schedule_exporter.py",
        IMAGES["feast"].tag,
        IMAGES["feast"].tag,
        "pods",
        {
            "mlplatform_schedules": "",
            "mlplatform_schedule_last_success_timestamp_seconds": "schedule_namespace schedule",
            "mlplatform_schedule_success_due_timestamp_seconds": "schedule_namespace schedule",
            "mlplatform_schedule_last_run_failed": "schedule_namespace schedule",
            "mlplatform_feature_skew_entities": "schedule_namespace schedule feature_view feature verdict",
        },
        {},
    ),
    Exporter(
        "https://github.com/kubernetes-sigs/karpenter/blob/v1.13.0/pkg/controllers",
        "1.13.0",
        CHARTS["karpenter"].version,
        "pods",
        {
            "karpenter_scheduler_unschedulable_pods_count": "controller",
            "karpenter_nodepools_usage": "nodepool resource_type",
            "karpenter_nodepools_limit": "nodepool resource_type",
            "karpenter_nodepools_cost_total": "nodepool",
        },
        {},
    ),
    Exporter(
        "https://github.com/cert-manager/cert-manager/blob/v1.19.0/internal/collectors/certificate_collector.go",
        "v1.19.0",
        None,
        "pods",
        {
            "certmanager_certificate_expiration_timestamp_seconds": _CERTIFICATE,
            "certmanager_certificate_ready_status": f"condition {_CERTIFICATE}",
        },
        {},
    ),
    Exporter(
        "https://github.com/kubernetes/apiserver/blob/v0.36.1/pkg/admission",
        "v0.36.1",
        None,
        "apiserver",
        {
            "apiserver_request_total": "verb code resource component",
            "apiserver_admission_webhook_rejection_count": "name type operation error_type rejection_code",
            "apiserver_validating_admission_policy_check_total": "policy policy_binding error_type enforcement_action",
        },
        {},
    ),
    Exporter(
        "https://github.com/seaweedfs/seaweedfs/blob/4.48/weed/stats/metrics.go",
        "4.48",
        IMAGES["seaweedfs"].tag,
        "pods",
        {
            "SeaweedFS_s3_request_total": "type code bucket",
            "SeaweedFS_s3_bucket_size_bytes": "bucket",
            "SeaweedFS_volumeServer_resource": "name type",
            "SeaweedFS_volumeServer_read_only_volumes": "collection type",
        },
        {},
    ),
    Exporter(
        "https://github.com/prometheus/prometheus",
        "v3.10.0",
        IMAGES["prometheus"].tag,
        "prometheus",
        {
            "prometheus_rule_evaluation_failures_total": "rule_group",
            "prometheus_target_scrapes_exceeded_sample_limit_total": "",
            "prometheus_tsdb_head_series": "",
        },
        {},
    ),
    Exporter(
        "https://github.com/prometheus/alertmanager",
        "v0.31.0",
        IMAGES["alertmanager"].tag,
        "alertmanager",
        {"alertmanager_notifications_failed_total": "integration reason receiver_name"},
        {},
    ),
)

OF_PROMETHEUS: Final = {
    "up": "job instance namespace pod node app team model version",
    "ALERTS": "alertname alertstate severity area team",
    # Every client library that the controllers are written with.
    "process_resident_memory_bytes": "job instance namespace pod node app",
}
RECORDED: Final = {
    "endpoint:requests:rate5m": "team model version",
    "endpoint:errors:rate5m": "team model version",
    "endpoint:tokens:rate5m": "team model version",
    "endpoint:replicas:wanted": "team model version",
    "slo:objective:ratio": "slo threshold team model",
    "slo:all:rate5m": "slo threshold team model",
    "slo:bad:rate5m": "slo threshold team model",
    "slo:budget:left": "slo threshold team model",
    **{f"slo:burn:rate{window}": "slo threshold team model" for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")},
}


def known() -> dict[str, set[str]]:
    """Every series by name, with its labels."""
    found = {name: set(labels.split()) for name, labels in {**OF_PROMETHEUS, **RECORDED}.items()}
    for exporter in EXPORTERS:
        target = set(TARGET_LABELS[exporter.job].split())
        found |= {name: {*labels.split(), *target} for name, labels in exporter.metrics.items()}
        for name, labels in exporter.histograms.items():
            series = {*labels.split(), *target}
            found |= {f"{name}_bucket": {*series, "le"}, f"{name}_sum": series, f"{name}_count": series}
    return found
