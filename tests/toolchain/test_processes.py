"""Builds that are interrupted, and builds of two processes at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.toolchain.workbench import Workbench

PROGRAM = """
import sys
from pathlib import Path
from rehearsal.toolchain import tool as tool_module
from tests.toolchain.workbench import Heard, Workbench
directory = Path(sys.argv[1])
tool_module.SOURCES = directory / "sources"
heard = Heard()
try:
    Workbench(directory).toolchain().ensure(sys.argv[2:], heard)
finally:
    print(*heard.titles, sep="\\n")
"""


def start(workbench: Workbench, *tools: str, **environment: str) -> subprocess.Popen[str]:
    """`ensure` of these tools in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(workbench.directory), *tools],
        cwd=Path(__file__).parents[2],
        env={**workbench.go_on_path(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool]) -> None:
    """Wait for something another process does; fails after a generous time."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_takes_its_compilers_along_and_keeps_what_was_done(
    workbench: Workbench, number: int
) -> None:
    workbench.toolchain().ensure(["anvil"], Silent())
    workbench.tell("block", "bellows")
    process = start(workbench, "anvil", "bellows")
    compiler = workbench.state / "compiler"
    until(lambda: compiler.exists() and compiler.read_text().endswith("\n"))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    until(lambda: ended(int(compiler.read_text())))
    assert {name.split("-")[0] for name in workbench.installed()} == {"anvil"}


def test_a_build_goes_on_where_the_last_one_was_killed_and_ends_what_that_left_running(workbench: Workbench) -> None:
    workbench.toolchain().ensure(["anvil"], Silent())
    workbench.tell("block", "bellows")
    process = start(workbench, "anvil", "bellows")
    compiler = workbench.state / "compiler"
    until(lambda: compiler.exists() and compiler.read_text().endswith("\n"))
    process.kill()
    process.communicate(timeout=60)
    assert not ended(int(compiler.read_text()))
    workbench.tell("block")
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    assert workbench.calls("begin") == ["anvil", "bellows", "bellows"]
    assert ".building" not in workbench.installed()
    until(lambda: ended(int(compiler.read_text())))


def test_of_two_processes_one_builds_and_the_other_waits_and_says_so(workbench: Workbench) -> None:
    processes = [start(workbench, "anvil", FAKE_GO_SECONDS="3") for _ in range(2)]
    titles = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert workbench.calls("begin") == ["anvil"]
    assert sorted("Wait for another command" in title for title in titles) == [False, True]
