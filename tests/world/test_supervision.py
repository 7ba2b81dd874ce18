"""A supervisor keeps parts running, whatever dies, itself included."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.processes.parts import MARKER, Part
from rehearsal.processes.process import Process, command_line, end
from rehearsal.processes.supervision import Supervision
from rehearsal.processes.supervisor import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def supervision(tmp_path: Path) -> Iterator[Supervision]:
    supervision = Supervision(tmp_path, tmp_path)
    yield supervision
    for name in supervision.parts.declared():
        supervision.parts.withdraw(name)
    supervision.end_all()


def part(supervision: Supervision, name: str, *command: str) -> Part:
    return Part(name, command, str(supervision.log(name)), environment={"PATH": os.defpath})


def pid(supervision: Supervision, name: str) -> int:
    run = supervision.parts.run_of(name)
    return run.process.pid if run and run.process.alive else 0


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def started(supervision: Supervision, *parts: Part) -> None:
    supervision.ensure(parts)
    until(supervision.all_run)


def test_a_declared_part_runs(supervision: Supervision) -> None:
    started(supervision, part(supervision, "one", "sleep", "60"))
    states = {status.name: status.state for status in supervision.status()}
    assert states == {"one": "running", NAME: "running"}


def test_a_killed_part_is_started_again(supervision: Supervision) -> None:
    started(supervision, part(supervision, "one", "sleep", "60"))
    first = pid(supervision, "one")
    os.kill(first, signal.SIGKILL)
    until(lambda: pid(supervision, "one") not in (0, first))
    status = next(each for each in supervision.status() if each.name == "one")
    assert (status.restarts, status.last_exit) == (1, "signal SIGKILL")


def test_a_part_declared_as_before_is_left_alone(supervision: Supervision) -> None:
    one = part(supervision, "one", "sleep", "60")
    started(supervision, one)
    before = pid(supervision, "one")
    started(supervision, one)
    assert pid(supervision, "one") == before


def test_a_part_declared_otherwise_is_started_anew(supervision: Supervision) -> None:
    started(supervision, part(supervision, "one", "sleep", "60"))
    supervision.ensure([part(supervision, "one", "sleep", "61")])
    until(lambda: pid(supervision, "one"))
    run = supervision.parts.run_of("one")
    assert run
    until(lambda: command_line(run.process) == ["sleep", "61"])


def test_an_ended_part_stays_away(supervision: Supervision) -> None:
    started(supervision, part(supervision, "one", "sleep", "60"), part(supervision, "two", "sleep", "60"))
    gone = pid(supervision, "one")
    supervision.end(["one"], grace_seconds=1)
    assert Process.of(gone) is None
    os.kill(pid(supervision, "two"), signal.SIGKILL)
    until(lambda: pid(supervision, "two"))
    assert "one" not in {status.name for status in supervision.status()}


def test_parts_outlive_a_killed_supervisor_and_the_next_takes_them_over(supervision: Supervision) -> None:
    one = part(supervision, "one", "sleep", "60")
    started(supervision, one)
    before = pid(supervision, "one")
    os.kill(pid(supervision, NAME), signal.SIGKILL)
    until(lambda: not supervision.runs(NAME))
    assert {each.name: each.state for each in supervision.status()} == {"one": "running", NAME: "dead"}
    started(supervision, one)
    assert pid(supervision, "one") == before
    os.kill(before, signal.SIGKILL)
    until(lambda: pid(supervision, "one") not in (0, before))


def test_a_part_that_was_started_but_never_recorded_is_found(supervision: Supervision) -> None:
    supervision.parts.prepare()
    marker = {MARKER: supervision.parts.marker("one")}
    with subprocess.Popen(["sleep", "60"], env=marker) as orphan:
        started(supervision, part(supervision, "one", "sleep", "60"))
        assert pid(supervision, "one") == orphan.pid
        orphan.kill()


def test_what_a_part_has_started_ends_with_all(supervision: Supervision) -> None:
    script = "setsid sleep 60 & echo $!; wait"
    started(supervision, part(supervision, "one", "sh", "-c", script))
    log = supervision.log("one")
    until(lambda: log.read_text().strip())
    grandchild = Process.of(int(log.read_text()))
    assert grandchild
    supervision.parts.withdraw("one")
    supervision.end_all()
    assert not grandchild.alive
    assert supervision.status() == []


def test_a_part_that_keeps_dying_is_an_error_that_names_its_log(supervision: Supervision) -> None:
    supervision.ensure([part(supervision, "one", "sh", "-c", "exit 3")])
    with pytest.raises(RehearsalError, match=r"one does not stay up \(exit code 3\)") as raised:
        supervision.wait(lambda: False, ["one"], "nothing happened", within_seconds=20)
    assert raised.value.log == supervision.log("one")


def test_a_program_that_does_not_exist_is_said_in_the_log(supervision: Supervision) -> None:
    supervision.ensure([part(supervision, "one", "/no/such/program")])
    log = supervision.log("one")
    until(lambda: log.exists() and "No such file" in log.read_text())


def test_waiting_in_vain_is_an_error_that_names_its_log(supervision: Supervision) -> None:
    started(supervision, part(supervision, "one", "sleep", "60"))
    with pytest.raises(RehearsalError, match="no answer within 0 s"):
        supervision.wait(lambda: False, ["one"], "no answer", within_seconds=0.1)


def test_a_supervisor_ends_when_its_directory_is_deleted(tmp_path: Path) -> None:
    directory = tmp_path / "state"
    directory.mkdir()
    supervision = Supervision(directory, tmp_path)
    started(supervision, part(supervision, "one", "sleep", "60"))
    runs = [supervision.parts.run_of(name) for name in ("one", NAME)]
    for file in sorted(directory.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    directory.rmdir()
    processes = [run.process for run in runs if run]
    end(processes[:1], grace_seconds=0)
    until(lambda: not processes[1].alive)
