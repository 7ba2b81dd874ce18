"""Accelerators are scarce and shared: who uses them asks for them, and waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, at_most_one, every, old, parameter, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._accelerators import ACCELERATOR, asks, where_used
from policies.rules._examples import (
    every_workload,
    in_every_container,
    in_every_overlay,
    in_every_pod,
    variants,
)
from policies.rules._workloads import containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_CONTAINER: Final = "spec.containers[0]"
_LIMITS: Final = "containers[0].resources.limits"
_LISTS: Final = ("initContainers", "containers")
_QUEUE: Final = "kueue.x-k8s.io/queue-name"
_QUEUE_PATH: Final = f'metadata.labels["{_QUEUE}"]'
_UNQUEUED: Final = {_QUEUE_PATH: ABSENT}
_QUEUED_PODS: Final = ("core/Pod", "batch/Job", "jobset.x-k8s.io/JobSet", "ray.io/RayJob", "ray.io/RayCluster")
_QUEUED: Final = (*_QUEUED_PODS, "trainer.kubeflow.org/TrainJob")

_queue: Final = resource[_QUEUE_PATH]
_queue_before: Final = old[_QUEUE_PATH]
_waits: Final = _queue.matches(".") & (
    (_queue_before.exists() & ~old["spec.suspend"].is_true()).implies(_queue.equals(_queue_before))
)

QUEUED = Rule(
    id="GPU-01",
    title="Workloads that use accelerators wait in a queue, and stay in it once they run",
    why="A job that takes accelerators beside the queue takes them from a team that was promised them, and half of a "
    "distributed job then waits for the other half.",
    fix=f"label the workload {_QUEUE} with its team's LocalQueue; to change the queue, suspend the workload first",
    level=Level.MANDATORY,
    conditions={kind: where_used(kind, _waits) for kind in _QUEUED},
    frameworks={"Kubernetes AI conformance": ("#53",)},
    peers=("apache/spark-kubernetes-operator #884 (immutability)",),
    differs="At preview the present object is not known: that the queue does not change is judged in the cluster only. "
    "Model servers are long-lived and have their own pools, so they do not queue.",
    good=(
        *in_every_pod(_LIMITS, {"nvidia.com/gpu": 4, "cpu": 4}, kinds=_QUEUED_PODS),
        *every_workload(kinds=_QUEUED_PODS, also=_UNQUEUED),
        *in_every_pod("resourceClaims", [], kinds=("batch/Job",), also=_UNQUEUED),
        Example("train job"),
        Example("train job", before={}),
        Example("train job", {_QUEUE_PATH: "audio"}, before={"spec.suspend": True}),
        Example("train job", before={_QUEUE_PATH: ABSENT}),
        *(
            Example("pod", {**_UNQUEUED, f"{_CONTAINER}.resources": {bound: {"nvidia.com/gpu": 0}}})
            for bound in ("limits", "requests")
        ),
    ),
    bad=(
        *in_every_pod(_LIMITS, {"nvidia.com/gpu": 4, "cpu": 4}, kinds=_QUEUED_PODS, also=_UNQUEUED),
        *in_every_pod("resourceClaims", [{"name": "gpu"}], kinds=_QUEUED_PODS, also=_UNQUEUED),
        *in_every_container(
            "resources.requests", {"amd.com/gpu": "1"}, kinds=("core/Pod",), lists=_LISTS, also=_UNQUEUED
        ),
        *variants("train job", (_QUEUE_PATH, ABSENT), (_QUEUE_PATH, ""), ("metadata.labels", ABSENT)),
        Example("train job", {_QUEUE_PATH: "audio"}, before={}),
        Example("train job", {_QUEUE_PATH: "audio"}, before={"spec.suspend": False}),
    ),
    unknown=(
        Example("train job", {_QUEUE_PATH: UNKNOWN}),
        Example("job", {**_UNQUEUED, "spec.template.spec.containers": UNKNOWN}),
        Example("pod", {**_UNQUEUED, f"{_CONTAINER}.resources.limits": {"nvidia.com/gpu": UNKNOWN}}),
    ),
)


def _bounded(bound: Value, limit: str) -> Condition:
    return bound.every(
        lambda name: name.matches(ACCELERATOR).implies(bound.key(name).quantity_at_most(parameter(limit)))
    )


def _within(sizes: Value) -> Condition:
    limit = "accelerators_per_pod"
    return all_of(
        sizes["limits"].let(lambda bound: _bounded(bound, limit)),
        sizes["requests"].let(lambda bound: _bounded(bound, limit)),
    )


def _pod_within(pod: Value) -> Condition:
    return all_of(
        at_most_one((pod["containers"],), lambda container: asks(container["resources"])),
        every(containers(pod, ephemeral=False), lambda container: _within(container["resources"])),
    )


def _overlay_within(container: Value) -> Condition:
    return _within(container["resources"]) & _within(container["resourcesPerNode"])


_GRANTED: Final = ACCELERATOR.replace("^", r"^(requests|limits)\.")
_hard: Final = resource["spec.hard"]

BOUNDED = Rule(
    id="GPU-02",
    title="No pod and no namespace may ask for more accelerators than the stack allows",
    why="A pod that asks for more than a machine has waits for ever and holds up the queue behind it; a quota above "
    "the budget is found on the bill.",
    fix="ask for no more than accelerators_per_pod (policies/parameters.py), in one container of the pod, and use more "
    "pods; grant no more than accelerators_per_namespace in a ResourceQuota",
    level=Level.MANDATORY,
    conditions={
        **of_pods(_pod_within, _overlay_within),
        "core/ResourceQuota": _hard.every(
            lambda name: name.matches(_GRANTED).implies(
                _hard.key(name).quantity_at_most(parameter("accelerators_per_namespace"))
            )
        ),
    },
    frameworks={"NIST AI RMF": ("MANAGE 2.2",)},
    peers=("none",),
    differs="Two containers of one pod may not both ask for accelerators: sums are not in the condition language.",
    good=(
        *in_every_pod(_LIMITS, {"nvidia.com/gpu": 8, "cpu": "64"}),
        *in_every_overlay("resources.limits", {"nvidia.com/gpu": "8"}),
        *variants(
            "pod",
            (f"{_CONTAINER}.resources", {"requests": {"nvidia.com/gpu": "4", "cpu": "64"}, "limits": {"cpu": "64"}}),
            ("spec.containers[1].resources", {"limits": {"nvidia.com/gpu": 0}, "requests": {"nvidia.com/gpu": "0"}}),
        ),
        Example(
            "pod",
            {
                f"{_CONTAINER}.resources.limits": {"nvidia.com/gpu": 1},
                "spec.containers[1].resources": {"limits": {"nvidia.com/gpu": 0}, "requests": {"nvidia.com/gpu": 0}},
            },
        ),
        Example("resource quota"),
        Example("resource quota", {"spec.hard": {"requests.nvidia.com/gpu": "256", "pods": "1000"}}),
    ),
    bad=(
        *in_every_container("resources.limits", {"nvidia.com/gpu": 9, "cpu": "1"}, lists=_LISTS),
        *in_every_overlay("resources.limits", {"nvidia.com/gpu": "9"}),
        Example("pod", {f"{_CONTAINER}.resources": {"requests": {"habana.ai/gaudi": 16, "cpu": "1"}}}),
        *(
            Example(
                "pod",
                {
                    f"{_CONTAINER}.resources.limits": {"nvidia.com/gpu": 1, "cpu": "1"},
                    f"spec.containers[1].resources.{bound}": {"amd.com/gpu": 1, "cpu": "1"},
                },
            )
            for bound in ("limits", "requests")
        ),
        *variants(
            "train job",
            ("spec.trainer.resourcesPerNode", {"limits": {"nvidia.com/gpu": 9}}),
            ("spec.trainer.resourcesPerNode", {"requests": {"nvidia.com/gpu": 9}}),
        ),
        *variants(
            "resource quota",
            ("spec.hard", {"requests.nvidia.com/gpu": "257", "pods": "1"}),
            ("spec.hard", {"limits.amd.com/gpu": "1k"}),
        ),
    ),
    unknown=(
        *in_every_pod(_LIMITS, {"nvidia.com/gpu": UNKNOWN}),
        Example("resource quota", {"spec.hard": UNKNOWN}),
    ),
)

_VARIABLE: Final = "NVIDIA_VISIBLE_DEVICES"


def _through_the_device_plugin(container: Value) -> Condition:
    return container["env"].every(
        lambda variable: variable["name"].equals(_VARIABLE).implies(variable["value"].is_one_of(("void", "none")))
    )


_ALL: Final = [{"name": "LEVEL", "value": "info"}, {"name": _VARIABLE, "value": "all"}]

NO_BYPASS = Rule(
    id="GPU-03",
    title="Accelerators come from the scheduler, not from an environment variable or a device file",
    why=f"{_VARIABLE}=all, or /dev mounted into a pod, hands over every GPU of the machine, also those that another "
    "team's job is using.",
    fix="remove the variable and the volume; ask for nvidia.com/gpu in resources.limits",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions=of_pods(
        lambda pod: all_of(
            every(containers(pod), _through_the_device_plugin),
            pod["volumes"].every(lambda volume: ~volume["hostPath.path"].matches("^/(dev|$)")),
        ),
        _through_the_device_plugin,
    ),
    frameworks={"Kubernetes AI conformance": ("KAR-0049",)},
    peers=("none",),
    good=(
        *every_workload(),
        *in_every_overlay("env", [{"name": _VARIABLE, "value": "none"}]),
        *variants(
            "pod",
            (f"{_CONTAINER}.env", [{"name": _VARIABLE, "value": "void"}, {"name": "LEVEL", "value": "all"}]),
            ("spec.volumes", [{"name": "state", "hostPath": {"path": "/var/lib/agent"}}]),
        ),
    ),
    bad=(
        *in_every_container("env", _ALL),
        *in_every_overlay("env", _ALL),
        *variants(
            "pod",
            (f"{_CONTAINER}.env", [{"name": _VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            *(
                ("spec.volumes", [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": path}}])
                for path in ("/dev", "/dev/nvidia0", "/")
            ),
        ),
    ),
    unknown=variants(
        "pod",
        (f"{_CONTAINER}.env", UNKNOWN),
        (f"{_CONTAINER}.env", [{"name": _VARIABLE, "value": UNKNOWN}]),
        ("spec.volumes", [{"name": "devices", "hostPath": {"path": UNKNOWN}}]),
    ),
)

RULES: Final = (QUEUED, BOUNDED, NO_BYPASS)
