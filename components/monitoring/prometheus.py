"""Prometheus as the platform runs it: what it reads, the rules it judges by, and its pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from components.kubernetes.workload import Container, Mount, Pod, config_volume, http_get, probe
from components.monitoring import remote_write, scraping

if TYPE_CHECKING:
    import pulumi

    from components.specs.hooks import Hooks
    from components.specs.monitoring_stack import Metrics

APP: Final = "prometheus"
PORT: Final = 9090
_USER: Final = 65534
_USED_SHARE: Final = 0.85
_FLUSH_SECONDS: Final = 5
"""How long it waits at its end for a remote store to take the last samples: one that answers does so at once, and one
that does not would hold up every roll-out and destroy for a minute and more."""


@dataclass(frozen=True)
class RemoteWrite:
    """Where all samples are handed on to, as the role of the pod."""

    url: str
    region: str
    """The AWS region of the URL."""
    cluster: str
    """The label by which samples of this cluster are told from others'."""

    def settings(self) -> dict[str, Any]:
        """As Prometheus reads it; the figures of the queue are those that AWS recommends."""
        queue = {"max_samples_per_send": 1000, "max_shards": 200, "capacity": 2500}
        return {"url": self.url, "sigv4": {"region": self.region}, "queue_config": queue}


def configuration(
    spec: Metrics,
    alertmanager: str,
    remote: RemoteWrite | None = None,
    hooks: Hooks | None = None,
    cluster: str | None = None,
) -> str:
    """`prometheus.yml`; `alertmanager` is the `host:port` that alerts go to. With `cluster` whatever leaves the cluster
    says by a label of that name where it is from."""
    interval = f"{spec.scrape_interval_seconds}s"
    cluster = remote.cluster if remote else cluster
    everywhere: dict[str, Any] = {"scrape_interval": interval, "evaluation_interval": interval}
    if cluster is not None:
        everywhere["external_labels"] = {"cluster": cluster}
    written = ([remote.settings()] if remote else []) + (remote_write.settings(hooks) if hooks else [])
    return yaml.safe_dump(
        {
            "global": everywhere,
            **({"remote_write": written} if written else {}),
            "rule_files": ["/rules/*.yaml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": scraping.jobs(f"localhost:{PORT}", alertmanager),
        },
        sort_keys=False,
    )


def permissions() -> list[dict[str, Any]]:
    """What the configuration needs of the Kubernetes API: to see who is there, and to read metrics."""
    watch = ["get", "list", "watch"]
    return [
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": watch},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": watch},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]


def pod(spec: Metrics, configuration: pulumi.Input[str], rules: str, hooks: Hooks) -> Pod:
    """The server, on ConfigMaps with its configuration and its rules, and the Secrets that hooks name."""
    keep_bytes = f"{int(spec.storage.gib * 1024 * _USED_SHARE)}MB"
    server = Container(
        APP,
        APP,
        spec.size,
        arguments=(
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={spec.retention_days}d",
            f"--storage.tsdb.retention.size={keep_bytes}",
            f"--storage.remote.flush-deadline={_FLUSH_SECONDS}s",
        ),
        ports={"http": PORT},
        mounts=(
            Mount("/etc/prometheus", "configuration"),
            Mount("/rules", "rules"),
            Mount("/prometheus", "data", writable=True),
            *remote_write.mounts(hooks),
        ),
        probes={
            # It first reads what was written since its last block.
            "startup": probe(2, 300, http_get("/-/ready", "http")),
            "readiness": probe(5, 3, http_get("/-/ready", "http")),
            "liveness": probe(20, 6, http_get("/-/healthy", "http")),
        },
    )
    volumes = [config_volume("configuration", configuration), config_volume("rules", rules)]
    volumes += remote_write.volumes(hooks)
    return Pod(APP, _USER, [server], volumes=volumes, account=APP, grace_seconds=120)
