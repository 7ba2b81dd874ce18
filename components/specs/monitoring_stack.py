"""What a human chooses about monitoring."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from components._spec import Spec
from components.specs.size import Size
from components.specs.storage import Storage

SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
"""The name of a Kubernetes Secret."""


class Metrics(Spec):
    """Prometheus: collects, keeps and judges metrics."""

    retention_days: Annotated[int, Field(ge=1)] = 15
    """Days for which samples are kept."""
    scrape_interval_seconds: Annotated[int, Field(ge=5, le=120)] = 30
    """Seconds between two readings of a target. Alerts look five minutes back and need more than one reading
    in them, hence the upper bound."""
    storage: Storage = Storage(gib=100)
    """Where the samples lie; the oldest are dropped before it is full."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=2048)
    """Prometheus' own size."""


class Alerting(Spec):
    """Alertmanager: groups alerts and tells people."""

    webhook_secret: SecretName | None = None
    """A Secret in the `monitoring` namespace whose key `url` holds the address that alerts are posted to;
    absent: alerts are shown by Alertmanager and Grafana, and sent nowhere."""
    storage: Storage = Storage(gib=1)
    """Where silences and the record of sent notifications lie."""
    size: Size = Size(cpu_millicores=50, cpu_limit_millicores=500, memory_mib=128)
    """Alertmanager's own size."""


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

    metrics: Metrics = Metrics()
    """Prometheus."""
    alerting: Alerting = Alerting()
    """Alertmanager."""
    dashboards: Dashboards = Dashboards()
    """Grafana."""
    gpu_exporter: GpuExporter = GpuExporter()
    """GPU metrics."""
