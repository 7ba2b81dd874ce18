"""Takes a rehearsal away, whole or in pieces: what does not exist is passed over, what fails is named at the end."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.machine import tunables
from rehearsal.machine.claims import Machine
from rehearsal.machine.command import run
from rehearsal.machine.containers import Containers
from rehearsal.machine.host import find_program
from rehearsal.processes.process import Process, ancestors, end, pids
from rehearsal.processes.supervision import Supervision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.layout import Layout

_AGENTS = (
    "kubelet",
    "kube-proxy",
    "kwok",
    "cert-stand-in",
    "volume-stand-in",
    "kube-scheduler",
    "kube-controller-manager",
)
_GRACE_SECONDS = 3.0
_ESCAPE = re.compile(r"\\([0-7]{3})")
"""How the kernel's list of mounts writes blanks in a path."""


@dataclass
class Teardown:
    """The stop of one rehearsal. It works from names and places alone, so that no record is needed.

    ``notes`` says afterwards what was left on purpose.
    """

    layout: Layout
    notes: list[str] = field(default_factory=list)
    _failures: list[str] = field(default_factory=list)

    def run(self, *, remove: bool) -> None:
        """Stop every process and take everything away but logs and imported images; with ``remove`` these too.

        RehearsalError names what could not be taken away; the rest is gone all the same.
        """
        is_root = os.geteuid() == 0
        if is_root:
            self._machine.refuse_if_foreign()
        self._step(self._end_parts)
        if is_root:
            self._step(self._end_visitors)
            self._step(self._leave_machine)
        self._step(lambda: self._delete_files(remove=remove))
        if self._failures:
            raise RehearsalError(
                f"rehearsal {self.layout.name} could not be taken away whole: {'; '.join(self._failures)}",
                remedy="run the same command again",
            )

    def _step(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (RehearsalError, OSError) as error:
            self._failures.append(str(error))

    def _end_parts(self) -> None:
        parts = Supervision(self.layout.directory, self.layout.logs)
        for name in parts.parts.declared():
            parts.parts.withdraw(name)
        # kubelet first, or it starts pods again; the API server before etcd, or it does not end.
        parts.end(_AGENTS, grace_seconds=0)
        parts.end(["kube-apiserver"], grace_seconds=0)
        parts.end(["etcd"], grace_seconds=0)
        if os.geteuid() == 0:
            self._step(self._machine.control_group.end)
            self._step(self._remove_containers)
        parts.end(["containerd"], grace_seconds=_GRACE_SECONDS)
        parts.end_all()

    def _remove_containers(self) -> None:
        socket = self.layout.runtime / "containerd.sock"
        ctr = find_program("ctr")
        # Without containerd the next one does it, when the next rehearsal starts.
        if ctr and (containers := Containers(ctr, socket)).answer():
            containers.remove()

    def _end_visitors(self) -> None:
        """End what others started inside: an engine, a shell, a server of a test."""
        inside = list(self._inside())
        own = ancestors()
        visitors = [process for process in inside if process.pid not in own]
        if len(visitors) < len(inside):
            self.notes.append("this command was started inside the rehearsal: its shell goes on without a network")
        end(visitors, grace_seconds=_GRACE_SECONDS)

    def _inside(self) -> Iterator[Process]:
        namespaces = self._machine.namespaces()
        for pid in pids():
            process = Process.of(pid)
            if process and any(process.in_namespace(kind, inode) for kind, inode in namespaces):
                yield process

    def _leave_machine(self) -> None:
        self._step(self._machine.control_group.end)
        self._step(self._machine.mounts.remove)
        self._step(self._unmount)
        self._step(self._machine.space.remove)
        with self.layout.machine_lock():
            if self.layout.runtime.exists():
                shutil.rmtree(self.layout.runtime)
            place = self.layout.runtime.parent
            if place.exists():
                tunables.restore(place)
                # Another rehearsal may need it still.
                with contextlib.suppress(OSError):
                    place.rmdir()

    def _unmount(self) -> None:
        for point in reversed(self._mounted()):
            run(["umount", "--lazy", point])

    def _mounted(self) -> list[str]:
        below = tuple(f"{place}/" for place in (self.layout.directory, self.layout.runtime))
        lines = Path("/proc/self/mounts").read_text().splitlines()
        points = [_ESCAPE.sub(lambda code: chr(int(code[1], 8)), line.split()[1]) for line in lines]
        return [point for point in points if point.startswith(below)]

    def _delete_files(self, *, remove: bool) -> None:
        if mounted := self._mounted():
            raise RehearsalError(f"nothing is deleted below {mounted[0]}: it is a mount")
        kept = set() if remove else {self.layout.images, self.layout.logs}
        # The record first: a rehearsal that is half deleted must not look like one.
        self.layout.record.unlink(missing_ok=True)
        if not self.layout.directory.is_dir():
            return
        for entry in self.layout.directory.iterdir():
            if entry in kept:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if remove:
            self.layout.directory.rmdir()

    @property
    def _machine(self) -> Machine:
        # What goes is found by name: the addresses do not matter.
        return Machine.of(self.layout, "0.0.0.0/30")
