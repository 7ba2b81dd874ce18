"""Jobs on shared GPUs, decided by the real Kueue and started by the real Trainer on simulated nodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.jobs import job, train_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

NAMESPACE = "team-research"


@pytest.fixture
def submit(platform: Platform) -> Iterator[Any]:
    """Submits manifests, and deletes them when the test is done."""
    submitted: list[str] = []

    def apply(manifest: dict[str, Any]) -> None:
        text = json.dumps(manifest)
        submitted.append(text)
        platform.kubectl("create", "-f", "-", stdin=text)

    yield apply
    for text in submitted:
        platform.kubectl("delete", "--ignore-not-found", "-f", "-", stdin=text)


def test_a_job_within_quota_is_admitted_and_runs_on_gpu_nodes(platform: Platform, submit: Any) -> None:
    submit(job("within-quota"))
    platform.wait_for(NAMESPACE, "job/within-quota", "jsonpath={.status.ready}=1")
    pods = platform.kube.list(f"/api/v1/namespaces/{NAMESPACE}/pods", label_selector="job-name=within-quota")
    assert all(pod["spec"]["nodeName"].startswith("gpu-h100-") for pod in pods)


def test_a_job_that_finds_no_free_gpus_waits_and_says_why(platform: Platform, submit: Any) -> None:
    submit(job("first", pods=2))
    platform.wait_for(NAMESPACE, "job/first", "jsonpath={.status.ready}=2")
    submit(job("second"))
    platform.wait_for(NAMESPACE, "job/second", "jsonpath={.spec.suspend}=true")
    waiting = platform.watch_for(
        f"/apis/kueue.x-k8s.io/v1beta2/namespaces/{NAMESPACE}/workloads",
        lambda each: each["metadata"]["name"].startswith("job-second") and "conditions" in each.get("status", {}),
    )
    messages = [condition["message"] for condition in waiting["status"]["conditions"]]
    assert any("insufficient" in message for message in messages), messages
    platform.kubectl("delete", "job", "first", f"--namespace={NAMESPACE}")
    platform.wait_for(NAMESPACE, "job/second", "jsonpath={.status.ready}=1")


def test_a_train_job_starts_from_the_platforms_runtime(platform: Platform, submit: Any) -> None:
    runtime = platform.summary["outputs"]["training"]["runtimes"][0]
    submit(train_job("distributed", runtime=runtime.rpartition("/")[2]))
    platform.watch_for(
        f"/apis/jobset.x-k8s.io/v1alpha2/namespaces/{NAMESPACE}/jobsets",
        lambda each: any(group["ready"] for group in each.get("status", {}).get("replicatedJobsStatus", [])),
    )
    pods = platform.kube.list(
        f"/api/v1/namespaces/{NAMESPACE}/pods", label_selector="jobset.sigs.k8s.io/jobset-name=distributed"
    )
    assert len(pods) == 2
    environment = {each["name"]: each.get("value") for each in pods[0]["spec"]["containers"][0]["env"]}
    assert environment["PET_NNODES"] == "2"


def test_a_job_that_replaces_failed_pods_only_replaces_one_that_is_deleted(platform: Platform, submit: Any) -> None:
    wanted = job("replaces")
    wanted["spec"]["podReplacementPolicy"] = "Failed"
    submit(wanted)
    platform.wait_for(NAMESPACE, "job/replaces", "jsonpath={.status.ready}=1")
    platform.kubectl("delete", "pod", "-l=job-name=replaces", f"--namespace={NAMESPACE}", "--wait=false")
    platform.wait_for(NAMESPACE, "job/replaces", "jsonpath={.status.failed}=1")
    platform.wait_for(NAMESPACE, "job/replaces", "jsonpath={.status.ready}=1")
