"""What a machine lacks for a real node is said with what to do, or installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from rehearsal import starting
from rehearsal.errors import RehearsalError
from rehearsal.machine import host
from rehearsal.machine.host import Level, choose_level, install_missing, missing_packages
from rehearsal.progress import Silent
from rehearsal.session import Session, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rehearsal.toolchain import Tools

ALL = ["conntrack", "containerd", "containernetworking-plugins", "iproute2", "iptables", "mount", "runc"]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program; returns the directory where its programs would be."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setattr(host, "SEARCH_PATH", str(programs))
    monkeypatch.setattr(host, "_CNI_DIRECTORIES", (tmp_path / "cni",))
    monkeypatch.setenv("PATH", f"{programs}:{os.defpath}")
    monkeypatch.setattr("rehearsal.machine.host.shutil.which", _which_in(programs))
    return programs


def _which_in(programs: Path) -> Callable[..., str | None]:
    def which(program: str, path: str | None = None) -> str | None:
        del path
        return str(programs / program) if (programs / program).exists() else None

    return which


def program(directory: Path, name: str, script: str) -> None:
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_missing_programs_are_named_by_their_packages(bare: Path) -> None:
    assert set(ALL) <= set(missing_packages())
    program(bare, "runc", "")
    assert "runc" not in missing_packages()


def test_packages_are_installed_without_fetching_lists_that_are_there(bare: Path, tmp_path: Path) -> None:
    program(bare, "apt-get", f'echo "$@" >> {tmp_path}/calls')
    install_missing(Silent(), tmp_path / "log")
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.endswith(f"install --no-install-recommends {' '.join(missing_packages())}")


def test_lists_of_packages_are_fetched_when_installing_fails(bare: Path, tmp_path: Path) -> None:
    script = f"""echo "$@" >> {tmp_path}/calls
case "$*" in *update*) touch {tmp_path}/lists;; *) test -e {tmp_path}/lists;; esac"""
    program(bare, "apt-get", script)
    install_missing(Silent(), tmp_path / "log")
    verbs = [
        verb
        for call in (tmp_path / "calls").read_text().splitlines()
        for verb in ("install", "update")
        if verb in call.split()
    ]
    assert verbs == ["install", "update", "install"]


def test_a_failed_installation_says_how_to_do_it_by_hand(bare: Path, tmp_path: Path) -> None:
    program(bare, "apt-get", "echo 'E: no network' >&2; exit 100")
    with pytest.raises(RehearsalError, match="cannot be installed") as raised:
        install_missing(Silent(), tmp_path / "log")
    assert raised.value.log
    assert "E: no network" in raised.value.log.read_text()
    assert "apt-get update && apt-get install conntrack containerd" in raised.value.remedy


def test_another_distribution_is_told_the_packages(bare: Path, tmp_path: Path) -> None:
    assert not (bare / "apt-get").exists()
    with pytest.raises(RehearsalError, match="conntrack, containerd") as raised:
        install_missing(Silent(), tmp_path / "log")
    assert "package manager" in raised.value.remedy


def test_without_root_there_is_no_real_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.machine.host.os.geteuid", lambda: 1000)
    assert choose_level() == (Level.OBJECTS, "a real node needs root: run the same command with sudo")


def test_a_level_that_cannot_be_reached_is_refused_before_anything_is_touched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_tools: Tools
) -> None:
    monkeypatch.setenv("MLPLATFORM_STATE", str(tmp_path))
    monkeypatch.setattr(starting, "obstacle", lambda: "a real node needs root")
    with pytest.raises(RehearsalError, match="needs root"):
        Session.start("local", no_tools, World(), Silent(), Level.FULL)
    assert not (tmp_path / "rehearsals" / "local").exists()


def test_a_state_directory_that_cannot_be_written_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_tools: Tools
) -> None:
    # Even root cannot make a directory below a file.
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLPLATFORM_STATE", str(tmp_path / "file"))
    with pytest.raises(RehearsalError, match=str(tmp_path / "file")) as raised:
        Session.start("local", no_tools, World(), Silent(), Level.OBJECTS)
    assert "MLPLATFORM_STATE" in raised.value.remedy
