"""Programs started by the builder: each in a process group of its own, all ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Stopped(Exception):  # noqa: N818
    """The builder is ending: the program was not started, or was ended before it was done."""


class Children:
    """Runs programs from several threads; ``stop`` ends them, their own children too, and lets no more start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> int:
        """Run to the end and return the exit code; output goes to the end of ``log``, stdout to ``output`` if given."""
        with log.open("ab") as messages, (output or log).open("ab" if output is None else "wb") as stdout:
            with self._lock:
                if self._stopped:
                    raise Stopped
                # A group of its own: Ctrl-C reaches us alone, and one signal of ours reaches the compilers too.
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=messages,
                    process_group=0,
                )
                self._running.add(process)
            try:
                code = process.wait()
            except BaseException:
                _kill(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)
        if self._stopped:
            raise Stopped
        return code

    def stop(self) -> None:
        """End every running program at once; what they leave behind lies in the builder's own directories."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)


def end_orphans(marker: str) -> None:
    """End this user's processes that have ``marker`` (`NAME=value`) in their environment: a killed run's programs."""
    wanted = marker.encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
        except OSError:
            continue  # another user's, or it has ended by itself


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
