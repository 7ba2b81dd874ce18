"""Python packages as files of an image: the locked wheels of the image's own Python, not of the one that runs this."""

from __future__ import annotations

import configparser
import platform
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.images import bytecode
from rehearsal.images.debian import PYTHON
from rehearsal.images.tree import file, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from rehearsal.images import debian
    from rehearsal.images.tree import Entry

LOCKS: Final = Path(__file__).parent / "locks"
SITE: Final = f"usr/local/lib/python{PYTHON}/dist-packages"
"""Where the image's Python looks for packages besides Debian's."""

# The oldest C library that a wheel may ask for is Debian's own.
_PLATFORM: Final = "manylinux_2_36"
_UNNEEDED: Final = (
    # Scripts that start this machine's Python, and what the installer keeps for itself.
    *("bin/*", ".lock", "*.pth", "*.dist-info/RECORD"),
    # What only developers of the packages read.
    *("*/tests/*", "*/test/*", "*.pyi", "*.pyx", "*.pxd", "*.pxi", "*.c", "*.h", "*.hpp", "*.cpp", "*.a"),
)

COMMAND: Final = """\
#!/usr/bin/python3
import sys

from {module} import {function}

# A process that it spawns imports this file, and is not to start everything again.
if __name__ == "__main__":
    sys.exit({function}())
"""
"""What is at a command's name."""


def install(lock: str, directory: Path) -> None:
    """Put the wheels of a lock (`locks/<lock>.txt`) into a new directory; every file's hash is checked."""
    target = directory / "site"
    argv = [
        *(_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--python", sys.executable, "--python-version", PYTHON),
        *("--python-platform", f"{platform.machine()}-{_PLATFORM}"),
        # A cache of its own, gone with the directory: what is installed is kept as a layer.
        *("--cache-dir", str(directory / "cache"), "--target", str(target)),
        *("--requirement", str(LOCKS / f"{lock}.txt")),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=directory)
    if done.returncode != 0:
        log = directory.with_suffix(".log")
        log.write_text(done.stderr)
        raise RehearsalError(
            f"the Python packages of {lock} cannot be installed: {_cause(done.stderr)}",
            remedy="check that the package index can be reached",
            log=log,
        )


def packages(
    installed: Path, *, without: Collection[str], commands: Collection[str], archive: debian.Archive
) -> Iterator[Entry]:
    """The installed packages where Python finds them, compiled, less some paths (patterns); their commands on PATH.

    A command starts the image's Python: the scripts that an installer writes name this machine's.
    """
    site = installed / "site"
    for entry in list(walk(site, below="")):
        if _matches(entry.path, (*_UNNEEDED, *without)):
            (site / entry.path).unlink()
    bytecode.compile_sources(site, place=SITE, archive=archive, work=installed)
    yield from walk(site, below=SITE)
    points = _entry_points(site)
    for command in commands:
        module, _, function = points[command].partition(":")
        yield file(f"usr/local/bin/{command}", COMMAND.format(module=module, function=function), mode=0o755)


def programs(installed: Path, places: Mapping[str, str], *, without: Collection[str]) -> Iterator[Entry]:
    """Files and directories of the wheels that are no Python, each (a pattern) at its place in the image."""
    site = installed / "site"
    for pattern, place in places.items():
        found = sorted(site.glob(pattern))
        if len(found) != 1:
            raise RehearsalError(f"the Python packages hold {len(found)} paths {pattern}, expected one")
        if found[0].is_dir():
            for entry in walk(found[0], below=place):
                if not _matches(entry.path, without):
                    yield entry
        else:
            yield file(place, found[0], mode=0o755)


def version(lock: str, package: str) -> str:
    """The version of a package in a lock."""
    found = re.search(rf"^{re.escape(package)}==([^\s;\\]+)", (LOCKS / f"{lock}.txt").read_text(), re.MULTILINE)
    if not found:
        raise LookupError(f"locks/{lock}.txt has no {package}")
    return found[1]


def _matches(path: str, patterns: Collection[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _entry_points(site: Path) -> dict[str, str]:
    points: dict[str, str] = {}
    for about in site.glob("*.dist-info/entry_points.txt"):
        parser = configparser.ConfigParser(delimiters=("=",), strict=False, interpolation=None)
        parser.read(about)
        if parser.has_section("console_scripts"):
            points.update(parser.items("console_scripts"))
    return points


def _uv() -> str:
    """The installer: this environment's own, else the one on PATH."""
    own = Path(sys.executable).with_name("uv")
    found = str(own) if own.exists() else shutil.which("uv")
    if not found:
        raise RehearsalError("uv, which installs the images' Python packages, is not here", remedy="pip install uv")
    return found


def _cause(stderr: str) -> str:
    """The line of uv's report that says what is wrong: the last one, below the steps that led there."""
    lines = [line.strip(" \u2570\u2500\u25b6\u00d7\t") for line in stderr.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
