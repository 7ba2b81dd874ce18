"""`mlplatform release` against a real API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.release.reading import who_asks
from rehearsal.errors import RehearsalError
from tests.delivery.conftest import release
from tests.delivery.test_definitions import APPROVALS, RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.kube import Kube

pytestmark = pytest.mark.delivery


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no column is folded."""
    monkeypatch.setenv("COLUMNS", "250")


@pytest.fixture
def defects(kube: Kube) -> Iterator[dict[str, Any]]:
    """A release that waits for its approval, after one gate."""
    made = kube.create(RELEASES, release())
    gates = [
        {"name": "artifact", "verdict": "Passed", "by": "release-controller", "evidence": made["spec"]["digest"]},
        {"name": "approval", "verdict": "Pending"},
    ]
    put(kube, {"phase": "AwaitingApproval", "traffic": 0, "lastGate": "artifact: Passed", "gates": gates})
    yield made
    for collection in (RELEASES, APPROVALS):
        for each in kube.list(collection):
            kube.delete(f"{collection}/{each['metadata']['name']}")


def put(kube: Kube, status: dict[str, Any]) -> None:
    wanted = {**release(), "status": status}
    del wanted["spec"]
    kube.apply(wanted, field_manager="a test", subresource="status")


def run(kubeconfig: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["release", *arguments, "--kubeconfig", str(kubeconfig)])
    if done.exception:
        raise done.exception
    return done.output


@pytest.mark.usefixtures("defects")
def test_list_and_show_say_how_far_a_release_is(kubeconfig: Path) -> None:
    listed = run(kubeconfig, "list")
    for word in ("research", "defects-7", "AwaitingApproval", "0 %", "artifact: Passed"):
        assert word in listed
    shown = run(kubeconfig, "show", "defects-7", "--team", "research")
    assert "release-controller" in shown
    (data,) = json.loads(run(kubeconfig, "list", "--team", "research", "--json"))
    assert data["metadata"]["name"] == "defects-7"


def test_approve_writes_down_who_asks_and_which_digest(kubeconfig: Path, kube: Kube, defects: dict[str, Any]) -> None:
    run(kubeconfig, "approve", "defects-7", "--team", "research", "--ticket", "MLP-17")
    (approval,) = kube.list(APPROVALS)
    assert approval["spec"]["approver"] == who_asks(kube)
    assert approval["spec"]["digest"] == defects["spec"]["digest"]


def test_the_author_is_told_that_somebody_else_must_approve(kubeconfig: Path, kube: Kube) -> None:
    kube.create(RELEASES, release("own", author=who_asks(kube)))
    try:
        with pytest.raises(RehearsalError, match="you are the author of own"):
            run(kubeconfig, "approve", "own", "--team", "research", "--ticket", "MLP-17")
        assert kube.list(APPROVALS) == []
    finally:
        kube.delete(f"{RELEASES}/own")


@pytest.mark.usefixtures("defects")
def test_rollback_asks_in_the_users_name_and_only_where_there_is_traffic(kubeconfig: Path, kube: Kube) -> None:
    with pytest.raises(RehearsalError, match="has no traffic, got phase AwaitingApproval"):
        run(kubeconfig, "rollback", "defects-7", "--team", "research")
    previous = {"release": "defects-6", "digest": "sha256:" + "cd" * 32}
    put(kube, {"phase": "Live", "traffic": 100, "previous": previous})
    assert "defects-6" in run(kubeconfig, "rollback", "defects-7", "--team", "research")
    annotations = kube.get(f"{RELEASES}/defects-7")["metadata"]["annotations"]
    assert annotations["mlplatform.dev/roll-back-requested-by"] == who_asks(kube)


@pytest.mark.usefixtures("defects")
def test_history_and_errors_name_what_there_is(kubeconfig: Path) -> None:
    assert "AwaitingApproval" in run(kubeconfig, "history", "defects", "--team", "research")
    with pytest.raises(RehearsalError, match="got cracks") as raised:
        run(kubeconfig, "history", "cracks", "--team", "research")
    assert "it has: defects" in str(raised.value)
    with pytest.raises(RehearsalError, match="no such release, got defects-8"):
        run(kubeconfig, "show", "defects-8", "--team", "research")
