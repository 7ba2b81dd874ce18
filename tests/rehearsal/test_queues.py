"""Who gets which GPU when, decided by the real Kueue: gangs, borrowing, preemption, lost nodes, refusals."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.conftest import mlplatform
from tests.rehearsal.jobs import KEPT, OWNED, job, pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

FAULT = "mlplatform.dev/fault=xid-79:NoExecute"


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


def workload(platform: Platform, team: str, name: str, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The Kueue workload of a Job as soon as it is as asked."""
    return platform.watch_for(
        f"/apis/kueue.x-k8s.io/v1beta2/namespaces/team-{team}/workloads",
        lambda each: each["metadata"]["ownerReferences"][0]["name"] == name and found(each),
    )


def says(kind: str, status: str, text: str = "") -> Callable[[dict[str, Any]], bool]:
    """Whether a workload has the condition, with the text in its reason or message."""
    return lambda each: any(
        condition["type"] == kind
        and condition["status"] == status
        and text in condition["reason"] + condition["message"]
        for condition in each.get("status", {}).get("conditions", ())
    )


def pods_of(platform: Platform, team: str, name: str) -> list[dict[str, Any]]:
    return platform.kube.list(f"/api/v1/namespaces/team-{team}/pods", label_selector=f"job-name={name}")


def test_a_gang_waits_for_both_nodes_and_never_starts_by_half(
    platform: Platform, submit: Callable[[dict[str, Any]], None]
) -> None:
    submit(job("half"))
    platform.wait_for("team-research", "job/half", "jsonpath={.status.ready}=1")
    submit(job("gang", pods=2))
    workload(platform, "research", "gang", says("QuotaReserved", "False", "8 more needed"))
    assert pods_of(platform, "research", "gang") == []
    platform.kubectl("delete", "job", "half", "--namespace=team-research")
    platform.wait_for("team-research", "job/gang", "jsonpath={.status.ready}=2")
    workload(platform, "research", "gang", says("PodsReady", "True"))
    nodes = {each["spec"]["nodeName"] for each in pods_of(platform, "research", "gang")}
    assert nodes == {"gpu-h100-0", "gpu-h100-1"}


def test_a_team_borrows_idle_gpus_and_gives_them_back_lowest_priority_first(
    platform: Platform, submit: Callable[[dict[str, Any]], None]
) -> None:
    submit(job("important", team="search", priority="high"))
    submit(job("can-wait", team="search", priority="low"))
    for name in ("important", "can-wait"):
        platform.wait_for("team-search", f"job/{name}", "jsonpath={.status.ready}=1")
    borrowed = json.loads(mlplatform("queue", "--json").stdout)["shares"]
    assert {share["team"]: (share["used"], share["borrowed"]) for share in borrowed} == {
        "research": (0, 0),
        "search": (16, 12),
    }
    submit(job("owner"))
    platform.wait_for("team-research", "job/owner", "jsonpath={.status.ready}=1")
    workload(platform, "search", "can-wait", says("QuotaReserved", "False"))
    preempted = workload(platform, "search", "can-wait", says("Evicted", "True", "Preempted"))
    assert preempted["status"]["schedulingStats"]["evictions"][0]["reason"] == "Preempted"
    workload(platform, "search", "important", says("Admitted", "True"))
    jobs = {each["name"]: each for each in json.loads(mlplatform("queue", "--json").stdout)["jobs"]}
    assert {name: each["stage"] for name, each in jobs.items()} == {
        "important": "running",
        "owner": "running",
        "can-wait": "waiting",
    }
    assert jobs["can-wait"]["evictions"] == 1


def test_a_gang_whose_node_is_lost_goes_on_elsewhere(
    platform: Platform, submit: Callable[[dict[str, Any]], None]
) -> None:
    submit(job("survivor", pods=2, gpus_per_pod=4))
    platform.wait_for("team-research", "job/survivor", "jsonpath={.status.ready}=2")
    lost = pods_of(platform, "research", "survivor")[0]["spec"]["nodeName"]
    platform.kubectl("taint", "node", lost, FAULT)
    try:
        elsewhere: set[str] = set()

        def goes_on(each: dict[str, Any]) -> bool:
            if each["status"].get("phase") == "Running" and each["spec"]["nodeName"] != lost:
                elsewhere.add(each["metadata"]["name"])
            return len(elsewhere) == 2

        platform.watch_for("/api/v1/namespaces/team-research/pods", goes_on, label_selector="job-name=survivor")
        platform.wait_for("team-research", "job/survivor", "jsonpath={.status.ready}=2")
    finally:
        platform.kubectl("taint", "node", lost, f"{FAULT}-")


def refusal(platform: Platform, manifest: dict[str, Any], *arguments: str) -> str:
    """What the API server says when it refuses; nothing is created."""
    done = subprocess.run(
        ["kubectl", f"--kubeconfig={platform.session.kubeconfig}", *arguments, "create", "--dry-run=server", "-f", "-"],
        input=json.dumps(manifest),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0, done.stdout
    return done.stderr


def test_gpus_past_the_queue_are_refused_when_they_are_asked_for(platform: Platform) -> None:
    bare = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "past", "namespace": "team-research", "labels": OWNED, "annotations": KEPT},
        "spec": pod(1),
    }
    assert "GPU-01" in refusal(platform, bare)


def test_more_gpus_than_a_pod_may_have_are_refused_when_they_are_asked_for(platform: Platform) -> None:
    assert "GPU-02" in refusal(platform, job("greedy", gpus_per_pod=16))


@pytest.fixture(scope="module")
def tenant(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kubeconfig of a data scientist of team search."""
    assert platform.summary["ready"]
    path = tmp_path_factory.mktemp("tenant") / "kubeconfig"
    mlplatform("team", "kubeconfig", "search", "--expires", "10m", "--output", str(path))
    assert path.stat().st_mode & 0o077 == 0
    return path


def test_a_tenant_submits_to_its_own_queue_and_sees_it(
    platform: Platform, tenant: Path, submit: Callable[[dict[str, Any]], None]
) -> None:
    own = job("own", team="search", gpus_per_pod=4)
    platform.kubectl(f"--kubeconfig={tenant}", "create", "--dry-run=server", "-f", "-", stdin=json.dumps(own))
    submit(own)
    platform.wait_for("team-search", "job/own", "jsonpath={.status.ready}=1")
    state = json.loads(mlplatform("queue", "--kubeconfig", str(tenant), "--team", "search", "--json").stdout)
    assert [(each["name"], each["stage"], each["team"]) for each in state["jobs"]] == [("own", "running", "search")]
    everybody = mlplatform("queue", "--kubeconfig", str(tenant), check=False)
    assert everybody.returncode == 1
    assert "your own team's jobs: --team TEAM" in everybody.stderr.replace("\n", " ")


def test_a_tenant_does_not_get_into_another_teams_namespace(platform: Platform, tenant: Path) -> None:
    said = refusal(platform, job("intruder", team="research"), f"--kubeconfig={tenant}")
    assert "forbidden" in said
    assert 'namespace "team-research"' in said


def test_a_tenant_does_not_get_to_another_teams_queue(platform: Platform, tenant: Path) -> None:
    into_research = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "LocalQueue",
        "metadata": {"name": "sidedoor", "namespace": "team-search"},
        "spec": {"clusterQueue": "research"},
    }
    assert "forbidden" in refusal(platform, into_research, f"--kubeconfig={tenant}")
    said = platform.watch_for(
        "/apis/kueue.x-k8s.io/v1beta2/clusterqueues", lambda each: each["metadata"]["name"] == "research"
    )
    # And were it there, the queue takes jobs of its own team's namespace alone.
    assert said["spec"]["namespaceSelector"] == {"matchLabels": {"mlplatform.dev/team": "research"}}


@pytest.mark.parametrize(
    "what",
    ["get secrets", "delete networkpolicies", "update resourcequotas", "create rolebindings", "create pods/exec"],
)
def test_a_tenant_may_not_touch_its_own_fences_either(tenant: Path, what: str) -> None:
    verb, resource = what.split()
    done = subprocess.run(
        ["kubectl", f"--kubeconfig={tenant}", "auth", "can-i", verb, resource],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "no"
