"""GPUs that are cut into slices: queued, counted and placed as slices, by objects that the capacity model derives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.capacity import Capacity, Pool, Team
from components.specs.gpu_sharing import Sharing
from components.training import queues
from rehearsal.cluster import simulated_nodes
from tests.rehearsal.jobs import job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Json
    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

SLICE = "nvidia.com/mig-1g.10gb"
POOL = Pool(
    name="slices",
    accelerator="NVIDIA-H100-80GB-HBM3",
    nodes=1,
    gpus_per_node=2,
    cpus_per_node=64,
    memory_gib_per_node=512,
    sharing=Sharing(mig="1g.10gb"),
)
TEAM = Team(name="slicing", owner="ada.lovelace", cost_centre="cc-1815", gpus={"slices": 14})
CAPACITY = Capacity((POOL,), (TEAM,))


def objects() -> list[dict[str, Any]]:
    """The pool's nodes, the team's namespace and its queue, in the order in which they can be made."""
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": TEAM.namespace, "labels": dict(TEAM.labels)},
    }
    nodes = [
        node
        for node in simulated_nodes.node_objects(CAPACITY.nodes(), real_node=True)
        if node["metadata"]["name"] != simulated_nodes.CPU_NODE
    ]
    return [
        *nodes,
        queues.flavors(CAPACITY)[POOL.name],
        queues.cluster_queue(CAPACITY, TEAM, borrowing=False),
        namespace,
        queues.local_queue(TEAM, "default"),
    ]


@pytest.fixture
def pool(platform: Platform) -> Iterator[None]:
    """Have the pool and the team beside those of the stack; both are gone afterwards."""
    made: list[dict[str, Any]] = []
    try:
        for each in objects():
            made.append(each)
            platform.kube.apply(each)
            if each["kind"] == "Node":
                platform.kube.apply(each, subresource="status")
        yield
    finally:
        for each in reversed(made):
            platform.kubectl("delete", "--ignore-not-found", "--wait", "-f", "-", stdin=json.dumps(each))


def sliced(name: str, pods: int) -> dict[str, Any]:
    """A Job of pods with one slice each."""
    manifest = job(name, team=TEAM.name, pods=pods)
    limits = manifest["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    del limits["nvidia.com/gpu"]
    limits[SLICE] = "1"
    return manifest


@pytest.mark.usefixtures("pool")
def test_slices_are_handed_out_one_by_one_until_the_gpus_have_no_more(platform: Platform) -> None:
    # Two GPUs of seven slices each: more pods than GPUs run, and fewer than were asked for.
    for name, pods in (("first", 10), ("second", 5)):
        platform.kubectl("create", "-f", "-", stdin=json.dumps(sliced(name, pods)))
        if name == "first":
            platform.wait_for(TEAM.namespace, "job/first", "jsonpath={.status.ready}=10")
    platform.watch_for(f"{queues_of_team()}/workloads", has_too_few_slices)
    placed = platform.kube.list(f"/api/v1/namespaces/{TEAM.namespace}/pods", label_selector="job-name=first")
    assert {pod["spec"]["nodeName"] for pod in placed} == {"gpu-slices-0"}
    platform.kubectl("delete", "job", "first", f"--namespace={TEAM.namespace}")
    platform.wait_for(TEAM.namespace, "job/second", "jsonpath={.status.ready}=5")


def has_too_few_slices(workload: Json) -> bool:
    """Whether the second Job's wait is explained by the one slice that its pods lack."""
    conditions = workload.get("status", {}).get("conditions", [])
    explained = any(SLICE in each["message"] and "1 more needed" in each["message"] for each in conditions)
    return explained and str(workload["metadata"]["name"]).startswith("job-second")


def queues_of_team() -> str:
    """Where Kueue's objects of the team are."""
    return f"/apis/{queues.API_VERSION}/namespaces/{TEAM.namespace}"
