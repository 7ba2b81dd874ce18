"""What this machine has left for a build: memory, disk, processors."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

_GIB: Final = 2**30
_CGROUP: Final = Path("/sys/fs/cgroup")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def free_disk_gib(directory: Path) -> float:
    """Free space on the file system of a directory, in GiB."""
    return shutil.disk_usage(directory).free / _GIB


def free_memory_gib() -> float:
    """Memory that can be had without swapping, in GiB; a container's limit counts where it is lower."""
    available = float("inf")
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024
    limit, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    if limit is not None and used is not None:
        available = min(available, limit - used)
    return available / _GIB


def _number(file: Path) -> int | None:
    """The number in a control group's file; ``None`` where there is no such file or no limit (`max`)."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
