"""Grafana's dashboards: few, each an answer to one question."""

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


@dataclass(frozen=True)
class Dashboard:
    """A page of graphs."""

    name: str
    """Its file and its stable identifier."""
    title: str
    panels: Sequence[Panel]
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
            "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
            "targets": [{"refId": "A", "datasource": _SOURCE, "expr": panel.query, "legendFormat": panel.legend}],
        }


DASHBOARDS: Final = (
    Dashboard(
        "platform",
        "Platform: does it work?",
        (
            Panel("Parts that give no metrics", "count by (job) (up == 0) or sum by (job) (up * 0)", "{{job}}"),
            Panel("Alerts that fire", 'sum by (alertname) (ALERTS{alertstate="firing"})', "{{alertname}}"),
            Panel("API requests per second", "sum by (code) (rate(apiserver_request_total[5m]))", "{{code}}", "reqps"),
            Panel(
                "Memory of the platform's programs",
                "sum by (job, app) (process_resident_memory_bytes)",
                "{{job}} {{app}}",
                "bytes",
            ),
        ),
    ),
    Dashboard(
        "training",
        "Training: who waits, and for what?",
        (
            Panel("Jobs that wait", "sum by (cluster_queue) (kueue_pending_workloads)", "{{cluster_queue}}"),
            Panel("Jobs that run", "sum by (cluster_queue) (kueue_admitted_active_workloads)", "{{cluster_queue}}"),
            Panel(
                "GPUs in use",
                'sum by (cluster_queue) (kueue_cluster_queue_resource_usage{resource="nvidia.com/gpu"})',
                "{{cluster_queue}}",
            ),
            Panel(
                "GPUs that a team owns",
                'sum by (cluster_queue) (kueue_cluster_queue_nominal_quota{resource="nvidia.com/gpu"})',
                "{{cluster_queue}}",
            ),
            Panel(
                "Wait of one job in twenty",
                "histogram_quantile(0.95, sum by (cluster_queue, le) "
                "(rate(kueue_admission_wait_time_seconds_bucket[30m])))",
                "{{cluster_queue}}",
                "s",
            ),
            Panel(
                "Evictions in an hour",
                "sum by (cluster_queue, reason) (increase(kueue_evicted_workloads_total[1h]))",
                "{{cluster_queue}} {{reason}}",
            ),
        ),
    ),
    Dashboard(
        "gpus",
        "GPUs: are they busy and healthy?",
        (
            Panel("Busy", "avg by (node) (DCGM_FI_DEV_GPU_UTIL) / 100", "{{node}}", "percentunit"),
            Panel(
                "Memory in use",
                "sum by (node) (DCGM_FI_DEV_FB_USED) / sum by (node) (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
                "{{node}}",
                "percentunit",
            ),
            Panel(
                "Held but idle",
                'count by (team) (max_over_time(DCGM_FI_DEV_GPU_UTIL{team!=""}[30m]) < 5)',
                "{{team}}",
            ),
            Panel("Hottest", "max by (node) (DCGM_FI_DEV_GPU_TEMP)", "{{node}}", "celsius"),
            Panel("Power", "sum by (node) (DCGM_FI_DEV_POWER_USAGE)", "{{node}}", "watt"),
            Panel("Faults (Xid)", "max by (node, gpu) (DCGM_FI_DEV_XID_ERRORS)", "{{node}} {{gpu}}"),
        ),
    ),
    Dashboard(
        "data",
        "Data: are features fresh and the bucket sound?",
        (
            Panel(
                "Age of features",
                "max by (feature_view) (feast_feature_freshness_seconds)",
                "{{feature_view}}",
                "s",
            ),
            Panel(
                "Feature requests per second",
                "sum by (endpoint, status) (rate(feast_feature_server_request_total[5m]))",
                "{{endpoint}} {{status}}",
                "reqps",
            ),
            Panel(
                "Read of features, one in a hundred",
                "histogram_quantile(0.99, sum by (le) (rate("
                'feast_feature_server_request_latency_seconds_bucket{endpoint="/get-online-features"}[5m])))',
                "p99",
                "s",
            ),
            Panel(
                "Bucket requests per second",
                "sum by (type, code) (rate(SeaweedFS_s3_request_total[5m]))",
                "{{type}} {{code}}",
                "reqps",
            ),
            Panel("Bucket's size", "sum by (bucket) (SeaweedFS_s3_bucket_size_bytes)", "{{bucket}}", "bytes"),
            Panel("Space left", 'SeaweedFS_volumeServer_resource{type="avail"}', "{{name}}", "bytes"),
        ),
    ),
)
"""All of them."""
