"""Fluent Bit: hands what containers write on to Amazon CloudWatch.

Containers' logs are files of the machine's administrator, hence it runs as that user, without any further right, in a
namespace of its own in which nothing else runs. It asks the API server nothing: a file's name says whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from components._versions import IMAGES
from components.kubernetes.namespace import PART_OF, selector
from components.kubernetes.workload import CONFINED, http_get, probe

if TYPE_CHECKING:
    from components.specs.size import Size

NAMESPACE: Final = "log-collector"
APP: Final = "fluent-bit"
METRICS_PORT: Final = 2020
_LOGS: Final = "/var/log"
_STATE: Final = "/var/lib/mlplatform/fluent-bit"
_CONFIGURATION: Final = "/etc/fluent-bit"
_FILE_NAME: Final = r"(?<pod>[^_]+)_(?<namespace>[^_]+)_(?<container>.+)-(?<id>[a-z0-9]{64})\.log$"


def configuration(region: str, log_group: str) -> str:
    """`fluent-bit.yaml`: one stream a container, `pod/<namespace>.<pod>.<container>`."""
    tail = {
        "name": "tail",
        "path": f"{_LOGS}/containers/*.log",
        "exclude_path": f"{_LOGS}/containers/{APP}-*_{NAMESPACE}_*.log",
        "tag_regex": _FILE_NAME,
        "tag": "<namespace>.<pod>.<container>",
        "multiline.parser": "cri",
        "read_from_head": True,
        "skip_long_lines": True,
        "db": f"{_STATE}/positions.db",
        # What cannot be sent at once waits on the disk, not in memory.
        "storage.type": "filesystem",
    }
    cloudwatch = {
        "name": "cloudwatch_logs",
        "match": "*",
        "region": region,
        "log_group_name": log_group,
        "log_stream_prefix": "pod/",
        # One that it made itself would keep everything for ever, in clear.
        "auto_create_group": False,
        "retry_limit": 20,
        "storage.total_limit_size": "1G",
    }
    service = {
        "flush": 5,
        "log_level": "warn",
        "http_server": True,
        "http_port": METRICS_PORT,
        "storage.path": f"{_STATE}/waiting",
    }
    return yaml.safe_dump(
        {"service": service, "pipeline": {"inputs": [tail], "outputs": [cloudwatch]}}, sort_keys=False
    )


def daemon_set(size: Size, configuration: str) -> dict[str, Any]:
    """The `spec` of a DaemonSet with one collector on each node, on a ConfigMap with its configuration."""
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(METRICS_PORT),
        "prometheus.io/path": "/api/v2/metrics/prometheus",
    }
    pod = {
        "serviceAccountName": APP,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_collector(size)],
        "volumes": [
            {"name": "configuration", "configMap": {"name": configuration}},
            {"name": "logs", "hostPath": {"path": _LOGS, "type": "Directory"}},
            {"name": "state", "hostPath": {"path": _STATE, "type": "DirectoryOrCreate"}},
        ],
    }
    return {
        "selector": {"matchLabels": selector(APP)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        "template": {
            "metadata": {"labels": {**PART_OF, **selector(APP)}, "annotations": annotations},
            "spec": pod,
        },
    }


def _collector(size: Size) -> dict[str, Any]:
    alive = http_get("/", "metrics")
    return {
        "name": "collector",
        "image": IMAGES[APP].reference,
        "imagePullPolicy": "IfNotPresent",
        "args": [f"--config={_CONFIGURATION}/fluent-bit.yaml"],
        "ports": [{"name": "metrics", "containerPort": METRICS_PORT}],
        "resources": size.resources(),
        "securityContext": {**CONFINED, "runAsUser": 0},
        "volumeMounts": [
            {"name": "configuration", "mountPath": _CONFIGURATION, "readOnly": True},
            {"name": "logs", "mountPath": _LOGS, "readOnly": True},
            {"name": "state", "mountPath": _STATE},
        ],
        "startupProbe": probe(5, 60, alive),
        "readinessProbe": probe(10, 3, alive),
        "livenessProbe": probe(20, 6, alive),
    }
