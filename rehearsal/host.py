"""What this machine can do for a rehearsal, and what has to be installed first."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.cgroups import ControlGroup, hierarchies
from rehearsal.command import run, succeeds
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from rehearsal.progress import Reporter

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the node's programs are looked for, whatever the user's own PATH is."""

_PROGRAMS = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "mount": "mount",
}
"""The programs of a real node, and the Debian package of each."""
_CNI_PACKAGE = "containernetworking-plugins"
_CNI_DIRECTORIES = (Path("/opt/cni/bin"), Path("/usr/lib/cni"), Path("/usr/libexec/cni"))
_CNI_PROGRAMS = ("ptp", "host-local", "portmap", "loopback")
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}


class Level(Enum):
    """How much of a platform a rehearsal runs."""

    FULL = "full"
    """A real node runs the platform's pods."""
    OBJECTS = "objects"
    """A real control plane; every pod is simulated."""


@dataclass(frozen=True)
class Runtime:
    """The programs of this machine's container runtime; ``cni`` is the directory of the network plugins."""

    containerd: Path
    ctr: Path
    cni: Path


def choose_level() -> tuple[Level, str]:
    """The highest level that this machine can do, and in one sentence why it is not a higher one (or is this)."""
    if os.geteuid() != 0:
        return Level.OBJECTS, "a real node needs root: run the same command with sudo"
    if lacking := _lacking_capabilities():
        return Level.OBJECTS, f"this root user lacks {' and '.join(lacking)}: a container must be privileged"
    if not hierarchies():
        return Level.OBJECTS, "no control groups are mounted: a real node needs /sys/fs/cgroup"
    try:
        group = ControlGroup("mlplatform-probe")
        group.ensure()
        group.end()
    except RehearsalError as error:
        return Level.OBJECTS, str(error)
    missing = missing_packages()
    if missing and shutil.which("apt-get") is None:
        return Level.OBJECTS, f"a real node needs {', '.join(missing)} (names of Debian's packages): install them"
    return Level.FULL, "this machine can run a real node"


def missing_packages() -> list[str]:
    """The Debian packages that a real node needs and whose programs are not here."""
    found = {package for program, package in _PROGRAMS.items() if find_program(program) is None}
    if _cni() is None:
        found.add(_CNI_PACKAGE)
    return sorted(found)


def install_missing(reporter: Reporter, log: Path) -> None:
    """Install what a real node needs by the distribution's package manager; nothing is done if all is here."""
    missing = missing_packages()
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise RehearsalError(
            f"missing on this machine: {names} (names of Debian's packages)",
            remedy="install them with this machine's package manager",
        )
    with reporter.phase(f"install {names}", log=log, expected_seconds=30) as phase:
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
        options = ["-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"]
        try:
            phase.update("apt-get install")
            if not succeeds([*quiet, "install", *options, *missing]):
                # The list of packages is missing or too old.
                phase.update("apt-get update")
                run([*quiet, "update"], seconds=300)
                phase.update("apt-get install")
                run([*quiet, "install", *options, *missing], seconds=600)
        except RehearsalError as error:
            raise RehearsalError(error.cause, remedy=f"install by hand: apt-get install {names}") from error


def runtime() -> Runtime:
    """The container runtime; RehearsalError if there is none."""
    containerd, ctr, cni = find_program("containerd"), find_program("ctr"), _cni()
    if containerd is None or ctr is None or cni is None:
        raise RehearsalError(
            f"missing on this machine: {', '.join(missing_packages())} (names of Debian's packages)",
            remedy="run `mlplatform rehearse` as root to have them installed, or install them by hand",
        )
    return Runtime(containerd, ctr, cni)


def snapshotter(directory: Path) -> str:
    """containerd's way to stack file systems there: overlayfs, which inside many containers the disk cannot carry."""
    with tempfile.TemporaryDirectory(dir=directory) as probe:
        layers = [Path(probe) / name for name in ("lower", "upper", "work", "merged")]
        for layer in layers:
            layer.mkdir()
        lower, upper, work, merged = map(str, layers)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        if not succeeds(["mount", "-t", "overlay", "overlay", "-o", options, merged]):
            return "native"
        run(["umount", "--lazy", merged])
        return "overlayfs"


def find_program(program: str) -> Path | None:
    """Where a program of the node lies; None if it is not on this machine."""
    found = shutil.which(program, path=SEARCH_PATH)
    return Path(found) if found else None


def _cni() -> Path | None:
    for directory in _CNI_DIRECTORIES:
        if all((directory / program).exists() for program in _CNI_PROGRAMS):
            return directory
    return None


def _lacking_capabilities() -> list[str]:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    held = int(status["CapEff"], 16)
    return [name for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
