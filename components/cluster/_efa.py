"""Elastic Fabric Adapters as a resource that pods can ask for: `vpc.amazonaws.com/efa`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

from components._versions import IMAGES
from components.cluster._node_pools import EFA_LABEL
from components.kubernetes.namespace import PART_OF, selector
from components.kubernetes.objects import KubernetesObject
from components.kubernetes.workload import CONFINED
from components.specs.size import Size

if TYPE_CHECKING:
    from components.kubernetes.cluster import Cluster

_APP: Final = "aws-efa-k8s-device-plugin"
_SOCKETS: Final = "/var/lib/kubelet/device-plugins"
_DEVICES: Final = "/dev/infiniband"
_SIZE: Final = Size(cpu_millicores=10, cpu_limit_millicores=100, memory_mib=64)


def device_plugin(name: str, cluster: Cluster, parent: pulumi.Resource) -> KubernetesObject:
    """AWS' device plugin on every node that has adapters: it tells the kubelet of them by a socket on the node."""
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": _APP, "namespace": "kube-system", "labels": {**PART_OF, **selector(_APP)}},
        "spec": {
            "selector": {"matchLabels": selector(_APP)},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {"metadata": {"labels": {**PART_OF, **selector(_APP)}}, "spec": _pod()},
        },
    }
    opts = pulumi.ResourceOptions(parent=parent, provider=cluster.provider)
    return KubernetesObject(f"{name}-efa", manifest, opts)


def _pod() -> dict[str, Any]:
    container = {
        "name": "plugin",
        "image": IMAGES["efa-device-plugin"].reference,
        "imagePullPolicy": "IfNotPresent",
        "resources": _SIZE.resources(),
        "securityContext": CONFINED,
        "volumeMounts": [
            {"name": "sockets", "mountPath": _SOCKETS},
            {"name": "devices", "mountPath": _DEVICES, "readOnly": True},
        ],
    }
    return {
        "nodeSelector": {EFA_LABEL: "true"},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
        "hostNetwork": True,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [
            {"name": "sockets", "hostPath": {"path": _SOCKETS, "type": "Directory"}},
            {"name": "devices", "hostPath": {"path": _DEVICES, "type": "DirectoryOrCreate"}},
        ],
    }
