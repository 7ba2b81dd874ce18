"""What the queues say of jobs and GPUs, from objects of a real cluster."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.queue.reasons import in_words
from cli.queue.state import Job, PoolUse, Share, Stage, State, jobs_of, pools_of, shares_of
from cli.queue.table import tables

pytestmark = pytest.mark.training

Objects = dict[str, list[dict[str, Any]]]


def jobs(objects: Objects) -> dict[str, Job]:
    return {job.name: job for job in jobs_of(objects["workloads"], objects["localqueues"])}


def workload(objects: Objects, job: str) -> dict[str, Any]:
    (found,) = (each for each in objects["workloads"] if each["metadata"]["ownerReferences"][0]["name"] == job)
    return found


def condition(objects: Objects, job: str, kind: str, **content: str) -> None:
    """Have the job's workload say so."""
    status = workload(objects, job)["status"]
    others = [each for each in status["conditions"] if each["type"] != kind]
    status["conditions"] = [*others, {"type": kind, "lastTransitionTime": "2026-11-22T23:00:00Z", **content}]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('topology "h100" allows to fit only 1 out of 2 pod(s)', "h100 has a place near enough for 1 of 2 pod(s)"),
        ('topology "h100" doesn\'t allow to fit any of 2 pod(s)', "h100 has a place near enough for none of 2 pod(s)"),
        (
            'couldn\'t assign flavors to pod set main: Flavor "h100" supports only TopologyAwareScheduling',
            "h100 takes jobs that say where their pods belong (podset-…-topology)",
        ),
    ],
)
def test_a_job_that_waits_for_nearness_says_so(said: str, words: str) -> None:
    assert in_words(said) == words


def test_jobs_that_run_come_first_and_then_those_that_wait_by_priority_and_age(objects: Objects) -> None:
    order = [(job.name, job.stage) for job in jobs_of(objects["workloads"], objects["localqueues"])]
    running, waiting = Stage.RUNNING, Stage.WAITING
    assert order == [("c", running), ("b", running), ("a", waiting), ("d", waiting)]


def test_a_running_job_says_whose_it_is_what_it_holds_and_where(objects: Objects) -> None:
    job = jobs(objects)["c"]
    assert (job.team, job.namespace, job.kind) == ("search", "team-search", "Job")
    assert (job.gpus, job.pools) == (8, ("h100",))
    assert (job.priority_class, job.priority) == ("training-high", 10000)
    assert not job.reason


def test_a_waiting_job_says_what_is_missing(objects: Objects) -> None:
    job = jobs(objects)["a"]
    assert (job.gpus, job.pools) == (16, ())
    assert job.reason == "8 more GPUs of h100 needed"
    assert "insufficient unused quota" in job.message
    assert job.evictions == 1


def test_a_job_that_can_never_run_says_so(objects: Objects) -> None:
    assert jobs(objects)["d"].reason == "asks for 24 GPUs of h100: 16 is the most it can ever have"


def test_an_admitted_job_whose_pods_are_not_all_ready_is_starting(objects: Objects) -> None:
    condition(objects, "b", "PodsReady", status="False", reason="WaitForStart", message="Not all pods are ready")
    job = jobs(objects)["b"]
    assert (job.stage, job.reason) == (Stage.STARTING, "Not all pods are ready")
    assert job.gpus == 8


def test_a_preempted_job_that_still_holds_gpus_is_stopping(objects: Objects) -> None:
    message = "Preempted to accommodate a workload (UID: 1, JobUID: 2) due to reclamation within the cohort; x: y"
    condition(objects, "b", "Evicted", status="True", reason="Preempted", message=message)
    job = jobs(objects)["b"]
    assert (job.stage, job.reason) == (Stage.STOPPING, "preempted: reclamation within the cohort")


def test_a_finished_job_is_not_shown(objects: Objects) -> None:
    condition(objects, "b", "Finished", status="True", reason="Succeeded", message="done")
    assert "b" not in jobs(objects)


def test_a_job_that_was_stopped_by_hand_is_held(objects: Objects) -> None:
    workload(objects, "d")["spec"]["active"] = False
    assert jobs(objects)["d"].stage is Stage.HELD


def test_a_job_that_nobody_has_looked_at_yet_waits(objects: Objects) -> None:
    del workload(objects, "d")["status"]
    job = jobs(objects)["d"]
    assert (job.stage, job.reason) == (Stage.WAITING, "the queue has not looked at it yet")


def test_a_team_has_its_quota_and_borrows_what_others_leave(objects: Objects) -> None:
    shares = shares_of(objects["clusterqueues"], jobs(objects).values())
    assert shares == (
        Share("research", "h100", quota=12, used=8, borrowed=0, waiting=0),
        Share("search", "h100", quota=4, used=8, borrowed=4, waiting=2),
    )


def test_a_pool_says_what_is_used_and_free(objects: Objects) -> None:
    shares = shares_of(objects["clusterqueues"], ())
    assert pools_of(shares, objects["resourceflavors"], objects["nodes"]) == (PoolUse("h100", 16, 16, 16, 0),)


def test_gpus_of_a_node_that_is_not_ready_are_not_free(objects: Objects) -> None:
    node = next(each for each in objects["nodes"] if each["metadata"]["name"] == "gpu-h100-1")
    for each in node["status"]["conditions"]:
        each["status"] = "Unknown" if each["type"] == "Ready" else each["status"]
    for queue in objects["clusterqueues"]:
        queue["status"]["flavorsReservation"] = []
    shares = shares_of(objects["clusterqueues"], ())
    assert pools_of(shares, objects["resourceflavors"], objects["nodes"]) == (PoolUse("h100", 8, 16, 0, 8),)


def test_slices_are_counted_as_gpus_are(objects: Objects) -> None:
    held = workload(objects, "b")["status"]["admission"]["podSetAssignments"][0]
    held["flavors"] = {"nvidia.com/mig-1g.10gb": "slices"}
    held["resourceUsage"] = {"nvidia.com/mig-1g.10gb": "3", "cpu": "1"}
    job = jobs(objects)["b"]
    assert (job.gpus, job.pools) == (3, ("slices",))


def test_a_reason_that_is_not_known_is_kept_as_it_is() -> None:
    assert in_words("ClusterQueue research is inactive") == "ClusterQueue research is inactive"


def test_the_picture_of_the_readme_is_what_the_recorded_queues_look_like(objects: Objects) -> None:
    found = jobs_of(objects["workloads"], objects["localqueues"])
    shares = shares_of(objects["clusterqueues"], found)
    state = State(found, shares, pools_of(shares, objects["resourceflavors"], objects["nodes"]))
    now = datetime.fromisoformat(max(job.since for job in found)) + timedelta(seconds=6)
    out = Console(width=120, file=io.StringIO(), color_system=None)
    with out.capture() as shown:
        out.print(tables(state, "rehearsal local", now))
    drawn = "".join(f"{line.rstrip()}\n" for line in shown.get().splitlines())
    assert f"```\n{drawn}```" in (Path(__file__).parents[2] / "README.md").read_text(), drawn
