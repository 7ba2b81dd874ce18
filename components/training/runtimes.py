"""What training jobs start from: Kubeflow Trainer's runtimes, hardened so that a team's namespace admits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES
from components.kubernetes.workload import as_user

if TYPE_CHECKING:
    from components.specs.size import Size

TORCH: Final = "torch-distributed"
"""The name that upstream's documentation and SDK use for it."""
_USER: Final = 1000
_SCRATCH: Final = "/tmp"  # noqa: S108 (the pod's own)
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108
_BUCKET: Final = "artifact-bucket"
"""The Secret in each team's namespace that says where its part of the bucket is."""
_REGISTRY: Final = "model-registry"
"""The ConfigMap and the Secret in each team's namespace by which MLflow's client finds the model registry."""


def _of_bucket(name: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": _BUCKET, "key": name, "optional": True}}}


def _of_registry(name: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": _REGISTRY, "key": name, "optional": True}}}


_JOB_NAME: Final = {
    "name": "JOB_NAME",
    "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['jobset.sigs.k8s.io/jobset-name']"}},
}
# Where the stack has no registry these are not set, and MLflow's client keeps to its own default.
_TRACKING: Final = (
    _of_registry("MLFLOW_TRACKING_URI"),
    _of_registry("MLFLOW_WORKSPACE"),
    # Runs of a job that starts anew are found beside the earlier ones.
    {"name": "MLFLOW_EXPERIMENT_NAME", "value": "$(JOB_NAME)"},
)
_CHECKPOINTS: Final = (
    _of_bucket("BUCKET"),
    _of_bucket("PREFIX"),
    {"name": "CHECKPOINT_URI", "value": "s3://$(BUCKET)/$(PREFIX)checkpoints/$(JOB_NAME)"},
)

_DISRUPTIONS_DO_NOT_COUNT: Final = {
    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
}
"""A pod that had to go, with its spot machine, in a drain or to a more important one, is replaced and is none of the
job's failures: those are for what fails by itself (Kubernetes: "Handling retriable and non-retriable pod failures")."""


def torch(size: Size, *, checkpoints: bool) -> dict[str, Any]:
    """Distributed PyTorch. A job sets image, command, nodes and GPUs; a node of it that asks for nothing gets
    `size`. With checkpoints it finds in `CHECKPOINT_URI` where its own belong, each time it starts. MLflow's client
    finds the team's workspace of the model registry, and the password for it in its usual file."""
    container = {
        "name": "node",
        "image": IMAGES["torch"].reference,
        "imagePullPolicy": "IfNotPresent",
        # The image has no entry for this user: libraries that look for a home or a name find them here.
        "env": [
            {"name": "USER", "value": "trainer"},
            {"name": "HOME", "value": _SCRATCH},
            _JOB_NAME,
            *(_CHECKPOINTS if checkpoints else ()),
            *_TRACKING,
        ],
        "resources": size.resources(),
        # The root file system stays writable: the image is the data scientist's, and may write beside its code.
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "shared-memory", "mountPath": _SHARED_MEMORY},
            {"name": "model-registry", "mountPath": f"{_SCRATCH}/.mlflow", "readOnly": True},
        ],
    }
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": as_user(_USER),
        # What a failure policy asks for: a container that fails is started again as another pod.
        "restartPolicy": "Never",
        "containers": [container],
        # Data loaders and NCCL pass tensors through shared memory; a container's default is 64 MiB.
        "volumes": [
            {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
            {"name": "model-registry", "secret": {"secretName": _REGISTRY, "defaultMode": 0o440, "optional": True}},
        ],
    }
    job = {
        "name": "node",
        "template": {
            "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
            "spec": {"podFailurePolicy": _DISRUPTIONS_DO_NOT_COUNT, "template": {"spec": pod}},
        },
    }
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": TORCH, "labels": {"trainer.kubeflow.org/framework": "torch"}},
        "spec": {
            "mlPolicy": {"numNodes": 1, "torch": {}},
            "template": {"spec": {"replicatedJobs": [job]}},
        },
    }
