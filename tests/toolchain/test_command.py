"""`mlplatform toolchain` as a user sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from cli import toolchain as command
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from tests.toolchain.workbench import Workbench


@pytest.fixture
def runner(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(Toolchain, "default", classmethod(lambda _cls: workbench.toolchain()))
    return CliRunner()


def test_status_fails_until_everything_is_there(runner: CliRunner) -> None:
    assert runner.invoke(command.app, ["status"]).exit_code == 1
    assert runner.invoke(command.app, ["build"]).exit_code == 0
    result = runner.invoke(command.app, ["status"])
    assert result.exit_code == 0
    assert result.stdout.count("sound") == 3


def test_status_as_data_has_what_a_script_needs(runner: CliRunner) -> None:
    runner.invoke(command.app, ["build", "anvil"])
    states = {state["name"]: state for state in json.loads(runner.invoke(command.app, ["status", "--json"]).stdout)}
    assert states["anvil"]["fault"] is None
    assert states["anvil"]["origin"] == "built"
    assert states["anvil"]["size_bytes"] > 0
    assert states["bellows"]["fault"] == "not installed"


def test_build_makes_only_what_is_named(runner: CliRunner, workbench: Workbench) -> None:
    result = runner.invoke(command.app, ["build", "anvil", "--json"])
    assert list(json.loads(result.stdout)) == ["anvil"]
    assert workbench.calls("begin") == ["anvil"]


def test_an_unknown_tool_is_refused_with_the_ones_there_are(runner: CliRunner) -> None:
    result = runner.invoke(command.app, ["build", "hammer"])
    assert result.exit_code == 2
    assert "hammer: no such tool; there are anvil, bellows, crucible" in result.stderr


def test_clean_says_what_became_free(runner: CliRunner, workbench: Workbench) -> None:
    runner.invoke(command.app, ["build"])
    assert "removed" in runner.invoke(command.app, ["clean"]).stdout
    assert workbench.installed() == set()
