"""Prometheus as the platform runs it: what it reads, the rules it judges by, and its pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from components.kubernetes.workload import Container, Mount, Pod, config_volume, http_get, probe
from components.monitoring import remote_write

if TYPE_CHECKING:
    import pulumi

    from components.specs.hooks import Hooks
    from components.specs.monitoring_stack import Metrics

APP: Final = "prometheus"
PORT: Final = 9090
CONTROLLERS: Final = ("kueue-system", "jobset-system", "kubeflow-system", "kserve")
GPU_EXPORTERS: Final = ("gpu-exporter", "gpu-operator")
"""Namespaces in which a GPU exporter is believed when it says whose GPU it reads: ours, and the GPU operator's."""
_GPU_EXPORTER_PORT: Final = "9400"
_OF_OTHER_JOBS: Final = (*CONTROLLERS, *GPU_EXPORTERS)
_CONTROLLER_PORT: Final = "8443"
_USER: Final = 65534
_USED_SHARE: Final = 0.85
_MOST_SAMPLES: Final = 20_000
_FLUSH_SECONDS: Final = 5
"""How long it waits at its end for a remote store to take the last samples: one that answers does so at once, and one
that does not would hold up every roll-out and destroy for a minute and more."""
_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_POD: Final = "__meta_kubernetes_pod"

Job = dict[str, Any]
Relabelling = dict[str, Any]


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
            "scrape_configs": [
                _static("prometheus", f"localhost:{PORT}"),
                _static("alertmanager", alertmanager),
                _api_server(),
                _controllers(),
                _models(),
                _gpus(),
                _annotated("pods", "pod", _POD),
                _annotated("services", "endpointslice", "__meta_kubernetes_service"),
            ],
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


def _static(name: str, target: str) -> Job:
    return {"job_name": name, "static_configs": [{"targets": [target]}]}


def _api_server() -> Job:
    endpoint = {
        "source_labels": [
            "__meta_kubernetes_namespace",
            "__meta_kubernetes_service_name",
            "__meta_kubernetes_endpointslice_port_name",
        ],
        "action": "keep",
        "regex": "default;kubernetes;https",
    }
    return {
        "job_name": "apiserver",
        "scheme": "https",
        "authorization": {"credentials_file": f"{_ACCOUNT}/token"},
        "tls_config": {"ca_file": f"{_ACCOUNT}/ca.crt", "server_name": "kubernetes.default.svc"},
        "kubernetes_sd_configs": [{"role": "endpointslice", "namespaces": {"names": ["default"]}}],
        "relabel_configs": [endpoint],
    }


def _controllers() -> Job:
    """The controllers that check who reads their metrics. Their certificates are of their own making, and nobody signs
    them: the token goes to pods of these namespaces alone."""
    port = {"source_labels": [f"{_POD}_container_port_number"], "action": "keep", "regex": _CONTROLLER_PORT}
    return {
        "job_name": "controllers",
        "scheme": "https",
        "authorization": {"credentials_file": f"{_ACCOUNT}/token"},
        "tls_config": {"insecure_skip_verify": True},
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": list(CONTROLLERS)}}],
        "relabel_configs": [port, *_placed()],
        # A team's queue is named as the team.
        "metric_relabel_configs": [_labelled("cluster_queue", "team")],
    }


def _models() -> Job:
    """Every replica of every endpoint: whose it is, and which version of which model, comes from its pod and not from
    what the server says of itself."""
    named = f"{_POD}_label_serving_kserve_io_inferenceservice"
    return {
        "job_name": "models",
        "sample_limit": _MOST_SAMPLES,
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": [
            {"source_labels": [named], "action": "keep", "regex": ".+"},
            {"source_labels": [f"{_POD}_phase"], "action": "drop", "regex": "Succeeded|Failed"},
            _labelled(f"{_POD}_annotation_prometheus_kserve_io_path", "__metrics_path__"),
            {
                "source_labels": [f"{_POD}_ip", f"{_POD}_annotation_prometheus_kserve_io_port"],
                "regex": "(.+);([0-9]+)",
                "replacement": "$1:$2",
                "target_label": "__address__",
            },
            *_placed(),
            _labelled(f"{_POD}_label_mlplatform_dev_team", "team"),
            _labelled(named, "model"),
            _labelled(f"{_POD}_annotation_mlplatform_dev_model_digest", "version"),
        ],
    }


def _gpus() -> Job:
    """GPU exporters, whose series say which pod holds the GPU: that pod, and not the exporter's, is kept."""
    port = {"source_labels": [f"{_POD}_container_port_number"], "action": "keep", "regex": _GPU_EXPORTER_PORT}
    return {
        "job_name": "gpus",
        "honor_labels": True,
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": list(GPU_EXPORTERS)}}],
        # No labels of the exporter's own pod: a GPU that nobody holds would seem to be held by it.
        "relabel_configs": [port, _labelled(f"{_POD}_node_name", "node")],
        "metric_relabel_configs": [{"source_labels": ["namespace"], "regex": "team-(.+)", "target_label": "team"}],
    }


def _labelled(source: str, target: str) -> Relabelling:
    """The label `target` from `source`, where that is there."""
    return {"source_labels": [source], "regex": "(.+)", "target_label": target}


def _annotated(name: str, role: str, meta: str) -> Job:
    """Whatever asks for it by the annotations `prometheus.io/scrape`, `port`, `path` and `scheme`.

    A target that has more than twenty thousand samples is not read, so that no workload fills the store. The
    platform's own pods are told from others by their namespace, which a workload cannot choose.
    """
    annotation = f"{meta}_annotation_prometheus_io"
    return {
        "job_name": name,
        "sample_limit": _MOST_SAMPLES,
        "kubernetes_sd_configs": [{"role": role}],
        "relabel_configs": [
            {"source_labels": [f"{annotation}_scrape"], "action": "keep", "regex": "true"},
            {"source_labels": ["__meta_kubernetes_namespace"], "action": "drop", "regex": "|".join(_OF_OTHER_JOBS)},
            {"source_labels": [f"{_POD}_phase"], "action": "drop", "regex": "Succeeded|Failed"},
            {"source_labels": [f"{annotation}_scheme"], "regex": "(https?)", "target_label": "__scheme__"},
            {"source_labels": [f"{annotation}_path"], "regex": "(.+)", "target_label": "__metrics_path__"},
            {
                "source_labels": [f"{_POD}_ip", f"{annotation}_port"],
                "regex": "(.+);([0-9]+)",
                "replacement": "$1:$2",
                "target_label": "__address__",
            },
            # A pod has one target for each of its ports, which now are all the same; Prometheus keeps one.
            *_placed(),
        ],
    }


def _placed() -> list[Relabelling]:
    """Who a target is, for everything that is read from it."""
    labels = {
        "__meta_kubernetes_namespace": "namespace",
        f"{_POD}_name": "pod",
        f"{_POD}_node_name": "node",
        f"{_POD}_label_app_kubernetes_io_name": "app",
    }
    return [{"source_labels": [source], "target_label": target} for source, target in labels.items()]
