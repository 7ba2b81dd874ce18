"""Compiles Python sources ahead of time with the image's own Python, whatever Python this machine has.

Containers may not write beside their programs: without compiled files every start of a large application compiles
it anew (Feast: 12 s more on a busy core).
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.images import debian

if TYPE_CHECKING:
    from pathlib import Path

_INTERPRETER: Final = (
    *("libc6", "libexpat1", "zlib1g", "libcrypt1"),
    *("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"),
)
# Fixed, not the number of processors: what a process has compiled before shows in the details of its output.
_PROCESSES: Final = 2


def compile_sources(root: Path, *, place: str, archive: debian.Archive, work: Path) -> None:
    """Write the compiled form of every source file under ``root``, which will lie at ``place`` in the image.

    The compiled files name their sources by ``place`` and are used without a look at the sources' times. A source
    that does not compile (a template, say) is passed over.
    """
    system = work / "python"
    debian.extract(archive.entries(_INTERPRETER), system)
    libraries = next(system.glob("usr/lib/*-linux-gnu"))
    loader = next(libraries.glob("ld-linux*.so.?"))
    argv = [
        *(str(loader), "--library-path", str(libraries), str(system / f"usr/bin/python{debian.PYTHON}")),
        *("-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(root), "-p", f"/{place}"),
    ]
    environment = os.environ | {"PYTHONHOME": str(system / "usr"), "PYTHONHASHSEED": "0"}
    sources = sorted(str(path) for path in root.rglob("*.py"))
    processes = []
    for number in range(_PROCESSES):
        listed = work / f"sources-{number}"
        listed.write_text("\n".join(sources[number::_PROCESSES]))
        processes.append(subprocess.Popen([*argv, "-i", str(listed)], env=environment, stdout=subprocess.DEVNULL))
    try:
        codes = [process.wait() for process in processes]
    finally:
        for process in processes:
            process.kill()
    # 1: some source did not compile.
    if not set(codes) <= {0, 1}:
        raise RehearsalError(f"Debian's Python does not run on this machine: it ended with {codes}")
