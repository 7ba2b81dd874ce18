"""The OpenTelemetry Collector: fans metrics, logs and traces out to the tools that people have.

Workloads send it what they have to say by OTLP. What the platform knows it reads from Prometheus: recorded series,
alerts, and the gauges that dashboards show. All of these are gauges, which federation keeps as what they are, and few
enough for tools that are paid by the series; who wants every sample takes it from Prometheus by remote write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from components.kubernetes.namespace import in_namespace, in_part_of_platform, in_team_namespaces
from components.kubernetes.workload import (
    Container,
    Mount,
    Pod,
    config_volume,
    deployment,
    http_get,
    probe,
    secret_volume,
)
from components.specs.size import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pulumi

    from components.kubernetes.namespace import PlatformNamespace
    from components.specs.hooks import Hooks, SecretKey

APP: Final = "collector"
GRPC_PORT: Final = 4317
HTTP_PORT: Final = 4318
METRICS_PORT: Final = 8888
_HEALTH_PORT: Final = 13133
_USER: Final = 10001
_SECRETS: Final = "/hooks"
_NEW_RELIC: Final = {"us": "https://otlp.nr-data.net", "eu": "https://otlp.eu01.nr-data.net"}
_SIZE: Final = Size(cpu_millicores=200, cpu_limit_millicores=1000, memory_mib=512)
FEDERATED: Final = (
    '{__name__=~"(endpoint|slo):.+"}',
    '{__name__="ALERTS", alertstate="firing"}',
    '{__name__=~"DCGM_FI_DEV_(GPU_UTIL|FB_USED|FB_FREE|GPU_TEMP|POWER_USAGE|XID_ERRORS)"}',
    '{__name__=~"kueue_(pending_workloads|admitted_active_workloads|cluster_queue_resource_usage)"}',
    '{__name__=~"kueue_cluster_queue_(nominal_quota|status)"}',
    '{__name__=~"vllm:(num_requests_waiting|num_requests_running|kv_cache_usage_perc)"}',
    '{__name__=~"feast_feature_freshness_seconds|karpenter_nodepools_(usage|limit)"}',
)
"""Which series of Prometheus it hands on; all of them gauges."""


def install(room: PlatformNamespace, hooks: Hooks, prometheus: str, interval_seconds: int) -> pulumi.Output[str] | None:
    """The collector, to which pods of the platform and of teams may send; its address for OTLP by HTTP. None where no
    hook wants one. `prometheus` is the URL that the platform's series are read from."""
    if not hooks.collects:
        return None
    source = prometheus.removeprefix("http://")
    files = room.config(APP, {"collector.yaml": configuration(hooks, source, interval_seconds)})
    room.account(APP)
    room.allow(APP, [GRPC_PORT, HTTP_PORT], [in_team_namespaces(), in_part_of_platform()])
    room.allow(APP, [METRICS_PORT], [in_namespace(room.name)])
    room.allow_only_to(APP, egress(outside_ports(hooks)))
    host = room.service(APP, {"grpc": GRPC_PORT, "http": HTTP_PORT})
    made = room.add(APP, "apps/v1", "Deployment", {"spec": deployment(pod(hooks, files), 1)})
    return made.urn.apply(lambda _: f"http://{host}:{HTTP_PORT}")


def configuration(hooks: Hooks, prometheus: str, interval_seconds: int) -> str:
    """`collector.yaml`; `prometheus` is the `host:port` that the platform's series are read from."""
    exporters = dict(_exporters(hooks))
    through = {"processors": ["memory_limiter", "batch"], "exporters": list(exporters)}
    return yaml.safe_dump(
        {
            "extensions": {"health_check": {"endpoint": f"0.0.0.0:{_HEALTH_PORT}"}},
            "receivers": {"otlp": _otlp(), "prometheus": _federation(prometheus, interval_seconds)},
            "processors": {
                # Of the container's memory. What is too much is refused, and its sender tries again.
                "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
                "batch": {},
            },
            "exporters": exporters,
            "service": {
                "extensions": ["health_check"],
                "telemetry": {"logs": {"level": "warn"}, "metrics": {"readers": [_own_metrics()]}},
                "pipelines": {
                    "metrics": {"receivers": ["otlp", "prometheus"], **through},
                    "logs": {"receivers": ["otlp"], **through},
                    "traces": {"receivers": ["otlp"], **through},
                },
            },
        },
        sort_keys=False,
    )


def pod(hooks: Hooks, configuration: str) -> Pod:
    """The collector, on a ConfigMap with its configuration and the Secrets that hooks name."""
    alive = http_get("/", "health")
    container = Container(
        APP,
        "otel-collector",
        _SIZE,
        arguments=("--config=file:/etc/collector/collector.yaml",),
        ports={"grpc": GRPC_PORT, "http": HTTP_PORT, "health": _HEALTH_PORT, "metrics": METRICS_PORT},
        mounts=(
            Mount("/etc/collector", "configuration"),
            *(Mount(f"{_SECRETS}/{name}", f"hook-{number}") for number, name in enumerate(_secrets(hooks))),
        ),
        probes={
            "startup": probe(2, 60, alive),
            "readiness": probe(5, 3, alive),
            "liveness": probe(20, 6, alive),
        },
    )
    volumes = [config_volume("configuration", configuration)]
    volumes += [secret_volume(f"hook-{number}", name) for number, name in enumerate(_secrets(hooks))]
    return Pod(APP, _USER, [container], volumes=volumes, metrics_port=METRICS_PORT)


def egress(ports: Sequence[int]) -> list[dict[str, Any]]:
    """Where it may connect to: name servers, Prometheus, and hosts outside by their ports; not the machine's own
    metadata."""
    dns = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    prometheus = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}
    outside = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
        {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::/32"]}},
    ]
    return [
        {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}], "ports": dns},
        {"to": [prometheus], "ports": [{"protocol": "TCP", "port": 9090}]},
        {"to": outside, "ports": [{"protocol": "TCP", "port": port} for port in ports]},
    ]


def outside_ports(hooks: Hooks) -> list[int]:
    """Ports of the hosts that the hooks name."""
    return sorted({443, *(urlsplit(each.endpoint).port or 443 for each in hooks.otlp)})


def _exporters(hooks: Hooks) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if hooks.datadog:
        yield "datadog", {"api": {"site": hooks.datadog.site, "key": _file(hooks.datadog.api_key)}}
    if hooks.new_relic:
        headers = {"api-key": _file(hooks.new_relic.license_key)}
        yield "otlp_http/new-relic", {"endpoint": _NEW_RELIC[hooks.new_relic.region], "headers": headers}
    for each in hooks.otlp:
        headers = {name: _file(value) for name, value in each.headers.items()}
        # A dollar sign begins a reference.
        endpoint = each.endpoint.rstrip("/").replace("$", "$$")
        yield f"otlp_http/to-{each.name}", {"endpoint": endpoint, "headers": headers}


def _file(value: SecretKey) -> str:
    """What the collector replaces by the file's content as it starts."""
    return f"${{file:{_SECRETS}/{value.secret}/{value.key}}}"


def _secrets(hooks: Hooks) -> list[str]:
    used = [each for hook in hooks.otlp for each in hook.headers.values()]
    used += [hooks.datadog.api_key] if hooks.datadog else []
    used += [hooks.new_relic.license_key] if hooks.new_relic else []
    return sorted({each.secret for each in used})


def _otlp() -> dict[str, Any]:
    ports = {"grpc": GRPC_PORT, "http": HTTP_PORT}
    return {"protocols": {name: {"endpoint": f"0.0.0.0:{port}"} for name, port in ports.items()}}


def _federation(prometheus: str, interval_seconds: int) -> dict[str, Any]:
    job = {
        "job_name": "platform",
        "honor_labels": True,
        "metrics_path": "/federate",
        "params": {"match[]": list(FEDERATED)},
        "scrape_interval": f"{interval_seconds}s",
        "static_configs": [{"targets": [prometheus]}],
    }
    return {"config": {"scrape_configs": [job]}}


def _own_metrics() -> dict[str, Any]:
    return {"pull": {"exporter": {"prometheus": {"host": "0.0.0.0", "port": METRICS_PORT}}}}  # noqa: S104 (a pod's)
