"""Models on every node of their pool before a replica asks for them.

A model that is an OCI image is fetched by the kubelet, which keeps images: a pod that mounts it and does nothing is all
that a cache needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES
from components.capacity import GPU_TAINT, POOL_LABEL
from components.kubernetes.workload import CONFINED, as_user
from components.specs.size import Size

if TYPE_CHECKING:
    import pulumi

    from components.capacity import Team
    from components.specs.gpu_serving_pool import ServedModel

_LABEL: Final = "mlplatform.dev/cached-model"
_OCI: Final = "oci://"
_USER: Final = 65535
_SIZE: Final = Size(cpu_millicores=1, cpu_limit_millicores=50, memory_mib=16)


def is_cached(model: ServedModel) -> bool:
    """Whether the model is of a form that nodes keep, and has nodes of its own."""
    return model.uri.startswith(_OCI) and model.pool is not None


def daemon_set(model: ServedModel, team: Team, namespace: pulumi.Input[str]) -> dict[str, Any]:
    """One idle pod on each node of the model's pool, which holds the model's image."""
    labels = {_LABEL: model.name}
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": {POOL_LABEL: model.pool},
        "tolerations": [{**GPU_TAINT, "operator": "Equal"}],
        "securityContext": as_user(_USER),
        # It has nothing to end.
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": "idle",
                "image": IMAGES["pause"].reference,
                "imagePullPolicy": "IfNotPresent",
                "resources": _SIZE.resources(),
                "securityContext": CONFINED,
                "volumeMounts": [{"name": "model", "mountPath": "/model", "readOnly": True}],
            }
        ],
        "volumes": [
            {
                "name": "model",
                "image": {"reference": model.uri.removeprefix(_OCI), "pullPolicy": "IfNotPresent"},
            }
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": f"{model.name}-cache", "namespace": namespace, "labels": team.labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}},
            "template": {"metadata": {"labels": {**team.labels, **labels}}, "spec": pod},
        },
    }
