"""How the command speaks: phases with elapsed time, one-line errors, and nothing but data when JSON is asked for."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEARTBEAT_SECONDS = 30
"""How often a phase is heard of where the output is no terminal."""


def console(*, json: bool = False) -> Console:
    """The console for people: standard output, or standard error when the output is data."""
    return Console(stderr=json, highlight=False)


def fail(message: str, *, code: int = 1) -> SystemExit:
    """Print one error for a person and return what ends the command."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[bold red]error[/] {escape(message)}")
    return SystemExit(code)


def clock(seconds: float) -> str:
    """Seconds as people say them: ``8.4 s``, ``3 min 07 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


class ConsoleReporter:
    """Shows each phase of long work: a live line on a terminal, plain lines elsewhere.

    ``times`` holds the seconds of every phase that has ended, in order.
    """

    def __init__(self, out: Console) -> None:
        self._out = out
        self.times: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def phase(
        self, title: str, *, log: Path | None = None, expected_seconds: float | None = None
    ) -> Iterator[ConsolePhase]:
        """Announce work, show it while it lasts, and say how it ended and how long it took."""
        phase = ConsolePhase(self._out, title, expected_seconds)
        phase.start(log)
        started = time.monotonic()
        mark = "[red]✗[/]"
        try:
            yield phase
            mark = "[green]✓[/]"
        finally:
            elapsed = time.monotonic() - started
            phase.stop()
            with self._lock:
                self.times[title] = self.times.get(title, 0.0) + elapsed
            self._out.print(f"{mark} {escape(title)} [dim]{clock(elapsed)}[/]")


class ConsolePhase:
    """One phase as it is seen; phases of several threads may overlap."""

    def __init__(self, out: Console, title: str, expected_seconds: float | None) -> None:
        self._out = out
        self._title = title
        self._expected = expected_seconds
        self._detail = ""
        self._ended = threading.Event()
        self._started = time.monotonic()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self, log: Path | None) -> None:
        """Show the phase."""
        expected = f", about {clock(self._expected)}" if self._expected else ""
        where = f", log {log}" if log else ""
        if not self._out.is_terminal or expected or where:
            self._out.print(f"[cyan]•[/] {escape(self._title + expected + where)}", soft_wrap=True)
        self._ticker.start()

    def update(self, detail: str) -> None:
        """Say what is being done now."""
        self._detail = detail

    def note(self, line: str) -> None:
        """Leave a line that stays."""
        self._out.print(f"  [dim]{escape(line)}[/]", soft_wrap=True)

    def stop(self) -> None:
        """Take the live line away."""
        self._ended.set()
        self._ticker.join()

    def _tick(self) -> None:
        if self._out.is_terminal:
            with self._out.status(self._line()) as status:
                while not self._ended.wait(0.25):
                    status.update(self._line())
            return
        while not self._ended.wait(HEARTBEAT_SECONDS):
            self._out.print(f"  {self._line()}", soft_wrap=True)

    def _line(self) -> str:
        elapsed = clock(time.monotonic() - self._started)
        of = f" of about {clock(self._expected)}" if self._expected else ""
        detail = f" [dim]{escape(self._detail)}[/]" if self._detail else ""
        return f"{escape(self._title)} {elapsed}{of}{detail}"


def interrupted() -> SystemExit:
    """What ends a command that the user interrupted."""
    sys.stderr.write("\ninterrupted; the same command goes on from here\n")
    return SystemExit(130)
