"""`make down` leaves nothing: no object in the API server, nothing on this machine."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import testinfra

from rehearsal.session import Session
from tests.rehearsal.conftest import NAME, PROJECT

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal


def test_down_destroys_the_stack_and_leaves_nothing_on_the_machine(platform: Platform) -> None:
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
