"""`make down` leaves nothing: no object in the API server, nothing on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import testinfra

from controllers.release.machine import Approval
from controllers.release.manifests import MODEL_LABEL, servers
from rehearsal.session import Session
from tests.delivery.conftest import release
from tests.rehearsal.conftest import NAME, PROJECT
from tests.rehearsal.jobs import job, ray_job, train_job

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal


JOBS = "/apis/batch/v1/namespaces/team-research/jobs"
WORKLOADS = "/apis/kueue.x-k8s.io/v1beta2/namespaces/team-research/workloads"
RAY_CLUSTERS = "/apis/ray.io/v1/namespaces/team-research/rayclusters"
HOLD = "example.com/results-are-being-fetched"


RELEASES = "/apis/mlplatform.dev/v1/namespaces/team-research/modelreleases"
SERVERS = "/apis/serving.kserve.io/v1beta1/namespaces/team-research/inferenceservices"


def serve(platform: Platform) -> None:
    """Have a release of a model with servers of its own, on which KServe has put a finalizer."""
    author = json.loads(platform.kubectl("auth", "whoami", "--output=json"))["status"]["userInfo"]["username"]
    made = platform.kube.create(RELEASES, release(author=author, server={"format": "llm"}))
    approval = Approval(
        "given", "grace", author, made["spec"]["digest"], datetime.now(UTC) + timedelta(days=1), "MLP-17"
    )
    owned = servers(made, approval, "")
    # It was never approved: by this label the controller would find servers that should not be there.
    del owned["metadata"]["labels"][MODEL_LABEL]
    platform.kube.create(SERVERS, owned)
    platform.watch_for(SERVERS, lambda each: bool(each["metadata"].get("finalizers")))


def occupy(platform: Platform) -> None:
    """Take all GPUs, by a Job that something else holds on to, by a RayJob that its operator holds on to and by a
    TrainJob, and have a Job wait for them."""
    held = job("held")
    held["metadata"]["finalizers"] = [HOLD]
    trains = train_job("trains", runtime="torch-distributed", gpus_per_node=2)
    for manifest in (held, ray_job("rays"), trains, job("waits", pods=2)):
        platform.kubectl("create", "-f", "-", stdin=json.dumps(manifest))
        if manifest["metadata"]["name"] == "rays":
            platform.watch_for(RAY_CLUSTERS, lambda each: each.get("status", {}).get("state") == "ready")
        if manifest["metadata"]["name"] == "trains":
            platform.wait_for("team-research", "job/held", "jsonpath={.status.ready}=1")
            platform.watch_for(
                "/apis/jobset.x-k8s.io/v1alpha2/namespaces/team-research/jobsets",
                lambda each: any(group["ready"] for group in each.get("status", {}).get("replicatedJobsStatus", [])),
            )
    platform.watch_for(
        WORKLOADS,
        lambda each: each["metadata"]["name"].startswith("job-waits") and "conditions" in each.get("status", {}),
    )


def let_go(platform: Platform) -> None:
    """Once the held Job is being deleted, release it, as whoever put the finalizer there would."""
    platform.watch_for(
        JOBS,
        lambda each: each["metadata"]["name"] == "held" and "deletionTimestamp" in each["metadata"],
        seconds=300,
    )
    none = json.dumps({"metadata": {"finalizers": None}})
    platform.kubectl("patch", "job", "held", "--namespace=team-research", "--type=merge", f"--patch={none}")


def test_down_ends_jobs_that_run_and_wait_and_servers_of_releases_and_leaves_nothing_on_the_machine(
    platform: Platform,
) -> None:
    occupy(platform)
    serve(platform)
    address = platform.session.address
    with ThreadPoolExecutor(1) as beside:
        letting_go = beside.submit(let_go, platform)
        down = subprocess.run(
            ["make", "down"],
            cwd=PROJECT,
            env=os.environ | {"MLPLATFORM_REHEARSAL": NAME},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert down.returncode == 0, down.stdout
        letting_go.result()
    assert "nothing is left" in down.stdout
    assert Session.find(NAME) is None
    host = testinfra.get_host("local://")
    assert address not in host.check_output("ip address")
    assert f"mlp-{NAME}" not in host.check_output("ip netns list").split()
    assert f"rehearsals/{NAME}" not in host.check_output("cat /proc/mounts")
    assert f"/rehearsals/{NAME}/" not in host.check_output("ps -eo args")
    assert not host.file(f"/run/mlplatform/{NAME}").exists
