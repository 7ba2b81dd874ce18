"""Ray clusters in the queue: admitted with all their pods, waiting with the reason, in no other way at GPUs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.training import ray_definitions
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.rehearsal.jobs import QUEUE, job, ray_cluster
from tests.rehearsal.test_queues import refusal, says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

NAMESPACE = "team-research"
WORKLOADS = f"/apis/kueue.x-k8s.io/v1beta2/namespaces/{NAMESPACE}/workloads"


@pytest.fixture
def submit(platform: Platform) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Submits manifests; when the test is done they are deleted, and their GPUs are free again."""
    submitted: list[str] = []

    def create(manifest: dict[str, Any]) -> None:
        submitted.append(json.dumps(manifest))
        platform.kubectl("create", "-f", "-", stdin=submitted[-1])

    yield create
    for text in submitted:
        platform.kubectl("delete", "--ignore-not-found", "--wait", "--cascade=foreground", "-f", "-", stdin=text)


def test_a_ray_cluster_waits_for_all_its_gpus_and_gets_them_when_they_are_free(
    platform: Platform, submit: Callable[[dict[str, Any]], None]
) -> None:
    submit(job("before"))
    platform.wait_for(NAMESPACE, "job/before", "jsonpath={.status.ready}=1")
    submit(ray_cluster("rays"))
    waits = says("QuotaReserved", "False", "8 more needed")
    platform.watch_for(WORKLOADS, lambda each: each["metadata"]["name"].startswith("raycluster-rays") and waits(each))
    assert pods_of(platform, "rays") == []
    platform.kubectl("delete", "job", "before", f"--namespace={NAMESPACE}")
    platform.wait_for(NAMESPACE, "raycluster/rays", "jsonpath={.status.state}=ready")
    head, *workers = sorted(pods_of(platform, "rays"), key=lambda each: each["metadata"]["labels"]["ray.io/node-type"])
    assert {each["spec"]["nodeName"] for each in workers} == {"gpu-h100-0", "gpu-h100-1"}
    assert {each["spec"]["nodeSelector"]["mlplatform.dev/pool"] for each in workers} == {"h100"}
    assert not head["spec"]["nodeName"].startswith("gpu-")


def test_a_ray_cluster_that_names_no_queue_is_put_into_its_teams(platform: Platform) -> None:
    unqueued = ray_cluster("unqueued")
    del unqueued["metadata"]["labels"]["kueue.x-k8s.io/queue-name"]
    said = platform.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(unqueued))
    made = json.loads(said)
    assert made["metadata"]["labels"] | QUEUE == made["metadata"]["labels"]
    assert made["spec"]["suspend"] is True


def test_gpus_for_a_ray_cluster_past_the_queue_are_refused(platform: Platform) -> None:
    elsewhere = ray_cluster("past")
    elsewhere["metadata"]["namespace"] = "default"
    del elsewhere["metadata"]["labels"]["kueue.x-k8s.io/queue-name"]
    assert "GPU-01" in refusal(platform, elsewhere)


def test_more_gpus_than_a_ray_worker_may_have_are_refused(platform: Platform) -> None:
    assert "GPU-02" in refusal(platform, ray_cluster("greedy", gpus_per_worker=16))


def test_rays_kinds_are_those_of_the_operator_that_runs() -> None:
    tools = Toolchain.default().ensure(["kuberay"], Silent())
    upstream = tools.asset("kuberay/crds")
    assert (
        ray_definitions.text_of(upstream) == json.dumps(ray_definitions.definitions(), indent=1, sort_keys=True) + "\n"
    )


def pods_of(platform: Platform, cluster: str) -> list[dict[str, Any]]:
    """The pods of a Ray cluster."""
    return platform.kube.list(f"/api/v1/namespaces/{NAMESPACE}/pods", label_selector=f"ray.io/cluster={cluster}")
