"""Without root the same command works one level lower, and says what it leaves out."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.session import Session
from tests.rehearsal.conftest import MLPLATFORM, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.rehearsal

NAME = "test-objects"


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `mlplatform rehearse` on a rehearsal of this file's own."""
    done = subprocess.run(
        [MLPLATFORM, "rehearse", *arguments],
        cwd=PROJECT,
        env=os.environ | {"MLPLATFORM_REHEARSAL": NAME},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def summary() -> Iterator[dict[str, Any]]:
    """What the command says of the local stack at level objects."""
    try:
        yield json.loads(rehearse("local", "--level=objects", "--json").stdout)
    finally:
        rehearse("stop", "--remove")


def test_every_pod_is_simulated_and_ready(summary: dict[str, Any]) -> None:
    assert summary["ready"]
    assert not any(pods["real"] for pods in summary["pods"])
    assert sum(pods["simulated"] for pods in summary["pods"]) > 10


def test_every_omission_is_named(summary: dict[str, Any]) -> None:
    assert any("webhooks" in text for text in summary["left_out"])
    assert summary["level_reason"]


def test_a_second_run_changes_nothing_and_down_leaves_nothing(summary: dict[str, Any]) -> None:
    again = json.loads(rehearse("local", "--level=objects", "--json").stdout)
    assert set(again["changes"]) == {"same"}
    assert sum(again["changes"].values()) == sum(summary["changes"].values())
    assert "nothing is left" in rehearse("down", "local").stdout
    assert Session.find(NAME) is None
