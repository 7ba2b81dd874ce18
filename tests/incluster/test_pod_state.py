"""What pods and workloads say about themselves, in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.cluster import pod_state

Json = dict[str, Any]
RUNNING = {"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}}
CRASHED = {"reason": "Error", "exitCode": 2}


def pod(*containers: Json, init: tuple[Json, ...] = (), **status: Any) -> Json:
    return {
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {},
        "status": {"containerStatuses": list(containers), "initContainerStatuses": list(init), **status},
    }


def waiting(reason: str, message: str = "", **more: Any) -> Json:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return {**RUNNING, "ready": False, "state": state, **more}


def unscheduled(message: str) -> Json:
    return {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


@pytest.mark.parametrize(
    ("stuck", "words"),
    [
        (
            pod(waiting("ImagePullBackOff", "Back-off pulling image x:1")),
            "container main: ImagePullBackOff: Back-off pulling image x:1",
        ),
        (
            pod(waiting("CrashLoopBackOff", "back-off 10s", lastState={"terminated": CRASHED})),
            "container main: CrashLoopBackOff, Error with exit code 2",
        ),
        (
            pod(waiting("PodInitializing"), init=({**RUNNING, "name": "setup", "state": {"terminated": CRASHED}},)),
            "container setup: Error with exit code 2",
        ),
        (pod({**RUNNING, "ready": False}, phase="Running"), "container main: started, but not ready"),
        (pod(conditions=[unscheduled("0/3 nodes")], phase="Pending"), "Unschedulable: 0/3 nodes"),
        (pod(phase="Failed", reason="Evicted", message="low on memory"), "low on memory"),
        (pod(phase="Pending"), "Pending"),
        (pod(waiting("ContainerCreating"), phase="Pending"), "container main: not started yet"),
    ],
)
def test_a_pod_says_why_it_is_not_ready(stuck: Json, words: str) -> None:
    assert pod_state.trouble(stuck) == words


@pytest.mark.parametrize(
    ("stuck", "expected"),
    [
        (pod(waiting("CrashLoopBackOff", lastState={"terminated": CRASHED})), ("main", True)),
        (pod({**RUNNING, "ready": False}), ("main", False)),
        (pod(waiting("ImagePullBackOff")), None),
        (
            pod(
                waiting("PodInitializing"),
                init=({**RUNNING, "ready": True, "state": {"terminated": {"exitCode": 0}}},),
            ),
            None,
        ),
        (pod(), None),
    ],
)
def test_the_container_in_trouble_is_the_one_whose_log_tells(stuck: Json, expected: tuple[str, bool] | None) -> None:
    assert pod_state.troubled_container(stuck) == expected


def test_restarts_of_all_containers_count() -> None:
    again = {**RUNNING, "restartCount": 2}
    assert pod_state.restarts(pod(again, again, init=(again,))) == 6


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"status": {"phase": "Succeeded"}}, False),
        ({"status": {"phase": "Failed"}}, True),
        ({"metadata": {"deletionTimestamp": "now"}}, False),
        ({"spec": {"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}}, False),
        ({"status": {"phase": "Failed"}, "metadata": {"ownerReferences": [{"controller": True}]}}, False),
    ],
)
def test_only_pods_that_somebody_waits_for_are_expected(changes: Json, expected: bool) -> None:
    assert pod_state.is_expected(pod() | changes if "metadata" in changes else {**pod(), **changes}) is expected


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 2}, ""),
        ({"observedGeneration": 1, "readyReplicas": 2}, "its controller has not seen it yet"),
        ({"observedGeneration": 2, "readyReplicas": 1, "updatedReplicas": 2}, "1 of 2 ready, 2 up to date"),
        ({"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 1}, "2 of 2 ready, 1 up to date"),
        (
            {
                "observedGeneration": 2,
                "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota"}],
            },
            "0 of 2 ready, 0 up to date: quota",
        ),
        ({"observedGeneration": 2, "desiredNumberScheduled": 0}, ""),
        (
            {"observedGeneration": 2, "desiredNumberScheduled": 3, "numberReady": 2, "updatedNumberScheduled": 3},
            "2 of 3 ready, 3 up to date",
        ),
    ],
)
def test_a_workload_says_what_it_lacks(status: Json, words: str) -> None:
    workload = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}
    assert pod_state.shortage(workload) == words
