"""A machine that is taken back costs no more than the work since the last checkpoint: real pods, the real bucket."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES
from components.artifact_bucket import TEAM_SECRET
from tests.rehearsal.jobs import train_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

NAMESPACE = "team-research"
OF_THE_JOB = "jobset.sigs.k8s.io/jobset-name=resumes"
PROGRAM = """
import os, signal, sys, threading
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

place = urlsplit(os.environ["CHECKPOINT_URI"])
key = place.path.lstrip("/") + "/step"
s3 = boto3.client("s3")


def saved():
    try:
        return int(s3.get_object(Bucket=place.netloc, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise


told = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: told.set())
step = saved()
if step is not None:
    s3.delete_object(Bucket=place.netloc, Key=key)
    sys.exit(f"resumed after step {step}, not 17" if step != 17 else 0)
print("at step 17", flush=True)
while not told.wait(1):
    pass
s3.put_object(Bucket=place.netloc, Key=key, Body=b"17")
sys.exit(143)
"""


def resuming() -> dict[str, Any]:
    """A TrainJob without GPUs, so that the real node runs it: it works until it is told to stop, saves, and is done
    when it starts again and finds what it saved."""
    manifest = train_job("resumes", runtime="torch-distributed", nodes=1)
    size = {"cpu": "100m", "memory": "256Mi"}
    credentials = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")
    manifest["spec"]["trainer"] |= {
        "image": IMAGES["feast"].reference,  # Python, and AWS' client
        "command": ["python", "-c", textwrap.dedent(PROGRAM)],
        "env": [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": TEAM_SECRET, "key": name}}} for name in credentials
        ],
        "resourcesPerNode": {"requests": size, "limits": size},
    }
    return manifest


@pytest.fixture
def started(platform: Platform) -> Iterator[dict[str, Any]]:
    """The pod of the job as it works."""
    text = json.dumps(resuming())
    platform.kubectl("create", "-f", "-", stdin=text)
    try:
        yield platform.watch_for(
            f"/api/v1/namespaces/{NAMESPACE}/pods",
            lambda each: each["status"].get("phase") == "Running",
            label_selector=OF_THE_JOB,
        )
    finally:
        platform.kubectl("delete", "--ignore-not-found", "--wait", "--cascade=foreground", "-f", "-", stdin=text)


def test_a_job_that_loses_its_machine_resumes_from_its_checkpoint_and_has_not_failed(
    platform: Platform, started: dict[str, Any]
) -> None:
    name = started["metadata"]["name"]
    pod = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
    with platform.logs(NAMESPACE, name) as lines:
        assert "at step 17\n" in lines
    # What Karpenter does with every pod of a spot machine that AWS asks back.
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    platform.kube.create(f"{pod}/eviction", eviction)
    platform.wait_for(NAMESPACE, "trainjob/resumes", "condition=Complete")
    pods = platform.kube.list(f"/api/v1/namespaces/{NAMESPACE}/pods", label_selector=OF_THE_JOB)
    (job,) = platform.kube.list(f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", label_selector=OF_THE_JOB)
    assert "failed" not in job["status"]
    assert [each["metadata"]["name"] == name for each in pods if each["status"]["phase"] == "Succeeded"] == [False]
