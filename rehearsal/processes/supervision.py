"""The starting side of supervision: makes sure that a supervisor works, and tells it what shall run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.processes.parts import MARKER, Part, Parts
from rehearsal.processes.process import end, wait_for_end
from rehearsal.processes.supervisor import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_ASK_AGAIN_SECONDS = 0.03
_RESTARTS_ALLOWED = 5


@dataclass(frozen=True)
class PartStatus:
    """How one part is: ``state`` is "running", "starting again" or "dead"; ``since`` is Unix time."""

    name: str
    state: str
    pid: int
    since: float
    restarts: int
    last_exit: str
    log: Path


class Supervision:
    """The parts of the rehearsal in ``directory`` and the process that keeps them running."""

    def __init__(self, directory: Path, logs: Path) -> None:
        self.parts = Parts(directory)
        self._logs = logs

    def ensure(self, parts: Iterable[Part]) -> None:
        """Have these parts running, started anew where they are declared otherwise than before."""
        self.parts.prepare()
        before = self.parts.declared()
        for part in parts:
            if before.get(part.name) == part:
                continue
            self.parts.declare(part)
            if part.name in before:
                self._end([part.name], grace_seconds=5)
        self._wake_supervisor()

    def end(self, names: Iterable[str], *, grace_seconds: float) -> None:
        """Stop parts for good and at once: SIGTERM, then SIGKILL after the grace."""
        chosen = list(names)
        for name in chosen:
            self.parts.withdraw(name)
        self._end(chosen, grace_seconds=grace_seconds)
        for name in chosen:
            self.parts.forget(name)

    def end_all(self) -> None:
        """Kill the supervisor and every process that is a part or was started by one."""
        self.end([NAME], grace_seconds=2)
        end([process for _, process in self.parts.marked()], grace_seconds=0)
        for name in self.parts.recorded():
            self.parts.forget(name)

    def all_run(self) -> bool:
        """Whether every declared part runs under a working supervisor."""
        declared = self.parts.declared()
        return bool(declared) and all(self.runs(name) for name in (*declared, NAME))

    def runs(self, name: str) -> bool:
        """Whether this part has a live process."""
        run = self.parts.run_of(name)
        return run is not None and run.process.alive

    def status(self) -> list[PartStatus]:
        """Every part, declared or left over, and whether it runs."""
        declared = self.parts.declared()
        names = sorted({*declared, *self.parts.recorded()})
        supervised = self.runs(NAME)
        return [self._status(name, will_return=supervised and name in declared) for name in names]

    def wait(self, ready: Callable[[], bool], names: Iterable[str], what: str, *, within_seconds: float) -> None:
        """Wait until ``ready`` answers true; ``what`` says in an error what did not happen.

        Fails at once when one of the parts in ``names`` keeps dying.
        """
        watched = list(names)
        before = {name: self._restarts(name) for name in watched}
        deadline = time.monotonic() + within_seconds
        while not ready():
            for name in watched:
                if self._restarts(name) - before[name] > _RESTARTS_ALLOWED:
                    run = self.parts.run_of(name)
                    how = run.last_exit if run else "ended"
                    raise RehearsalError(f"{name} does not stay up ({how})", log=self.log(name))
            if time.monotonic() > deadline:
                raise RehearsalError(f"{what} within {within_seconds:.0f} s", log=self.log(watched[0]))
            # Nobody announces that a part is ready; that one has died is seen at once.
            runs = [self.parts.run_of(name) for name in watched]
            wait_for_end([run.process for run in runs if run], within_seconds=_ASK_AGAIN_SECONDS)

    def log(self, name: str) -> Path:
        """Where the part's output is."""
        return self._logs / f"{name}.log"

    def _status(self, name: str, *, will_return: bool) -> PartStatus:
        run = self.parts.run_of(name)
        alive = run is not None and run.process.alive
        return PartStatus(
            name=name,
            state="running" if alive else "starting again" if will_return else "dead",
            pid=run.process.pid if run else 0,
            since=run.since if run else 0.0,
            restarts=run.restarts if run else 0,
            last_exit=run.last_exit if run else "",
            log=self.log(name),
        )

    def _restarts(self, name: str) -> int:
        run = self.parts.run_of(name)
        return run.restarts if run else 0

    def _end(self, names: list[str], *, grace_seconds: float) -> None:
        runs = [self.parts.run_of(name) for name in names]
        end([run.process for run in runs if run], grace_seconds=grace_seconds)

    def _wake_supervisor(self) -> None:
        run = self.parts.run_of(NAME)
        if run and run.process.alive:
            run.process.send(signal.SIGHUP)
            return
        with self.log(NAME).open("ab") as log:
            started = subprocess.run(
                [sys.executable, "-P", "-m", "rehearsal.processes.supervisor", str(self.parts.directory)],
                env={"PATH": os.defpath, MARKER: self.parts.marker(NAME)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if started.returncode != 0:
            raise RehearsalError("the supervisor cannot be started", log=self.log(NAME))
