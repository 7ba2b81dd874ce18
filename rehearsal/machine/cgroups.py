"""The control group of one rehearsal's pods: version 1, version 2, or both on one machine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.processes.process import Process, end

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")
"""What kubelet wants to limit, as far as this kernel has it."""

_END_SECONDS = 10.0


@dataclass(frozen=True)
class Hierarchy:
    """One mounted tree of control groups."""

    root: Path
    version: int


def hierarchies(mounts: str | None = None) -> list[Hierarchy]:
    """The trees of this machine, from the text of /proc/self/mounts."""
    text = Path("/proc/self/mounts").read_text() if mounts is None else mounts
    found: dict[Path, Hierarchy] = {}
    for line in text.splitlines():
        _, point, kind, *_ = line.split()
        if kind in ("cgroup", "cgroup2"):
            found[Path(point)] = Hierarchy(Path(point), 2 if kind == "cgroup2" else 1)
    return list(found.values())


@dataclass(frozen=True)
class ControlGroup:
    """The group ``/<name>`` in every tree."""

    name: str

    def ensure(self) -> None:
        """Make the group, with the controllers that kubelet needs handed down to it."""
        for hierarchy in hierarchies():
            directory = hierarchy.root / self.name
            try:
                directory.mkdir(exist_ok=True)
                if hierarchy.version == 2:
                    _hand_down(hierarchy.root)
                    _hand_down(directory)
            except OSError as error:
                raise RehearsalError(
                    f"no control group can be made in {hierarchy.root} ({error.strerror})",
                    remedy="run it where /sys/fs/cgroup is writable (in a container: --privileged)",
                ) from error
            if (directory / "cpuset.cpus").exists() and hierarchy.version == 1:
                _inherit_cpuset(hierarchy.root, directory)

    def processes(self) -> list[Process]:
        """Every process in the group and below."""
        pids = {int(pid) for directory in self._directories() for pid in _read(directory / "cgroup.procs").split()}
        return [process for pid in sorted(pids) if (process := Process.of(pid))]

    def end(self) -> None:
        """Kill every process in the group and take the group away; RehearsalError if that does not succeed."""
        deadline = time.monotonic() + _END_SECONDS
        # One more round where some were started meanwhile, or the kernel has not yet buried all the dead.
        while not self._remove():
            if time.monotonic() > deadline:
                raise RehearsalError(f"control group {self.name} still has processes: {self.processes()}")

    def _remove(self) -> bool:
        end(self.processes(), grace_seconds=0)
        try:
            for directory in self._directories():
                directory.rmdir()
        except OSError:
            return False
        return True

    def _directories(self) -> Iterator[Path]:
        """The group's directories, the deepest first; containerd may take some away meanwhile."""
        for hierarchy in hierarchies():
            for directory, _, _ in os.walk(hierarchy.root / self.name, topdown=False):
                yield Path(directory)


def _hand_down(directory: Path) -> None:
    offered = set(_read(directory / "cgroup.controllers").split())
    handed = set(_read(directory / "cgroup.subtree_control").split())
    for controller in sorted(offered.intersection(_CONTROLLERS) - handed):
        (directory / "cgroup.subtree_control").write_text(f"+{controller}")


def _inherit_cpuset(parent: Path, child: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not _read(child / name).strip():
            (child / name).write_text(_read(parent / name))


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
