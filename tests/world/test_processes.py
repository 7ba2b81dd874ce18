"""Processes are told apart from others with the same pid, and end when they shall."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rehearsal.processes.process import Process, ancestors, command_line, end, inode_of, with_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], env={"MARK": "a b"}) as process:
        yield process
        process.kill()


def of(child: subprocess.Popen[bytes]) -> Process:
    process = Process.of(child.pid)
    assert process
    return process


def test_a_running_process_is_alive(child: subprocess.Popen[bytes]) -> None:
    assert of(child).alive


def test_a_process_that_was_not_waited_for_is_not_alive(child: subprocess.Popen[bytes]) -> None:
    process = of(child)
    child.kill()
    end([process], grace_seconds=0)
    assert child.returncode is None
    assert not process.alive
    assert Process.of(child.pid) is None


@pytest.mark.parametrize("other", [{"started": 1}, {"boot": "the one before"}])
def test_another_process_with_the_same_pid_is_neither_alive_nor_harmed(
    child: subprocess.Popen[bytes], other: dict[str, object]
) -> None:
    stranger = replace(of(child), **other)  # type: ignore[arg-type]
    assert not stranger.alive
    end([stranger], grace_seconds=0)
    stranger.send(signal.SIGKILL)
    assert child.poll() is None


def test_a_process_that_ignores_the_request_is_killed_after_the_grace() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        begun = time.monotonic()
        end([of(child)], grace_seconds=0.2)
        assert time.monotonic() - begun >= 0.2
        assert child.wait() == -signal.SIGKILL


def test_a_process_is_found_by_its_environment(child: subprocess.Popen[bytes]) -> None:
    assert (of(child), "a b") in list(with_environment("MARK"))
    assert command_line(of(child)) == ["sleep", "60"]


def test_ancestors_reach_from_this_process_to_the_first() -> None:
    assert {os.getpid(), os.getppid(), 1} <= ancestors()


def test_a_plain_file_pins_no_namespace(tmp_path: Path) -> None:
    (tmp_path / "left-over").touch()
    assert inode_of(tmp_path / "left-over") is None
    assert inode_of(tmp_path / "nothing") is None
