"""Kernel settings of the whole machine that kubelet changes, and their return when the last rehearsal stops."""

from __future__ import annotations

import contextlib
from pathlib import Path

from rehearsal.files import read_json, write_json

_SETTINGS = (
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)
"""What kubelet 1.36 sets when it is not told to refuse other values (``protectKernelDefaults``)."""


def remember(directory: Path) -> None:
    """Note the present values, unless a rehearsal that still runs has done so."""
    file = directory / "tunables.json"
    if not file.exists():
        write_json(file, {name: _path(name).read_text() for name in _SETTINGS if _path(name).exists()})


def restore(directory: Path) -> None:
    """Set the noted values again, if no rehearsal is left in the directory."""
    file = directory / "tunables.json"
    if not file.exists() or any(entry.is_dir() for entry in directory.iterdir()):
        return
    for name, value in (read_json(file) or {}).items():
        # A value that the kernel of a container refuses was not kubelet's either.
        with contextlib.suppress(OSError):
            _path(name).write_text(value)
    file.unlink()


def _path(name: str) -> Path:
    return Path("/proc/sys") / name
