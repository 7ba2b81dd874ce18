"""Where each kind of workload keeps its pod specs, so that a rule about pods is written once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policies.language import Value, all_of, resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from policies.language import Condition


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind that makes pods. ``[*]`` in a path stands for every element of a list.

    ``pods`` are pod specs; ``optional_pods`` may be left out: a condition must hold of a pod that is not there.
    ``overlays`` are containers that are laid over ones declared elsewhere (a runtime): what they leave out comes from
    there, so they are judged by what they say.
    """

    pods: tuple[str, ...] = ()
    optional_pods: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()


_TEMPLATE = Workload(("spec.template.spec",))
_REPLICATED = "replicatedJobs[*].template.spec.template.spec"
_RAY = ("headGroupSpec.template.spec", "workerGroupSpecs[*].template.spec")
PREDICTORS: Final = ("spec.predictor", "spec.canary[*].predictor")
"""Where an InferenceService says what serves its model: for most requests, and for those of a trial."""
_LLM_PODS = (
    "spec.template",
    "spec.worker",
    "spec.prefill.template",
    "spec.prefill.worker",
    "spec.router.scheduler.template",
)

WORKLOADS: Final = {
    "core/Pod": Workload(("spec",)),
    "core/PodTemplate": Workload(("template.spec",)),
    "core/ReplicationController": _TEMPLATE,
    "apps/Deployment": _TEMPLATE,
    "apps/ReplicaSet": _TEMPLATE,
    "apps/StatefulSet": _TEMPLATE,
    "apps/DaemonSet": _TEMPLATE,
    "batch/Job": _TEMPLATE,
    "batch/CronJob": Workload(("spec.jobTemplate.spec.template.spec",)),
    "jobset.x-k8s.io/JobSet": Workload((f"spec.{_REPLICATED}",)),
    "trainer.kubeflow.org/TrainingRuntime": Workload((f"spec.template.spec.{_REPLICATED}",)),
    "trainer.kubeflow.org/ClusterTrainingRuntime": Workload((f"spec.template.spec.{_REPLICATED}",)),
    "trainer.kubeflow.org/TrainJob": Workload(overlays=("spec.trainer",)),
    "ray.io/RayCluster": Workload(tuple(f"spec.{path}" for path in _RAY)),
    "ray.io/RayJob": Workload(
        tuple(f"spec.rayClusterSpec.{path}" for path in _RAY), ("spec.submitterPodTemplate.spec",)
    ),
    "ray.io/RayService": Workload(tuple(f"spec.rayClusterConfig.{path}" for path in _RAY)),
    "serving.kserve.io/ServingRuntime": Workload(("spec",), ("spec.workerSpec",)),
    "serving.kserve.io/ClusterServingRuntime": Workload(("spec",), ("spec.workerSpec",)),
    "serving.kserve.io/InferenceService": Workload(
        optional_pods=(
            *PREDICTORS,
            *(f"{predictor}.workerSpec" for predictor in PREDICTORS),
            "spec.transformer",
            "spec.explainer",
        ),
        overlays=tuple(f"{predictor}.model" for predictor in PREDICTORS),
    ),
    "serving.kserve.io/LLMInferenceService": Workload(overlays=tuple(f"{path}.containers[*]" for path in _LLM_PODS)),
}

RUNTIMES: Final = ("serving.kserve.io/ServingRuntime", "serving.kserve.io/ClusterServingRuntime")
"""Kinds that have containers but no settings of the pod itself: those are the service's to make."""
SERVICE: Final = "serving.kserve.io/InferenceService"

Judge = Callable[[Value], "Condition"]


def of_pods(pod: Judge, overlay: Judge | None = None, *, kinds: Collection[str] = WORKLOADS) -> dict[str, Condition]:
    """For each kind of workload: the condition of every pod spec, and of every container laid over one."""
    conditions = {}
    for kind in kinds:
        workload = WORKLOADS[kind]
        parts = [at(path, pod) for path in (*workload.pods, *workload.optional_pods)]
        if overlay:
            parts += [at(path, overlay) for path in workload.overlays]
        if parts:
            conditions[kind] = parts[0] if len(parts) == 1 else all_of(*parts)
    return conditions


def annotations_of(kind: str) -> tuple[str, ...]:
    """Where the kind keeps the annotations of its pods: beside their spec."""
    return tuple(
        f"{path.removesuffix('spec')}metadata.annotations"
        for path in (*WORKLOADS[kind].pods, *WORKLOADS[kind].optional_pods)
        if kind not in RUNTIMES and (path == "spec" or path.endswith(".spec"))
    )


def containers(pod: Value, *, ephemeral: bool = True) -> tuple[Value, ...]:
    """The lists of a pod's containers."""
    lists = (pod["initContainers"], pod["containers"])
    return (*lists, pod["ephemeralContainers"]) if ephemeral else lists


Quantifier = Callable[[Value, Judge], "Condition"]


def at(path: str, judge: Judge, over: Quantifier = Value.every) -> Condition:
    """The condition of the value at a path in which ``[*]`` stands for every (or some) element of a list."""
    return _descend(resource, path.split("[*]"), judge, over)


def _descend(value: Value, parts: list[str], judge: Judge, over: Quantifier) -> Condition:
    here = value[parts[0].removeprefix(".")] if parts[0] else value
    if len(parts) == 1:
        return here.let(judge)
    return over(here, lambda item: _descend(item, parts[1:], judge, over))
