"""Processes that outlive the command which started them, told apart from others that get the same pid later."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROC = Path("/proc")


def boot_id() -> str:
    """The kernel's name for the time since this machine was started."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


@dataclass(frozen=True)
class Process:
    """One process of one boot: a pid that the kernel hands out again does not pass for it.

    ``started`` is the start time in clock ticks since the boot ``boot``.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The live process that has this pid now; None if there is none or it is a zombie."""
        stat = _stat(pid)
        return cls(pid, stat[1], boot_id()) if stat and stat[0] not in "ZX" else None

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie that nobody has waited for does not."""
        return Process.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the process has ended."""
        handle = self.open()
        if handle is None:
            return
        try:
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)

    def open(self) -> int | None:
        """A pidfd of the process, readable once it has ended; None if it has ended already."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        # The pid could have gone to another process before it was opened; from here on it cannot.
        if self.alive:
            return handle
        os.close(handle)
        return None

    def in_namespace(self, kind: str, inode: int) -> bool:
        """Whether its namespace of that kind ("net", "mnt") is the one with this inode."""
        try:
            return (_PROC / str(self.pid) / "ns" / kind).stat().st_ino == inode
        except OSError:
            return False


def end(processes: Iterable[Process], *, grace_seconds: float) -> None:
    """End processes: ask all, then kill those that are left after the grace; return when all are gone.

    Without grace they are killed at once.
    """
    ending = list(processes)
    if grace_seconds > 0:
        for process in ending:
            process.send(signal.SIGTERM)
        ending = _still_running(ending, within_seconds=grace_seconds)
    for process in ending:
        process.send(signal.SIGKILL)
    _still_running(ending, within_seconds=10)


def wait_for_end(processes: Iterable[Process], *, within_seconds: float) -> None:
    """Wait until one of those that live ends, or the time is over."""
    with _watching(processes) as (poll, _):
        poll.poll(within_seconds * 1000)


def with_environment(variable: str) -> Iterator[tuple[Process, str]]:
    """The live processes that were started with this variable in their environment, and its value."""
    prefix = f"{variable}=".encode()
    for pid in pids():
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes()
        except OSError:
            # Ended meanwhile, or another user's.
            continue
        value = next((entry for entry in environment.split(b"\0") if entry.startswith(prefix)), None)
        if value is not None and (process := Process.of(pid)):
            yield process, os.fsdecode(value[len(prefix) :])


def inode_of(pin: Path) -> int | None:
    """What the kernel calls the namespace that is pinned to a file; None if none is.

    A file that was left without its namespace has an inode too, but of another file system.
    """
    try:
        found, namespaces = pin.stat(), Path("/proc/self/ns/net").stat()
    except OSError:
        return None
    return found.st_ino if found.st_dev == namespaces.st_dev else None


def command_line(process: Process) -> list[str]:
    """The process's arguments; empty if it has ended."""
    try:
        line = (_PROC / str(process.pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(argument) for argument in line.split(b"\0")[:-1]]


def pids() -> list[int]:
    """All pids of now."""
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def ancestors() -> set[int]:
    """The pids of this process and of those that it was started by."""
    found: set[int] = set()
    pid = os.getpid()
    while pid > 0 and pid not in found:
        found.add(pid)
        pid = _parent(pid)
    return found


def _parent(pid: int) -> int:
    try:
        return int(_after_name(pid)[1])
    except OSError:
        return 0


def _stat(pid: int) -> tuple[str, int] | None:
    try:
        fields = _after_name(pid)
    except OSError:
        return None
    return fields[0], int(fields[19])


def _after_name(pid: int) -> list[str]:
    # The second field is the program's name in brackets and may itself hold spaces and brackets.
    return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _still_running(processes: list[Process], *, within_seconds: float) -> list[Process]:
    deadline = time.monotonic() + within_seconds
    with _watching(processes) as (poll, waiting):
        while waiting and (left := deadline - time.monotonic()) > 0:
            for handle, _ in poll.poll(left * 1000):
                poll.unregister(handle)
                os.close(handle)
                del waiting[handle]
        return list(waiting.values())


@contextmanager
def _watching(processes: Iterable[Process]) -> Iterator[tuple[select.poll, dict[int, Process]]]:
    """A poll that answers when one of the processes ends, and the live ones by their handles."""
    poll = select.poll()
    live = {handle: process for process in processes if (handle := process.open()) is not None}
    try:
        for handle in live:
            poll.register(handle, select.POLLIN)
        yield poll, live
    finally:
        for handle in live:
            os.close(handle)
