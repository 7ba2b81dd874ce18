"""Runs a stack's program with the real Pulumi engine inside a rehearsal."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.engine.events import EventLog, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.engine.home import EngineHome
    from rehearsal.progress import Phase


@dataclass(frozen=True)
class Engine:
    """The operations of Pulumi on one stack of one rehearsal; each can be run again after a crash."""

    home: EngineHome

    def up(self, phase: Phase) -> Outcome:
        """Create or update the platform."""
        return self._operate("up", ("--yes", "--skip-preview"), phase)

    def preview(self, phase: Phase) -> Outcome:
        """Say what an update would change, and change nothing."""
        return self._operate("preview", (), phase)

    def destroy(self, phase: Phase) -> Outcome:
        """Delete everything that the program made."""
        # The engine would write its whole state twice a step, which takes longer than the deletions. Without that
        # an interrupted destroy deletes some objects again, and finds them gone. An update must not do so: what it
        # has made and not written down would be lost.
        hasty = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        return self._operate("destroy", ("--yes", "--skip-preview"), phase, hasty)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one short Pulumi command and return what it printed."""
        return subprocess.run(
            self.home.session.command([str(self.home.pulumi), *arguments, "--non-interactive"]),
            cwd=self.home.project,
            env=self.home.environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def outputs(self) -> dict[str, Any]:
        """What the program exports; secrets stay masked."""
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json").stdout or "{}")
        return outputs

    def retained(self) -> set[str]:
        """The URNs of what destroy will leave where it is, because the program says so."""
        state = json.loads(self.run("stack", "export").stdout or "{}")
        resources = state.get("deployment", {}).get("resources") or []
        return {each["urn"] for each in resources if each.get("retainOnDelete")}

    def log_of(self, verb: str) -> Path:
        """Where the engine's own output of the last such operation is kept."""
        return self.home.operations / f"{verb}.log"

    def last_error(self, verb: str) -> str:
        """What the engine said last, where it ended before it could begin; empty if it said no error."""
        lines = self.log_of(verb).read_text(errors="replace").splitlines()
        said = [line.strip().removeprefix("error: ") for line in lines if line.strip().startswith("error: ")]
        return said[-1] if said else ""

    def end_abandoned_operation(self) -> None:
        """Stop an engine that outlived the command which started it, and take away the lock of a dead one."""
        if not self._running.exists():
            return
        pid = int(self._running.read_text() or 0)
        if _is_engine_of(self._running, pid):
            os.kill(pid, signal.SIGINT)
            if not _ends(pid, within_seconds=60):
                os.kill(pid, signal.SIGKILL)
                _ends(pid, within_seconds=10)
        self.run("cancel", "--yes", "--stack", self.home.stack)
        self._running.unlink(missing_ok=True)

    @property
    def _running(self) -> Path:
        return self.home.operations / "running.pid"

    def _operate(
        self, verb: str, options: tuple[str, ...], phase: Phase, settings: Mapping[str, str] | None = None
    ) -> Outcome:
        self.end_abandoned_operation()
        events = self.home.operations / f"{verb}.events.jsonl"
        events.unlink(missing_ok=True)
        argv = [str(self.home.pulumi), verb, *options, "--non-interactive", "--color=never"]
        with self.log_of(verb).open("wb") as log:
            process = subprocess.Popen(
                self.home.session.command([*argv, f"--event-log={events}"]),
                cwd=self.home.project,
                # The event log is offered only together with the debugging commands.
                env={**self.home.environment(), "PULUMI_DEBUG_COMMANDS": "true", **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            self._running.write_text(str(process.pid))
            outcome = _follow(process, EventLog(events), phase)
        self._running.unlink()
        return outcome


def _follow(process: subprocess.Popen[bytes], events: EventLog, phase: Phase) -> Outcome:
    while True:
        try:
            # An interrupt reaches the engine too, as one of the same terminal: it ends its steps and unlocks.
            code = process.wait(timeout=0.25)
        except subprocess.TimeoutExpired:
            if events.read():
                phase.update(f"{events.outcome.steps_done} done, now {events.outcome.in_flight}")
        except KeyboardInterrupt:
            process.wait()
            raise
        else:
            events.read()
            events.outcome.succeeded = code == 0
            return events.outcome


def _is_engine_of(record: Path, pid: int) -> bool:
    """Whether that process is alive and works with the home that the record lies in: pids are used again."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"PULUMI_HOME={record.parent.parent}".encode() in environment.split(b"\0")


def _ends(pid: int, *, within_seconds: float) -> bool:
    """Wait until a process that is not our child has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([handle], [], [], within_seconds)
        return bool(ready)
    finally:
        os.close(handle)
