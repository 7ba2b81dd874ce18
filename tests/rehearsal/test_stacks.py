"""Every stack can be rehearsed: it comes up, a second run changes nothing, and its end leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.rehearsal_ready import settings_of
from components.artifact_bucket import TEAM_SECRET
from rehearsal.session import Session
from tests.rehearsal.conftest import PROJECT
from tests.rehearsal.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.rehearsal, pytest.mark.campaign]

STACKS = ("dev", "staging", "prod", "onprem", "hybrid")
LEAST_EMULATED = 0.7
"""The part of AWS's resources for which moto has to have answered."""
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
