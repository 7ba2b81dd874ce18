"""Official installations of Pulumi on this machine are used where the version is exactly right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.progress import Silent
from rehearsal.toolchain.tool import Installed
from tests.toolchain.workbench import tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toolchain.workbench import Workbench


def program(file: Path, version: str) -> None:
    """A program that answers `version` as Pulumi does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho v{version}\n")
    file.chmod(0o755)


@pytest.mark.parametrize(("found", "origin"), [("3.259.0", "machine"), ("3.259.1", "built")])
def test_a_command_of_exactly_this_version_is_used(workbench: Workbench, found: str, origin: str) -> None:
    workbench.add(tool("pulumi", installed=Installed("3.259.0", command="pulumi")))
    program(workbench.directory / "go" / "pulumi", found)
    workbench.toolchain().ensure(["pulumi"], Silent())
    assert workbench.toolchain().status()[0].origin == origin


def test_a_host_is_used_only_with_everything_that_belongs_to_it(workbench: Workbench) -> None:
    programs = {name: f"example.org/{name}" for name in ("pulumi-language-python", "pulumi-language-python-exec")}
    workbench.add(tool("host", programs=programs, installed=Installed("3.259.0", command="pulumi")))
    for name in ("pulumi", "pulumi-language-python"):
        program(workbench.directory / "go" / name, "3.259.0")
    workbench.toolchain().ensure(["host"], Silent())
    assert workbench.toolchain().status()[0].origin == "built"


def test_a_plugin_in_pulumis_home_is_used(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(workbench.directory / "home"))
    name, plugin = "pulumi-resource-kubernetes", "resource-kubernetes-v4.25.0"
    workbench.add(tool(name, installed=Installed("4.25.0", plugin=plugin)))
    program(workbench.directory / "home/plugins" / plugin / name, "4.25.0")
    workbench.toolchain().ensure([name], Silent())
    assert workbench.toolchain().status()[0].origin == "machine"


def test_our_own_cache_is_no_official_installation(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench.add(tool("pulumi", installed=Installed("3.259.0", command="pulumi")))
    own = workbench.store / "pulumi-3.259.0-of-another-go" / "bin"
    program(own / "pulumi", "3.259.0")
    monkeypatch.setenv("PATH", f"{workbench.directory / 'go'}:{own}:/usr/bin:/bin")
    workbench.toolchain().ensure(["pulumi"], Silent())
    assert workbench.toolchain().status()[0].origin == "built"
