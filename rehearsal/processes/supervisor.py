"""Keeps the declared parts of one rehearsal running: ``python -m rehearsal.processes.supervisor DIRECTORY``.

It starts what is declared and does not run, starts again what dies, and takes over what an earlier supervisor
left running. Killed at any moment it loses nothing: all that it knows is in the files of ``rehearsal.processes.parts``.
SIGHUP tells it that declarations have changed. SIGTERM ends it and leaves the parts alone.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.processes.parts import MARKER, Part, Parts, Run
from rehearsal.processes.process import Process, command_line

if TYPE_CHECKING:
    from types import FrameType

NAME = "supervisor"
LOCK = "supervisor.lock"

_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0
_STEADY_SECONDS = 20.0
"""A part that ran this long is started again without delay when it dies."""
_LOG_LIMIT_BYTES = 20_000_000
_LOOK_AROUND_SECONDS = 5.0


@dataclass
class _Watched:
    run: Run
    handle: int
    child: subprocess.Popen[bytes] | None
    """None for a process that an earlier supervisor started."""


class Supervisor:
    """Holds one handle for each running part, and the time before which a dead one is not started again."""

    def __init__(self, directory: Path) -> None:
        self._parts = Parts(directory)
        self._watched: dict[str, _Watched] = {}
        self._due: dict[str, float] = {}
        self._delay: dict[str, float] = {}
        self._stopping = False

    def run(self) -> None:
        """Work until SIGTERM, or until the rehearsal's directory is gone."""
        woken = self._wake_up_on(signal.SIGHUP, signal.SIGTERM)
        if me := Process.of(os.getpid()):
            self._parts.record(NAME, Run(me, time.time()))
        while not self._stopping and self._parts.declarations.is_dir():
            self._start_due()
            self._wait(woken)

    def _wake_up_on(self, *numbers: signal.Signals) -> int:
        woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        for number in numbers:
            signal.signal(number, self._on_signal)
        return woken

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._stopping = self._stopping or number == signal.SIGTERM

    def _start_due(self) -> None:
        now = time.monotonic()
        declared = self._parts.declared()
        self._due = {name: due for name, due in self._due.items() if name in declared}
        for name, part in declared.items():
            waits = self._due.get(name, 0.0) > now
            if name not in self._watched and not waits and not self._take_over(part):
                self._start(part)

    def _take_over(self, part: Part) -> bool:
        run = self._parts.run_of(part.name)
        if run is None or not run.process.alive:
            # Perhaps started by a supervisor that was killed before it could write the record.
            run = next(
                (
                    Run(process, time.time())
                    for name, process in self._parts.marked()
                    if name == part.name and command_line(process) == list(part.command)
                ),
                None,
            )
        return run is not None and self._watch(part.name, run, None)

    def _start(self, part: Part) -> None:
        before = self._parts.run_of(part.name)
        try:
            child = _spawn(part, self._parts.directory)
        except OSError as error:
            with Path(part.log).open("a") as log:
                log.write(f"cannot be started: {error}\n")
            self._postpone(part.name, ran_seconds=0.0)
            return
        # It may have died by now, but its pid stays its own until it has been waited for.
        process = Process.of(child.pid) or Process(child.pid, 0, "")
        run = Run(
            process,
            time.time(),
            restarts=before.restarts + 1 if before else 0,
            last_exit=before.last_exit if before else "",
        )
        if not self._watch(part.name, run, child):
            self._ended(part.name, run, child)

    def _watch(self, name: str, run: Run, child: subprocess.Popen[bytes] | None) -> bool:
        handle = run.process.open()
        if handle is None:
            return False
        self._parts.record(name, run)
        self._watched[name] = _Watched(run, handle, child)
        return True

    def _wait(self, woken: int) -> None:
        poll = select.poll()
        poll.register(woken, select.POLLIN)
        names = {watched.handle: name for name, watched in self._watched.items()}
        for handle in names:
            poll.register(handle, select.POLLIN)
        waiting = [due - time.monotonic() for name, due in self._due.items() if name not in self._watched]
        timeout = max(0.0, min([_LOOK_AROUND_SECONDS, *waiting]))
        for handle, _ in poll.poll(timeout * 1000 + 1):
            if handle == woken:
                os.read(woken, 64)
            else:
                os.close(handle)
                watched = self._watched.pop(names[handle])
                self._ended(names[handle], watched.run, watched.child)

    def _ended(self, name: str, run: Run, child: subprocess.Popen[bytes] | None) -> None:
        how = _exit_of(child) if child else "ended"
        if name in self._parts.declared():
            self._parts.record(name, replace(run, last_exit=how))
            self._postpone(name, ran_seconds=time.time() - run.since)

    def _postpone(self, name: str, *, ran_seconds: float) -> None:
        steady = ran_seconds > _STEADY_SECONDS
        delay = 0.0 if steady else self._delay.get(name, _FIRST_DELAY_SECONDS)
        self._delay[name] = _FIRST_DELAY_SECONDS if steady else min(delay * 2, _LONGEST_DELAY_SECONDS)
        self._due[name] = time.monotonic() + delay


def _spawn(part: Part, directory: Path) -> subprocess.Popen[bytes]:
    log = Path(part.log)
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(
            [*part.through, *part.command],
            env={**part.environment, MARKER: str(directory / part.name)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _exit_of(child: subprocess.Popen[bytes]) -> str:
    code = child.wait()
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def main() -> None:
    """Supervise the rehearsal in the directory of the first argument, unless another supervisor does.

    The work goes on in a process of its own, which belongs to no terminal and no caller.
    """
    directory = Path(sys.argv[1])
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        # The lock is held as long as one of the two processes lives.
        if os.fork() == 0:
            os.setsid()
            os.chdir("/")
            Supervisor(directory).run()


if __name__ == "__main__":
    main()
