"""Who answers for what runs, and who pays for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, all_of, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules._accelerators import ALWAYS, where_used
from policies.rules._examples import every_workload, in_every_container, in_every_overlay, in_every_pod
from policies.rules._workloads import WORKLOADS
from policies.rules.serving_roles import PROVIDER

if TYPE_CHECKING:
    from policies.language import Condition

_OWNER: Final = 'metadata.labels["mlplatform.dev/owner"]'
_COST_CENTRE: Final = 'metadata.labels["mlplatform.dev/cost-centre"]'
_TTL: Final = 'metadata.annotations["mlplatform.dev/ttl"]'
_AFTER_FINISHED: Final = "spec.ttlSecondsAfterFinished"
_ENDS: Final = {
    "core/Pod": _TTL,
    "batch/Job": _AFTER_FINISHED,
    "batch/CronJob": "spec.jobTemplate.spec.ttlSecondsAfterFinished",
    "jobset.x-k8s.io/JobSet": _AFTER_FINISHED,
    "ray.io/RayJob": _AFTER_FINISHED,
    "ray.io/RayCluster": _TTL,
    "trainer.kubeflow.org/TrainJob": _TTL,
}
"""Where a workload that should end says how long it is kept; the others serve until they are removed."""
_TEMPLATES: Final = frozenset(
    {
        "core/PodTemplate",
        "trainer.kubeflow.org/TrainingRuntime",
        "trainer.kubeflow.org/ClusterTrainingRuntime",
        "serving.kserve.io/ServingRuntime",
        "serving.kserve.io/ClusterServingRuntime",
    }
)
"""Kinds that others are made from; nobody pays for them."""
_KINDS: Final = tuple(kind for kind in WORKLOADS if kind not in _TEMPLATES)
_PODS: Final = tuple(kind for kind in _KINDS if kind not in ALWAYS)
_NOBODY: Final = {"metadata.labels": ABSENT}
_LIMITS: Final = "containers[0].resources.limits"
_LISTS: Final = ("initContainers", "containers")
_NONE: Final = {"nvidia.com/gpu": 0}
_GPUS: Final = {"nvidia.com/gpu": 4, "cpu": 4}


def _accounted(kind: str) -> Condition:
    named = resource[_OWNER].matches(".") & resource[_COST_CENTRE].matches(".")
    return where_used(kind, all_of(named, resource[_ENDS[kind]].exists()) if kind in _ENDS else named)


_tags: Final = resource["defaultTags"].json()["tags"]

ACCOUNTED = Rule(
    id="GPU-04",
    title="What costs money names its owner and cost centre, and a workload with accelerators how long it is kept",
    why="An accelerator that nobody answers for is never given back, and nobody can be asked about its bill.",
    fix="label the workload mlplatform.dev/owner and mlplatform.dev/cost-centre; set ttlSecondsAfterFinished, or "
    "annotate mlplatform.dev/ttl where the kind has no such field; give the AWS provider defaultTags owner and "
    "cost-centre",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions={
        **{kind: _accounted(kind) for kind in _KINDS},
        PROVIDER: _tags["owner"].matches(".") & _tags["cost-centre"].matches("."),
    },
    frameworks={"NIST AI RMF": ("GOVERN 2.1",)},
    peers=("Kyverno require-labels", "Gatekeeper requiredlabels"),
    differs="Owner and cost centre are never filled in: nobody but the team knows them. In AWS they are asked of the "
    "provider, which puts its tags on everything that can bear some.",
    good=(
        Example("provider"),
        Example("provider", {"defaultTags": {"tags": {"owner": "ada", "cost-centre": "cc-1815"}}}),
        *in_every_pod(_LIMITS, _GPUS, kinds=_PODS),
        *in_every_overlay("resources.limits", _GPUS),
        *every_workload(kinds=_PODS, also=_NOBODY),
        *in_every_pod("resourceClaims", [], kinds=("batch/Job",), also=_NOBODY),
        *in_every_container("resources.requests", _NONE, kinds=("core/Pod",), lists=_LISTS, also=_NOBODY),
        *(
            Example(example.of, {**example.but, _ENDS[kind]: ABSENT})
            for kind in _ENDS
            if kind not in ALWAYS
            for example in every_workload(kinds=[kind], also=_NOBODY)
        ),
    ),
    bad=(
        Example("provider", {"defaultTags": ABSENT}),
        *(
            Example("provider", {"defaultTags": {"tags": {"owner": "ada", "cost-centre": "cc-1815", key: value}}})
            for key in ("owner", "cost-centre")
            for value in ("", None)
        ),
        *in_every_pod(_LIMITS, _GPUS, kinds=_PODS, also=_NOBODY),
        *in_every_pod("resourceClaims", [{"name": "gpu"}], kinds=_PODS, also=_NOBODY),
        *in_every_container("resources.requests", _GPUS, kinds=("core/Pod",), lists=_LISTS, also=_NOBODY),
        *in_every_overlay("resources.limits", _GPUS, also=_NOBODY),
        *(
            example
            for path, value in ((_OWNER, ABSENT), (_OWNER, ""), (_COST_CENTRE, ABSENT), (_COST_CENTRE, ""))
            for example in in_every_pod(_LIMITS, _GPUS, kinds=("apps/Deployment",), also={path: value})
        ),
        *(
            example
            for kind, path in _ENDS.items()
            for example in (
                *in_every_pod(_LIMITS, _GPUS, kinds=[kind], also={path: ABSENT}),
                *in_every_overlay("image", ABSENT, kinds=[kind], also={path: ABSENT}),
            )
        ),
    ),
    unknown=(
        Example("provider", {"defaultTags": UNKNOWN}),
        *in_every_pod(_LIMITS, _GPUS, kinds=_PODS, also={_OWNER: UNKNOWN}),
        *in_every_pod("containers", UNKNOWN, kinds=_PODS, also=_NOBODY),
    ),
)

RULES: Final = (ACCOUNTED,)
