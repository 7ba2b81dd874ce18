"""Waiting for pods, against an API server in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal import readiness
from rehearsal.progress import Silent

if TYPE_CHECKING:
    from rehearsal.kube import Kube
    from tests.incluster.api_server import ApiServer

Json = dict[str, Any]
NODES, PODS = "/api/v1/nodes", "/api/v1/pods"
DEPLOYMENTS = "/apis/apps/v1/deployments"
SECONDS = 10.0


@pytest.fixture(autouse=True)
def nothing_runs(api: ApiServer) -> None:
    """A real node and a simulated one, and nothing on them."""
    played = {"kwok.x-k8s.io/node": "fake"}
    api.serve(NODES, {"metadata": {"name": "real-0"}}, {"metadata": {"name": "h100-0", "annotations": played}})
    for collection in (PODS, DEPLOYMENTS, "/apis/apps/v1/statefulsets", "/apis/apps/v1/daemonsets"):
        api.serve(collection)


def pod(name: str, *, ready: bool = True, node: str = "real-0", namespace: str = "kserve") -> Json:
    status = "True" if ready else "False"
    container = {"name": "main", "ready": ready, "restartCount": 1, "state": {"running": {}}}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"nodeName": node},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": status}],
            "containerStatuses": [container],
        },
    }


def deployment(name: str, *, ready: int) -> Json:
    return {
        "metadata": {"name": name, "namespace": "kserve", "generation": 1},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}},
        "status": {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": ready},
    }


def test_it_returns_at_once_when_all_is_ready(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"), pod("b", node="h100-0"))
    report = readiness.wait(kube, Silent(), SECONDS)
    assert report.ready
    assert [each.name for each in report.real] == ["a"]
    assert [each.name for each in report.simulated] == ["b"]
    assert {node: len(pods) for node, pods in report.by_node.items()} == {"h100-0": 1, "real-0": 1}


def test_it_waits_for_the_last_pod(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"), pod("b", ready=False))
    later = threading.Timer(0.2, api.put, (PODS, pod("b")))
    later.start()
    report = readiness.wait(kube, Silent(), SECONDS)
    later.join()
    assert [each.name for each in report.pods] == ["a", "b"]


def test_a_pod_that_is_not_ready_in_time_says_why_and_shows_its_log(api: ApiServer, kube: Kube) -> None:
    stuck = pod("a", ready=False)
    api.serve(PODS, stuck)
    api.serve("/api/v1/namespaces/kserve/pods", stuck)
    warning = {"metadata": {"name": "e", "creationTimestamp": "1"}, "message": "Readiness probe failed: 503"}
    api.serve("/api/v1/namespaces/kserve/events", warning)
    api.texts["/api/v1/namespaces/kserve/pods/a/log"] = "one\ntwo\n"
    report = readiness.wait(kube, Silent(), 0.2)
    (unready,) = report.unready
    assert not report.ready
    assert str(unready) == (
        "Pod kserve/a: container main: started, but not ready; last warning: Readiness probe failed: 503; restarts: 1"
    )
    assert unready.log == ("one", "two")


def test_a_deployment_that_could_make_no_pod_is_waited_for(api: ApiServer, kube: Kube) -> None:
    api.serve(DEPLOYMENTS, deployment("a", ready=0))
    (unready,) = readiness.wait(kube, Silent(), 0.2).unready
    assert str(unready) == "Deployment kserve/a: 0 of 1 ready, 0 up to date"


def test_a_deployment_is_not_named_beside_its_own_pod(api: ApiServer, kube: Kube) -> None:
    api.serve(DEPLOYMENTS, deployment("a", ready=0))
    api.serve(PODS, pod("a", ready=False))
    assert [each.kind for each in readiness.wait(kube, Silent(), 0.2).unready] == ["Pod"]


def test_only_the_namespaces_that_were_asked_for_count(api: ApiServer, kube: Kube) -> None:
    api.serve(PODS, pod("a"), pod("b", ready=False, namespace="team-x"))
    assert readiness.wait(kube, Silent(), SECONDS, namespaces={"kserve"}).ready
    assert not readiness.wait(kube, Silent(), 0.2, namespaces={"team-x"}).ready
