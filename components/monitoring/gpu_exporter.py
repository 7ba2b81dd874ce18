"""NVIDIA's DCGM exporter: what each GPU does, and for which pod.

It is the one workload of ours that is not confined: it asks the driver for counters that only the administrator of the
machine may read, and the kubelet, over a socket of the machine, which pod holds which GPU. Hence a namespace of its
own, in which nothing else runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES
from components.kubernetes.namespace import PART_OF, selector
from components.kubernetes.workload import config_volume, http_get, probe

if TYPE_CHECKING:
    from components.specs.size import Size

NAMESPACE: Final = "gpu-exporter"
APP: Final = "dcgm-exporter"
METRICS_PORT: Final = 9400
_POD_RESOURCES: Final = "/var/lib/kubelet/pod-resources"
_GPU: Final = "nvidia.com/gpu"
COUNTERS_FILE: Final = "counters.csv"
_COUNTERS_DIRECTORY: Final = "/etc/mlplatform"
COUNTERS: Final = {
    "DCGM_FI_DEV_GPU_UTIL": ("gauge", "GPU utilization (in %)."),
    "DCGM_FI_DEV_FB_USED": ("gauge", "Framebuffer memory used (in MiB)."),
    "DCGM_FI_DEV_FB_FREE": ("gauge", "Framebuffer memory free (in MiB)."),
    "DCGM_FI_DEV_GPU_TEMP": ("gauge", "GPU temperature (in C)."),
    "DCGM_FI_DEV_POWER_USAGE": ("gauge", "Power draw (in W)."),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": ("counter", "Total energy consumption since boot (in mJ)."),
    "DCGM_FI_DEV_SM_CLOCK": ("gauge", "SM clock frequency (in MHz)."),
    "DCGM_FI_DEV_XID_ERRORS": ("gauge", "Value of the last XID error encountered."),
    "DCGM_FI_DEV_THERMAL_VIOLATION": ("counter", "Throttling duration due to thermal constraints (in ns)."),
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": ("counter", "Total number of double-bit volatile ECC errors."),
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS": ("counter", "Number of remapped rows for uncorrectable errors."),
    "DCGM_FI_DEV_ROW_REMAP_FAILURE": ("gauge", "Whether remapping of rows has failed."),
    "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL": ("counter", "Total number of NVLink retries."),
    "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL": ("counter", "Total number of NVLink recovery errors."),
    "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL": ("counter", "Total number of NVLink bandwidth counters for all lanes."),
}
"""What is read of each GPU: the exporter's own choice has no errors of ECC and NVLink and no throttling. Types and
texts are those of its `etc/default-counters.csv`, where these are commented out."""


def counters() -> str:
    """The exporter's file of fields to read."""
    return "".join(f"{name}, {kind}, {text}\n" for name, (kind, text) in COUNTERS.items())


def daemon_set(size: Size, counters_config: str) -> dict[str, Any]:
    """The `spec` of a DaemonSet with one exporter on each GPU node, on a ConfigMap with the fields to read."""
    pod = {
        "serviceAccountName": APP,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": "system-node-critical",
        "nodeSelector": {f"{_GPU}.present": "true"},
        "tolerations": [{"key": _GPU, "operator": "Exists", "effect": "NoSchedule"}],
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_exporter(size)],
        "volumes": [
            {"name": "pod-resources", "hostPath": {"path": _POD_RESOURCES, "type": "Directory"}},
            config_volume("counters", counters_config),
        ],
    }
    return {
        "selector": {"matchLabels": selector(APP)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        "template": {
            "metadata": {"labels": {**PART_OF, **selector(APP)}},
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
            {"name": "DCGM_EXPORTER_COLLECTORS", "value": f"{_COUNTERS_DIRECTORY}/{COUNTERS_FILE}"},
            # Its series name the machine by this, and by the pod otherwise.
            {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ],
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT}],
        "resources": size.resources(),
        "securityContext": {"runAsUser": 0, "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
        "volumeMounts": [
            {"name": "pod-resources", "mountPath": _POD_RESOURCES, "readOnly": True},
            {"name": "counters", "mountPath": _COUNTERS_DIRECTORY, "readOnly": True},
        ],
        "startupProbe": probe(5, 60, healthy),
        "readinessProbe": probe(10, 3, healthy),
        "livenessProbe": probe(20, 6, healthy),
    }
