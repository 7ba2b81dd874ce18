"""What it means that a workload uses accelerators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import Value, any_of, some
from policies.rules._workloads import WORKLOADS, at, containers

if TYPE_CHECKING:
    from policies.language import Condition

ACCELERATOR: Final = (
    r"^(nvidia\.com/(gpu|mig-)|amd\.com/gpu|gpu\.intel\.com/|habana\.ai/gaudi|aws\.amazon\.com/neuron|google\.com/tpu)"
)
"""The extended resources that device plugins of accelerators offer."""

ALWAYS: Final = frozenset({"trainer.kubeflow.org/TrainJob"})
"""Kinds that ask for what their runtime says, so any of them may use accelerators."""


def asks(sizes: Value) -> Condition:
    """A container's ``resources`` (a TrainJob's ``resourcesPerNode``) ask for an accelerator."""
    return sizes["limits"].let(_asks) | sizes["requests"].let(_asks)


def _asks(bound: Value) -> Condition:
    return bound.some(lambda name: name.matches(ACCELERATOR) & ~bound.key(name).quantity_at_most(0))


def _pod_asks(pod: Value) -> Condition:
    return pod["resourceClaims"].is_filled() | some(
        containers(pod, ephemeral=False), lambda container: asks(container["resources"])
    )


def uses_accelerators(kind: str) -> Condition:
    """Some pod of the workload, or some container laid over one, asks for an accelerator."""
    workload = WORKLOADS[kind]
    parts = [at(path, _pod_asks, Value.some) for path in (*workload.pods, *workload.optional_pods)]
    parts += [at(path, lambda container: asks(container["resources"]), Value.some) for path in workload.overlays]
    return any_of(*parts)


def where_used(kind: str, condition: Condition) -> Condition:
    """The condition of those workloads of the kind that use accelerators."""
    return condition if kind in ALWAYS else uses_accelerators(kind).implies(condition)
