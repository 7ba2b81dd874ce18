"""What a human chooses about monitoring."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.hooks import Hooks
from components.specs.receivers import MailAddress, Receiver, SecretName
from components.specs.size import Size
from components.specs.storage import Storage

_MONTH: Final = 30
PEOPLE: Final = "people"
"""Who hears of every alert: the webhook and the topic."""
HEARTBEAT: Final = "heartbeat"
"""Who hears that alerting works."""
OWN_RECEIVERS: Final = frozenset({PEOPLE, HEARTBEAT})


class _Prometheus(Spec):
    """Prometheus: collects metrics and judges them by the alert rules."""

    scrape_interval_seconds: Annotated[int, Field(ge=5, le=120)] = 30
    """Seconds between two readings of a target. Alerts look five minutes back and need more than one reading
    in them, hence the upper bound."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=2048)
    """Prometheus' own size."""


class InClusterMetrics(_Prometheus):
    """Prometheus on the cluster: collects, keeps and judges metrics."""

    kind: Literal["in_cluster"] = "in_cluster"
    """Who keeps the samples."""
    retention_days: Annotated[int, Field(ge=1)] = 15
    """Days for which samples are kept."""
    storage: Storage = Storage(gib=100)
    """Where the samples lie; the oldest are dropped before it is full."""


class AmazonManagedMetrics(_Prometheus):
    """Prometheus on the cluster collects and judges metrics, Amazon Managed Service for Prometheus keeps them all and
    says when nothing arrives any more."""

    kind: Literal["amazon_managed"]
    """Who keeps the samples."""
    retention_days: Annotated[int, Field(ge=1, le=15)] = 2
    """Days for which Prometheus itself keeps samples, for its alerts and dashboards."""
    storage: Storage = Storage(gib=30)
    """Where those lie, and what could not be handed on yet."""


Metrics = Annotated[
    Annotated[InClusterMetrics, Tag("in_cluster")] | Annotated[AmazonManagedMetrics, Tag("amazon_managed")],
    by_kind("in_cluster"),
]


class SnsTopic(Spec):
    """An Amazon SNS topic that alerts are published to, encrypted with an own key."""

    emails: tuple[MailAddress, ...] = ()
    """Who gets them by electronic mail, after they have confirmed it by the link that AWS sends them. Pagers and chats
    subscribe to the topic, which is an output of the stack."""


class Alerting(Spec):
    """Alertmanager: groups alerts and tells people."""

    webhook_secret: SecretName | None = None
    """A Secret in the `monitoring` namespace whose key `url` holds the address that alerts are posted to;
    absent: none."""
    topic: SnsTopic | None = None
    """A topic on AWS; absent: none."""
    receivers: tuple[Receiver, ...] = ()
    """Who else hears of alerts, and of which. With no receiver, webhook or topic, alerts are shown by Alertmanager and
    Grafana, and sent nowhere."""
    storage: Storage = Storage(gib=1)
    """Where silences and the record of sent notifications lie."""
    size: Size = Size(cpu_millicores=50, cpu_limit_millicores=500, memory_mib=128)
    """Alertmanager's own size."""

    @model_validator(mode="after")
    def _receivers_are_told_apart(self) -> Self:
        names = [each.name for each in self.receivers]
        if len(set(names)) < len(names):
            raise ValueError("two receivers have the same name; rename one of them")
        if taken := sorted(OWN_RECEIVERS.intersection(names)):
            raise ValueError(f"the platform has a receiver of its own called {taken[0]}; rename yours")
        return self


class NodeLogs(Spec):
    """What containers write stays on their node until the kubelet removes it."""

    kind: Literal["node"] = "node"
    """Where logs are kept."""


class CloudWatchLogs(Spec):
    """What containers write goes to a log group of Amazon CloudWatch, encrypted with an own key and kept for as long as
    the cluster's own logs."""

    kind: Literal["cloudwatch"]
    """Where logs are kept."""
    size: Size = Size(cpu_millicores=100, cpu_limit_millicores=500, memory_mib=256)
    """Size of the collector, of which there is one on each node."""


Logs = Annotated[Annotated[NodeLogs, Tag("node")] | Annotated[CloudWatchLogs, Tag("cloudwatch")], by_kind("node")]


class Dashboards(Spec):
    """Grafana: shows the dashboards that the platform brings."""

    enabled: bool = True
    """Install Grafana. Without it the dashboards are still kept as ConfigMaps for a Grafana that you have."""
    size: Size = Size(cpu_millicores=100, cpu_limit_millicores=1000, memory_mib=256)
    """Grafana's own size."""


class GpuExporter(Spec):
    """NVIDIA's DCGM exporter: one on each GPU node."""

    enabled: bool = True
    """Install it. Switch it off where the GPU operator already brings one."""
    size: Size = Size(cpu_millicores=100, cpu_limit_millicores=500, memory_mib=512)
    """One exporter's size."""


class MonitoringStackSpec(Spec):
    """Metrics, alerts and dashboards of the whole platform."""

    metrics: Metrics = InClusterMetrics()
    """Prometheus."""
    alerting: Alerting = Alerting()
    """Alertmanager."""
    hooks: Hooks = Hooks()
    """Tools that people have already."""
    logs: Logs = NodeLogs()
    """Logs of containers."""
    dashboards: Dashboards = Dashboards()
    """Grafana."""
    gpu_exporter: GpuExporter = GpuExporter()
    """GPU metrics."""
    budget_days: Annotated[int, Field(ge=1, le=90)] | None = None
    """Days over which endpoints and queues must keep their objectives; absent: as long as Prometheus keeps samples,
    but not more than 30."""

    @property
    def objective_days(self) -> int:
        """Days over which objectives must be kept."""
        return self.budget_days or min(self.metrics.retention_days, _MONTH)

    @model_validator(mode="after")
    def _budget_is_kept(self) -> Self:
        if self.budget_days is not None and self.budget_days > self.metrics.retention_days:
            raise ValueError(
                f"budget_days is {self.budget_days}, but samples are kept for {self.metrics.retention_days}; "
                "lower it or raise metrics.retention_days"
            )
        return self
