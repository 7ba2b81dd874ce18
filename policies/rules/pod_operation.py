"""What a pod must say so that it can be run: what it needs, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, every
from policies.rule import Example, Level, Rule
from policies.rules._examples import every_workload, in_every_container, in_every_pod, variants
from policies.rules._workloads import PREDICTORS, RUNTIMES, SERVICE, WORKLOADS, at, containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_CONTAINER: Final = "spec.template.spec.containers[0]"
_MODEL: Final = "spec.predictor.model"
_LIMITS: Final = ("resources.limits.cpu", "resources.limits.memory")
"""Where nothing is requested Kubernetes requests what the limit is, so these are enough."""
_REQUESTS: Final = ("resources.requests.cpu", "resources.requests.memory")
_SIZED_KINDS: Final = tuple(
    kind for kind, workload in WORKLOADS.items() if kind not in RUNTIMES and (workload.pods or kind == SERVICE)
)


def _sized(whole: Value) -> Condition:
    return all_of(*(whole[limit].exists() for limit in _LIMITS))


def _sized_pod(pod: Value) -> Condition:
    return pod.let(lambda whole: _sized(whole)) | every(containers(pod, ephemeral=False), lambda whole: _sized(whole))


_SIZED: Final = of_pods(_sized_pod, kinds=_SIZED_KINDS)
_SIZED[SERVICE] &= all_of(
    *(at(f"{predictor}.model", lambda whole: ~whole.exists() | _sized(whole)) for predictor in PREDICTORS)
)

SIZED = Rule(
    id="K8S-05",
    title="Containers state requests and limits of cpu and memory",
    why="The scheduler and the queue can only share out what is asked for; one container without a memory limit can "
    "take a whole machine down, with the jobs that run on it.",
    fix="set resources.limits for cpu and memory on every container; resources.requests where it needs less",
    level=Level.MANDATORY,
    conditions=_SIZED,
    frameworks={"NIST AI RMF": ("MANAGE 2.2",)},
    peers=("CKV_K8S_10-13", "Kyverno require-requests-limits", "Gatekeeper containerresources"),
    differs="Limits alone are enough, Kubernetes then requests as much. A serving runtime is not asked for sizes, the "
    "InferenceService that uses it is; a TrainJob is not, its runtime is.",
    good=(
        *every_workload(kinds=_SIZED_KINDS),
        Example(
            "pod",
            {
                "spec.initContainers": ABSENT,
                "spec.containers[1]": ABSENT,
                "spec.containers[0].resources": ABSENT,
                "spec.resources": {bound: {"cpu": "1", "memory": "1Gi"} for bound in ("requests", "limits")},
            },
        ),
        Example("inference service", {"spec.predictor": ABSENT}),
        *variants("deployment", *((f"{_CONTAINER}.{request}", ABSENT) for request in _REQUESTS)),
    ),
    bad=(
        *in_every_container("resources", ABSENT, kinds=_SIZED_KINDS, lists=("initContainers", "containers")),
        *variants("deployment", *((f"{_CONTAINER}.{size}", ABSENT) for size in _LIMITS)),
        *variants("inference service", *((f"{_MODEL}.{size}", ABSENT) for size in _LIMITS)),
        Example("inference service", {"spec.canary[0].predictor.model": {"runtime": "vllm"}}),
    ),
    unknown=(
        *in_every_container("resources", UNKNOWN, kinds=_SIZED_KINDS, lists=("initContainers", "containers")),
        Example("deployment", {f"{_CONTAINER}.resources.limits.memory": UNKNOWN}),
        Example("inference service", {f"{_MODEL}.resources": UNKNOWN}),
    ),
)

_PROBED_KINDS: Final = ("apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", *RUNTIMES, SERVICE)

PROBED = Rule(
    id="K8S-06",
    title="Containers that serve say when they are ready and when they are stuck",
    why="Without a readiness probe requests reach a model that is still loading; without a liveness probe a hung "
    "server stays in the endpoint list.",
    fix="add readinessProbe and livenessProbe to the container that has ports (or remove the ports of one that "
    "serves nobody)",
    level=Level.MANDATORY,
    conditions=of_pods(
        lambda pod: pod["containers"].every(
            lambda container: (
                container["ports"]
                .exists()
                .implies(container["readinessProbe"].exists() & container["livenessProbe"].exists())
            )
        ),
        kinds=_PROBED_KINDS,
    ),
    frameworks={"EU AI Act": ("15",)},
    peers=("CKV_K8S_8/9", "Kyverno require-probes"),
    good=(
        *every_workload(kinds=_PROBED_KINDS),
        *in_every_pod("terminationGracePeriodSeconds", 60, kinds=_PROBED_KINDS),
        Example(
            "deployment",
            {
                f"{_CONTAINER}.ports": ABSENT,
                f"{_CONTAINER}.readinessProbe": ABSENT,
                f"{_CONTAINER}.livenessProbe": ABSENT,
            },
        ),
    ),
    bad=(
        *in_every_container("readinessProbe", ABSENT, kinds=_PROBED_KINDS),
        Example("deployment", {f"{_CONTAINER}.livenessProbe": ABSENT}),
    ),
    unknown=variants(
        "deployment", (f"{_CONTAINER}.readinessProbe", UNKNOWN), ("spec.template.spec.containers", UNKNOWN)
    ),
)

RULES: Final = (SIZED, PROBED)
