"""What Prometheus reads, and how it is told whose each series is."""

from __future__ import annotations

from typing import Any, Final

CONTROLLERS: Final = ("kueue-system", "jobset-system", "kubeflow-system", "kserve")
GPU_EXPORTERS: Final = ("gpu-exporter", "gpu-operator")
"""Namespaces in which a GPU exporter is believed when it says whose GPU it reads: ours, and the GPU operator's."""
_GPU_EXPORTER_PORT: Final = "9400"
_OF_OTHER_JOBS: Final = (*CONTROLLERS, *GPU_EXPORTERS)
_CONTROLLER_PORT: Final = "8443"
_MOST_SAMPLES: Final = 20_000
_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_POD: Final = "__meta_kubernetes_pod"

Job = dict[str, Any]
Relabelling = dict[str, Any]


def jobs(prometheus: str, alertmanager: str) -> list[Job]:
    """Every job; the two servers by their `host:port`."""
    return [
        _static("prometheus", prometheus),
        _static("alertmanager", alertmanager),
        _api_server(),
        _controllers(),
        _models(),
        _gpus(),
        _annotated("pods", "pod", _POD),
        _annotated("services", "endpointslice", "__meta_kubernetes_service"),
    ]


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
