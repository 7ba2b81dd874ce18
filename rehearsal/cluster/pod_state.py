"""What pods and the workloads that make them say about themselves, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Json


def is_expected(pod: Json) -> bool:
    """Whether somebody waits for this pod to become ready.

    Nobody does for a pod that has ended well, is going, is held back by a scheduling gate (a queue's), or has
    failed under a controller, which makes another one.
    """
    metadata, phase = pod["metadata"], pod["status"].get("phase")
    controlled = any(owner.get("controller") for owner in metadata.get("ownerReferences", []))
    return not (
        "deletionTimestamp" in metadata
        or phase == "Succeeded"
        or (phase == "Failed" and controlled)
        or pod["spec"].get("schedulingGates")
    )


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition is true."""
    return _condition(pod, "Ready").get("status") == "True"


def restarts(pod: Json) -> int:
    """How often the pod's containers were started again, all together."""
    return sum(status["restartCount"] for status in _containers(pod))


def trouble(pod: Json) -> str:
    """Why a pod is not ready, as far as its status tells."""
    for status in _containers(pod):
        if text := _container_trouble(status):
            return f"container {status['name']}: {text}"
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'Unscheduled')}: {scheduled.get('message', '')}".rstrip(": ")
    status = pod["status"]
    if text := status.get("message") or status.get("reason"):
        return str(text)
    for each in status.get("containerStatuses", []):
        if not each["ready"]:
            begun = "not started yet" if "waiting" in each.get("state", {}) else "started, but not ready"
            return f"container {each['name']}: {begun}"
    return str(status.get("phase", "Unknown"))


def troubled_container(pod: Json) -> tuple[str, bool] | None:
    """The container whose log tells most, and whether its run before the present one is meant; None: no log."""
    for status in _containers(pod):
        state = status.get("state", {})
        if "waiting" in state and "terminated" in status.get("lastState", {}):
            return status["name"], True
        ended_well = state.get("terminated", {}).get("exitCode") == 0
        if not status["ready"] and not ended_well and "waiting" not in state:
            return status["name"], False
    return None


def shortage(workload: Json) -> str:
    """What a Deployment, StatefulSet or DaemonSet still lacks; empty when it has all that it asks for."""
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 0):
        return "its controller has not seen it yet"
    if "desiredNumberScheduled" in status:
        wanted, ready = status["desiredNumberScheduled"], status.get("numberReady", 0)
        updated = status.get("updatedNumberScheduled", wanted)
    else:
        wanted, ready = workload["spec"].get("replicas", 1), status.get("readyReplicas", 0)
        updated = status.get("updatedReplicas", 0)
    if ready >= wanted and updated >= wanted:
        return ""
    failed = _condition(workload, "ReplicaFailure")
    cause = f": {failed['message']}" if failed.get("status") == "True" else ""
    return f"{ready} of {wanted} ready, {updated} up to date{cause}"


def _containers(pod: Json) -> Iterator[dict[str, Any]]:
    yield from pod["status"].get("initContainerStatuses", [])
    yield from pod["status"].get("containerStatuses", [])


def _container_trouble(status: dict[str, Any]) -> str:
    state, last = status.get("state", {}), status.get("lastState", {}).get("terminated", {})
    if ended := state.get("terminated"):
        return _ending(ended) if ended["exitCode"] else ""
    waiting = state.get("waiting", {})
    if last and waiting:
        return f"{waiting.get('reason', 'Waiting')}, {_ending(last)}"
    # Every container starts out as one of these; its pod's other conditions say more.
    if waiting.get("reason") in {None, "ContainerCreating", "PodInitializing"}:
        return ""
    return f"{waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")


def _ending(terminated: dict[str, Any]) -> str:
    return f"{terminated.get('reason', 'ended')} with exit code {terminated['exitCode']}"


def _condition(item: Json, kind: str) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = item.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == kind), {})
