"""A fault in the middle of an update loses nothing: the same command again brings the platform up."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from rehearsal.progress import Silent
from tests.rehearsal.conftest import MLPLATFORM, NAME, PROJECT, start

if TYPE_CHECKING:
    from rehearsal.processes.supervision import PartStatus
    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal


def begin_again_from_nothing(platform: Platform) -> subprocess.Popen[str]:
    """Destroy the stack's objects, then start an update and return when it has made the first of them."""
    with Silent().phase("destroy") as phase:
        assert platform.engine.destroy(phase).succeeded
    update = subprocess.Popen(
        [MLPLATFORM, "rehearse", "local", "--json"],
        cwd=PROJECT,
        env=os.environ | {"MLPLATFORM_REHEARSAL": NAME},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with platform.kube.watch("/api/v1/namespaces", timeout=120) as events:
        for event in events:
            if event.object["metadata"]["name"] == "kueue-system" and event.type == "ADDED":
                return update
    update.kill()
    update.communicate()
    raise AssertionError("the update made nothing")


def part(platform: Platform, name: str) -> PartStatus:
    """How the part of the rehearsal is now."""
    return next(status for status in platform.session.status() if status.name == name)


def test_the_update_after_a_killed_engine_converges(platform: Platform) -> None:
    update = begin_again_from_nothing(platform)
    engine = int((platform.home.operations / "running.pid").read_text())
    os.kill(engine, signal.SIGKILL)
    os.killpg(update.pid, signal.SIGKILL)
    update.communicate()
    assert start().summary["ready"]


def test_the_update_after_a_killed_api_server_converges(platform: Platform) -> None:
    update = begin_again_from_nothing(platform)
    before = part(platform, "kube-apiserver")
    os.kill(before.pid, signal.SIGKILL)
    # What was under way may fail; it must end by itself, and the API server must be back.
    update.communicate(timeout=600)
    assert part(platform, "kube-apiserver").restarts == before.restarts + 1
    assert start().summary["ready"]
