"""Gangs that want to be near each other, placed by the real Kueue on nodes of the capacity model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from benchmarks import kueue
from cli.queue.reasons import in_words
from components.capacity import Capacity, Pool, Team
from components.specs.topology import TopologyLevel
from components.specs.training_cluster import TrainingClusterSpec
from components.training import queues, topology
from rehearsal.kube import Kube
from rehearsal.own_control_plane import own_control_plane
from rehearsal.session import World
from tests.rehearsal.jobs import job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

BLOCK: Final = "example.org/block"
RACK: Final = "example.org/rack"
ASKS: Final = "kueue.x-k8s.io/podset-{}-topology"
POOL: Final = Pool(
    name="h100",
    accelerator="NVIDIA-H100-80GB-HBM3",
    nodes=4,
    gpus_per_node=8,
    cpus_per_node=64,
    memory_gib_per_node=512,
    topology=(TopologyLevel(label=BLOCK, nodes=4), TopologyLevel(label=RACK, nodes=2)),
)
TEAM: Final = Team(name="vision", owner="ada.lovelace", cost_centre="cc-1815", gpus={"h100": 32})
CAPACITY: Final = Capacity((POOL,), (TEAM,))
JOBS: Final = f"/apis/batch/v1/namespaces/{TEAM.namespace}/jobs"
PODS: Final = f"/api/v1/namespaces/{TEAM.namespace}/pods"
WORKLOADS: Final = f"/apis/{queues.API_VERSION}/namespaces/{TEAM.namespace}/workloads"


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A client of a control plane with the pool's nodes, the team's queue and the real Kueue."""
    spec, directory = TrainingClusterSpec(), tmp_path_factory.mktemp("kueue")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))
        with (
            own_control_plane("topology-test", world=World(CAPACITY.nodes())) as session,
            Kube(session.kubeconfig) as client,
            kueue.running(session.kubeconfig, spec, CAPACITY, directory),
        ):
            kueue.furnish(client, CAPACITY, borrowing=spec.borrowing)
            yield client


@pytest.fixture
def submit(kube: Kube) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Submits Jobs as Kueue's webhook leaves them; when the test is done they are deleted, and their GPUs are free."""
    submitted: list[str] = []

    def create(manifest: dict[str, Any]) -> None:
        kube.create(JOBS, kueue.suspended(manifest))
        submitted.append(manifest["metadata"]["name"])

    yield create
    for name in submitted:
        delete(kube, name)


def delete(kube: Kube, name: str) -> None:
    """Delete a Job and wait until its GPUs are free."""
    kube.delete(f"{JOBS}/{name}")
    with kube.watch(WORKLOADS, timeout=30) as events:
        left = {each["metadata"]["name"] for each in kube.list(WORKLOADS) if is_of(each, name)}
        if not left:
            return
        for event in events:
            if event.type == "DELETED":
                left.discard(event.object["metadata"]["name"])
            if not left:
                return


def gang(name: str, pods: int, *, rack: int | None = None, **asks: str) -> dict[str, Any]:
    """A Job of pods with all GPUs of a node each; ``asks`` are what it asks of Kueue about their places."""
    manifest = job(name, team=TEAM.name, pods=pods)
    template = manifest["spec"]["template"]
    template["metadata"]["annotations"] = {ASKS.format(how): level for how, level in asks.items()}
    if rack is not None:
        template["spec"]["nodeSelector"] = {RACK: f"h100-rack-{rack}"}
    return manifest


def is_of(workload: dict[str, Any], name: str) -> bool:
    """Whether it is the workload of the Job."""
    return bool(workload["metadata"]["ownerReferences"][0]["name"] == name)


def runs(kube: Kube, name: str, pods: int) -> set[str]:
    """The nodes of a Job's pods, once all of them are ready."""
    with kube.watch(JOBS, timeout=60, field_selector=f"metadata.name={name}") as events:
        assert any(event.object["status"].get("ready") == pods for event in events)
    return {each["spec"]["nodeName"] for each in kube.list(PODS, label_selector=f"job-name={name}")}


def waits(kube: Kube, name: str) -> str:
    """Why a Job waits, as Kueue says."""
    with kube.watch(WORKLOADS, timeout=60) as events:
        for event in events:
            if event.type == "DELETED" or not is_of(event.object, name):
                continue
            for condition in event.object.get("status", {}).get("conditions", ()):
                if condition["type"] == "QuotaReserved" and condition["status"] == "False":
                    return str(condition["message"])
    raise AssertionError(f"{name} does not wait")


def test_a_gang_that_wants_one_rack_waits_while_only_halves_of_racks_are_free(
    kube: Kube, submit: Callable[[dict[str, Any]], None]
) -> None:
    for rack in (0, 1):
        submit(gang(f"in-rack-{rack}", 1, rack=rack, unconstrained="true"))
        runs(kube, f"in-rack-{rack}", 1)
    submit(gang("together", 2, required=RACK))
    # The quota has room for it: 16 of 32 GPUs are idle.
    assert in_words(waits(kube, "together")) == "h100 has a place near enough for 1 of 2 pod(s)"
    delete(kube, "in-rack-1")
    assert runs(kube, "together", 2) == {"gpu-h100-2", "gpu-h100-3"}


def test_a_gang_that_asks_for_no_rack_takes_what_is_free(kube: Kube, submit: Callable[[dict[str, Any]], None]) -> None:
    for rack in (0, 1):
        submit(gang(f"half-{rack}", 1, rack=rack, unconstrained="true"))
        runs(kube, f"half-{rack}", 1)
    submit(gang("anywhere", 2, preferred=RACK))
    nodes = runs(kube, "anywhere", 2)
    assert {node in {"gpu-h100-0", "gpu-h100-1"} for node in nodes} == {True, False}


def test_a_job_that_says_nothing_of_places_does_not_start_there_and_kueue_says_why(
    kube: Kube, submit: Callable[[dict[str, Any]], None]
) -> None:
    submit(gang("silent", 1))
    assert in_words(waits(kube, "silent")) == "h100 takes jobs that say where their pods belong (podset-…-topology)"


def test_cpus_and_memory_are_counted_beside_gpus(kube: Kube, submit: Callable[[dict[str, Any]], None]) -> None:
    submit(gang("counted", 2, unconstrained="true"))
    runs(kube, "counted", 2)
    (workload,) = (each for each in kube.list(WORKLOADS) if is_of(each, "counted"))
    (podset,) = workload["status"]["admission"]["podSetAssignments"]
    assert podset["resourceUsage"] == {
        topology.MILLICORES: "2k",
        topology.MEMORY: str(2 * 2**30),
        "nvidia.com/gpu": "16",
    }
