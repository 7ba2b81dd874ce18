"""NVIDIA's DCGM exporter: what each GPU does, and for which pod.

It is the one workload of ours that is not confined: it asks the driver for counters that only the administrator of the
machine may read, and the kubelet, over a socket of the machine, which pod holds which GPU. Hence a namespace of its
own, in which nothing else runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components._namespace import PART_OF, selector
from components._versions import IMAGES
from components._workload import http_get, probe

if TYPE_CHECKING:
    from components.specs.size import Size

NAMESPACE: Final = "gpu-exporter"
APP: Final = "dcgm-exporter"
METRICS_PORT: Final = 9400
_POD_RESOURCES: Final = "/var/lib/kubelet/pod-resources"
_GPU: Final = "nvidia.com/gpu"


def daemon_set(size: Size) -> dict[str, Any]:
    """The `spec` of a DaemonSet with one exporter on each GPU node."""
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": str(METRICS_PORT)}
    pod = {
        "serviceAccountName": APP,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": "system-node-critical",
        "nodeSelector": {f"{_GPU}.present": "true"},
        "tolerations": [{"key": _GPU, "operator": "Exists", "effect": "NoSchedule"}],
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_exporter(size)],
        "volumes": [{"name": "pod-resources", "hostPath": {"path": _POD_RESOURCES, "type": "Directory"}}],
    }
    return {
        "selector": {"matchLabels": selector(APP)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        "template": {
            "metadata": {"labels": {**PART_OF, **selector(APP)}, "annotations": annotations},
            "spec": pod,
        },
    }


def _exporter(size: Size) -> dict[str, Any]:
    healthy = http_get("/health", "metrics")
    return {
        "name": "exporter",
        "image": IMAGES[APP].reference,
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "DCGM_EXPORTER_LISTEN", "value": f":{METRICS_PORT}"},
            {"name": "DCGM_EXPORTER_KUBERNETES", "value": "true"},
        ],
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT}],
        "resources": size.resources(),
        "securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
        "volumeMounts": [{"name": "pod-resources", "mountPath": _POD_RESOURCES, "readOnly": True}],
        "startupProbe": probe(5, 60, healthy),
        "readinessProbe": probe(10, 3, healthy),
        "livenessProbe": probe(20, 6, healthy),
    }
