"""`make down` leaves nothing: no object in the API server, nothing on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import testinfra

from rehearsal.session import Session
from tests.rehearsal.conftest import NAME, PROJECT
from tests.rehearsal.jobs import job

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal


def occupy(platform: Platform) -> None:
    """Have one job that runs on all GPUs, and one that waits for them."""
    for name in ("runs", "waits"):
        platform.kubectl("create", "-f", "-", stdin=json.dumps(job(name, pods=2)))
        if name == "runs":
            platform.wait_for("team-research", "job/runs", "jsonpath={.status.ready}=2")
    platform.watch_for(
        "/apis/kueue.x-k8s.io/v1beta2/namespaces/team-research/workloads",
        lambda each: each["metadata"]["name"].startswith("job-waits") and "conditions" in each.get("status", {}),
    )


def test_down_destroys_the_stack_with_its_jobs_and_leaves_nothing_on_the_machine(platform: Platform) -> None:
    occupy(platform)
    address = platform.session.address
    down = subprocess.run(
        ["make", "down"],
        cwd=PROJECT,
        env=os.environ | {"MLPLATFORM_REHEARSAL": NAME},
        capture_output=True,
        text=True,
        check=False,
    )
    assert down.returncode == 0, down.stdout + down.stderr
    assert "nothing is left" in down.stdout
    assert Session.find(NAME) is None
    host = testinfra.get_host("local://")
    assert address not in host.check_output("ip address")
    assert f"mlp-{NAME}" not in host.check_output("ip netns list").split()
    assert f"rehearsals/{NAME}" not in host.check_output("cat /proc/mounts")
    assert f"/rehearsals/{NAME}/" not in host.check_output("ps -eo args")
    assert not host.file(f"/run/mlplatform/{NAME}").exists
