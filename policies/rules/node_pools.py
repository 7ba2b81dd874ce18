"""Machines with accelerators are kept for those who ask for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, any_of, resource
from policies.rule import Example, Level, Rule
from policies.rules._accelerators import ACCELERATOR
from policies.rules._examples import variants
from policies.rules.nodes import NODE_GROUP

if TYPE_CHECKING:
    from policies.language import Condition

_POOL: Final = "karpenter.sh/NodePool"
_LABEL: Final = "mlplatform.dev/pool"
_FAMILY: Final = r"^(p[2-9]|g[3-9]|gr[0-9]|trn[0-9]|inf[0-9]|dl[0-9])"
"""Instance families with accelerators: NVIDIA and AMD GPUs, Trainium, Inferentia, Gaudi, Qualcomm."""
_IMAGE: Final = "NVIDIA|NEURON|GPU"
_CATEGORIES: Final = ("p", "g", "gr", "trn", "inf", "dl")
_ASKS_FOR_ONE: Final = "^karpenter.k8s.aws/instance-(gpu|accelerator)-"


def _kept_free(taints: Value, effects: tuple[str, ...]) -> Condition:
    return taints.some(lambda taint: taint["key"].matches(ACCELERATOR) & taint["effect"].is_one_of(effects))


def _named(labels: Value) -> Condition:
    return labels.key(_LABEL).matches(".")


_template: Final = resource["spec.template"]
_has_accelerators: Final = _template["spec.requirements"].some(
    lambda need: any_of(
        need["key"].matches(_ASKS_FOR_ONE) & need["operator"].is_one_of(("In", "Exists", "Gt")),
        need["operator"].equals("In")
        & need["values"].some(lambda value: value.matches(_FAMILY) | value.is_one_of(_CATEGORIES)),
    )
)
_GPU_GROUP: Final = {
    "instanceTypes": ["p5.48xlarge"],
    "labels": {_LABEL: "h100"},
    "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
}
_IN_POOL: Final = "spec.template.spec"
_REQUIREMENT: Final = f"{_IN_POOL}.requirements[0]"
_POOL_LABELS: Final = "spec.template.metadata.labels"
_GPU_POOL: Final = {
    f"{_REQUIREMENT}.values": ["p", "g"],
    f"{_IN_POOL}.taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
}
_COUNTED: Final = {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Gt", "values": ["0"]}

KEPT_FREE = Rule(
    id="NODE-05",
    title="Machines with accelerators are tainted, and labelled with their pool",
    why="Without the taint any pod may land on a machine that costs a hundred times its own, and keep an eight-GPU job "
    "from starting.",
    fix="add a taint nvidia.com/gpu (NO_SCHEDULE; aws.amazon.com/neuron for Trainium and Inferentia) and the label "
    f"{_LABEL}",
    level=Level.MANDATORY,
    conditions={
        NODE_GROUP: any_of(
            resource["instanceTypes"].some(lambda name: name.matches(_FAMILY)), resource["amiType"].matches(_IMAGE)
        ).implies(
            _kept_free(resource["taints"], ("NO_SCHEDULE", "NO_EXECUTE")) & _named(resource["labels"]),
        ),
        _POOL: _has_accelerators.implies(
            _kept_free(_template["spec.taints"], ("NoSchedule", "NoExecute")) & _named(_template["metadata.labels"]),
        ),
    },
    frameworks={"Kubernetes AI conformance": ("#49",)},
    peers=("none",),
    differs="A NodePool that says nothing of its instance types may get machines with accelerators and is not asked.",
    good=(
        Example("node group"),
        Example("node group", {"labels": ABSENT}),
        Example("node group", _GPU_GROUP),
        Example("node group", {**_GPU_GROUP, "taints[0].effect": "NO_EXECUTE"}),
        Example("node group", {**_GPU_GROUP, "taints[0].key": "aws.amazon.com/neuron"}),
        Example("node group", {**_GPU_GROUP, "taints[1]": {"key": "dedicated", "effect": "NO_SCHEDULE"}}),
        Example("node pool"),
        Example("node pool", {_POOL_LABELS: ABSENT}),
        Example("node pool", {_POOL_LABELS: ABSENT, f"{_REQUIREMENT}": {**_COUNTED, "operator": "DoesNotExist"}}),
        Example(
            "node pool",
            {_POOL_LABELS: ABSENT, f"{_REQUIREMENT}.operator": "NotIn", f"{_REQUIREMENT}.values": ["p", "g"]},
        ),
        Example("node pool", _GPU_POOL),
        Example("node pool", {**_GPU_POOL, f"{_IN_POOL}.taints[0].effect": "NoExecute"}),
    ),
    bad=(
        *(
            Example("node group", {**_GPU_GROUP, path: value})
            for path, value in (
                ("taints", ABSENT),
                ("taints[0].effect", "PREFER_NO_SCHEDULE"),
                ("taints[0].key", "dedicated"),
                ("labels", ABSENT),
                (f'labels["{_LABEL}"]', ""),
            )
        ),
        *(
            Example("node group", {"instanceTypes": ["m7i.large", f"{name}.xlarge"]})
            for name in ("g6e", "trn2", "inf2")
        ),
        Example("node group", {"instanceTypes": ABSENT, "amiType": "AL2023_x86_64_NVIDIA"}),
        *(Example("node pool", {f"{_REQUIREMENT}.values": ["m", category]}) for category in _CATEGORIES),
        *(
            Example("node pool", {f"{_REQUIREMENT}": {**_COUNTED, "operator": operator}})
            for operator in ("Gt", "In", "Exists")
        ),
        Example(
            "node pool",
            {f"{_REQUIREMENT}": {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["g6.xlarge"]}},
        ),
        *(
            Example("node pool", {**_GPU_POOL, path: value})
            for path, value in (
                (f"{_IN_POOL}.taints", ABSENT),
                (f"{_IN_POOL}.taints[0].effect", "PreferNoSchedule"),
                (f"{_IN_POOL}.taints[0].key", "dedicated"),
                (_POOL_LABELS, ABSENT),
                (f'{_POOL_LABELS}["{_LABEL}"]', ""),
            )
        ),
    ),
    unknown=(
        *variants("node group", ("instanceTypes", UNKNOWN), ("amiType", UNKNOWN)),
        Example("node group", {**_GPU_GROUP, "taints": UNKNOWN}),
        Example("node pool", {f"{_REQUIREMENT}.values": UNKNOWN}),
    ),
)

RULES: Final = (KEPT_FREE,)
