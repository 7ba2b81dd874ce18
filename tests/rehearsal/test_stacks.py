"""Every stack can be rehearsed: it comes up, a second run changes nothing, and its end leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.rehearsal_ready import settings_of
from components.artifact_bucket import TEAM_SECRET
from components.capacity import GPU_TAINT, POOL_LABEL
from rehearsal.session import Session
from tests.rehearsal.conftest import PROJECT
from tests.rehearsal.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.campaign]

STACKS = ("dev", "staging", "prod", "onprem", "hybrid")
LEAST_EMULATED = 0.7
"""The part of AWS's resources for which moto has to have answered."""
KARPENTER = "/apis/karpenter.sh/v1"
PODS = "/api/v1/namespaces/default/pods"
BUCKET_CLIENT = """
import os

import boto3
from botocore.exceptions import ClientError

# With nothing but what its namespace gives it: on AWS its role, elsewhere a key.
store, bucket, own = boto3.client("s3"), os.environ["BUCKET"], os.environ["PREFIX"]


def refusal(call, **arguments):
    try:
        call(Bucket=bucket, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]


store.put_object(Bucket=bucket, Key=own + "one", Body=b"1")
print("own folder:", store.get_object(Bucket=bucket, Key=own + "one")["Body"].read())
store.delete_object(Bucket=bucket, Key=own + "one")
print("another folder:", refusal(store.put_object, Key="teams/nobody/one", Body=b"1"))
print("whole bucket:", refusal(store.list_objects_v2))
"""


def gpu_pod(name: str, pool: str, gpus: int) -> dict[str, Any]:
    """A pod that takes all GPUs of one node of the pool and does nothing."""
    limits = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": str(gpus)}
    spec = {
        "nodeSelector": {POOL_LABEL: pool},
        "tolerations": [{**GPU_TAINT, "operator": "Equal"}],
        "containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10.1", "resources": {"limits": limits}}],
    }
    return {"metadata": {"name": name}, "spec": spec}


def is_running(pod: dict[str, Any]) -> bool:
    """Whether its containers run, or are said to."""
    return bool(pod["status"].get("phase") == "Running")


def gpus_of(pool: dict[str, Any]) -> int:
    """How many GPUs a NodePool says that its nodes have."""
    return int(pool.get("status", {}).get("resources", {}).get("nvidia.com/gpu", "0"))


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack in a rehearsal that nobody else uses; it is stopped, whatever happened."""
    found = Stack(request.param)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLPLATFORM_STATE", raising=False)
        yield found
        found.rehearse("stop", "--remove")


@pytest.fixture(scope="module")
def summary(stack: Stack) -> dict[str, Any]:
    """What the command says of the stack once it is up."""
    return stack.up()


def test_every_pod_is_ready(summary: dict[str, Any]) -> None:
    assert summary["ready"], summary["pods"]


def test_no_rule_is_violated(summary: dict[str, Any]) -> None:
    assert not summary["policies"]["violations"]
    assert summary["policies"]["rules"] >= 10


def test_of_every_resource_it_is_known_how_near_it_is_to_the_real_thing(stack: Stack, summary: dict[str, Any]) -> None:
    fidelity = summary["fidelity"]
    assert "unaccounted" not in fidelity["totals"]
    assert all(each["reason"] for each in fidelity["recorded"])
    if settings_of(stack.name).cluster.kind == "eks":
        assert fidelity["emulated_share"] >= LEAST_EMULATED
    else:
        assert fidelity["emulated_share"] is None


def test_a_second_run_changes_nothing(stack: Stack, summary: dict[str, Any]) -> None:
    again = stack.up()
    assert set(again["changes"]) == {"same"}
    assert sum(again["changes"].values()) == sum(summary["changes"].values())
    assert again["fidelity"]["totals"] == summary["fidelity"]["totals"]


def test_what_is_deployed_is_as_it_should_be(stack: Stack, summary: dict[str, Any]) -> None:
    """The tests that look at a real account look at this one."""
    argv = [sys.executable, "-m", "pytest", "--quiet", "tests/live", "-m", "live", "--rehearsal", summary["name"]]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert stack.name == summary["stack"]


def test_a_teams_pod_reaches_its_own_folder_of_the_bucket_and_no_other(stack: Stack, summary: dict[str, Any]) -> None:
    team = settings_of(stack.name).teams[0]
    assert summary["ready"]
    assert stack.run(team.namespace, "bucket-client", BUCKET_CLIENT, secret=TEAM_SECRET) == [
        "own folder: b'1'",
        "another folder: AccessDenied",
        "whole bucket: AccessDenied",
    ]


def test_machines_are_bought_for_pools_in_the_cloud_and_for_no_other(stack: Stack, summary: dict[str, Any]) -> None:
    assert summary["ready"]
    cloud = {pool.name for pool in settings_of(stack.name).capacity.pools if pool.aws}
    with stack.kube() as kube:
        groups = {group["name"] for group in kube.get("/apis")["groups"]}
        bought = kube.list(f"{KARPENTER}/nodepools") if "karpenter.sh" in groups else []
    assert {each["metadata"]["name"] for each in bought if "." not in each["metadata"]["name"]} == cloud


def test_a_gpu_pod_that_waits_gets_a_machine_from_karpenter_and_the_pool_says_so(
    stack: Stack, summary: dict[str, Any]
) -> None:
    pools = [pool for pool in settings_of(stack.name).capacity.pools if pool.aws and pool.purpose == "training"]
    if not pools:
        return  # its training machines are there, and the test before saw that nothing buys others
    pool, machines = pools[0], pools[0].aws
    with stack.kube() as kube:
        kube.create(PODS, gpu_pod("wants-gpus", pool.name, pool.gpus_per_node))
        with kube.watch(PODS, timeout=60, field_selector="metadata.name=wants-gpus") as events:
            node = next(each.object["spec"]["nodeName"] for each in events if is_running(each.object))
        # Karpenter says so on the claim, and counts, a moment after the machine takes pods.
        with kube.watch(f"{KARPENTER}/nodeclaims", timeout=60) as events:
            claim = next(each.object for each in events if each.object.get("status", {}).get("nodeName") == node)
        with kube.watch(f"{KARPENTER}/nodepools", timeout=60, field_selector=f"metadata.name={pool.name}") as events:
            counted = next(gpus for each in events if (gpus := gpus_of(each.object)))
        kube.delete(f"{PODS}/wants-gpus", grace_seconds=0)
    assert summary["ready"]
    assert machines
    assert claim["metadata"]["labels"]["node.kubernetes.io/instance-type"] in machines.instance_types
    assert counted == pool.gpus_per_node


def test_another_stack_is_refused_before_anything_changes(stack: Stack, summary: dict[str, Any]) -> None:
    other = next(each for each in STACKS if each != stack.name)
    refused = stack.rehearse("up", other)
    assert refused.returncode == 1
    assert f"holds stack {stack.name}" in refused.stderr
    assert stack.session().name == summary["name"]


def test_its_end_leaves_nothing_in_cluster_and_account(stack: Stack, summary: dict[str, Any]) -> None:
    assert summary["ready"]
    assert "nothing is left" in stack.down()
    assert Session.find(stack.rehearsal) is None
