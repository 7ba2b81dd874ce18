"""What a stack file says about training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components._spec import Name, Spec
from components.specs.size import Size

PriorityValue = Annotated[int, Field(ge=0, le=1_000_000)]


class TrainingControllerSizes(Spec):
    """Sizes of the controllers that queue and run training jobs."""

    kueue: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=512)
    """Kueue decides who runs; it holds every pending job in memory."""
    jobset: Size = Size(cpu_millicores=250, cpu_limit_millicores=2000, memory_mib=256)
    """JobSet makes the Jobs of one distributed training."""
    trainer: Size = Size(cpu_millicores=250, cpu_limit_millicores=1000, memory_mib=256)
    """Kubeflow Trainer turns a TrainJob into a JobSet."""


class RaySpec(Spec):
    """Ray clusters and Ray jobs, made by KubeRay's operator and queued like all others."""

    size: Size = Size(cpu_millicores=250, cpu_limit_millicores=1000, memory_mib=512)
    """Size of the operator's container; it needs about a megabyte for each pod of a Ray cluster."""


class TrainingClusterSpec(Spec):
    """Queues, gangs and runtimes for training jobs. Pools and teams stand in `capacity` and `teams`."""

    controllers: TrainingControllerSizes = TrainingControllerSizes()
    """Sizes of the controllers' containers."""
    ray: RaySpec | None = None
    """Ray as a way to run jobs; absent: its kinds are not on the cluster."""
    queue: Name = "default"
    """Name of each team's queue in its namespace. Kueue sends a job that names no queue to the one called
    `default`; with another name such a job is not started."""
    borrowing: bool = True
    """Whether a team may use GPUs that others leave idle. Their owner takes them back when it needs them."""
    priorities: dict[Name, PriorityValue] = Field(default={"low": 100, "normal": 1_000, "high": 10_000}, min_length=1)
    """Priority classes of training jobs by name; the higher number runs first and may preempt the lower."""
    default_size: Size = Size(cpu_millicores=1000, cpu_limit_millicores=4000, memory_mib=4096)
    """What a node of a training job gets that asks for nothing."""
    checkpoints: bool = True
    """Tell the nodes of a job where its checkpoints belong, in `CHECKPOINT_URI`: a folder of the job's name below the
    team's part of the artifact bucket, the same when the job starts again. Pools of spot machines need it."""
    gpu_operator_namespace: Name = "gpu-operator"
    """Where NVIDIA's GPU operator runs on a cluster of your own; ConfigMap `mlplatform-gpu-sharing` tells it there how
    pools with `time_slicing` or `mps` divide their GPUs, and is made only if there is such a pool."""
    pods_ready_timeout_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """How long an admitted gang may take until all its pods are ready; then its GPUs go to the next one and
    it is queued again."""
