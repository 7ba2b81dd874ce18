"""What this machine can do for a rehearsal, and what has to be installed first."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.machine.cgroups import ControlGroup, hierarchies
from rehearsal.machine.command import run, succeeds

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
    """The highest level that this machine can do, and in one sentence why not a higher one (or why this)."""
    if reason := obstacle():
        return Level.OBJECTS, reason
    return Level.FULL, "this machine can run a real node"


def obstacle() -> str | None:
    """What keeps this machine from running a real node, and what to do; None if nothing does.

    Packages that can be installed are no obstacle.
    """
    if os.geteuid() != 0:
        return "a real node needs root: run the same command with sudo"
    if lacking := _lacking_capabilities():
        return f"a real node needs {' and '.join(lacking)}: run this container with --privileged"
    if not hierarchies():
        return "a real node needs control groups: mount /sys/fs/cgroup"
    try:
        probe = ControlGroup(f"mlplatform-probe-{os.getpid()}")
        probe.ensure()
        probe.end()
    except RehearsalError as error:
        return str(error)
    missing = missing_packages()
    if missing and not _has_apt():
        return f"a real node needs {_packages(missing)}: install them with this machine's package manager"
    return None


def missing_packages() -> list[str]:
    """The Debian packages that a real node needs and whose programs are not here."""
    found = {package for program, package in _PROGRAMS.items() if find_program(program) is None}
    if _cni() is None:
        found.add(_CNI_PACKAGE)
    return sorted(found)


def install_missing(reporter: Reporter, log: Path) -> None:
    """Install what a real node needs by the distribution's package manager; nothing is done if all is here.

    What the package manager says goes to ``log``.
    """
    missing = missing_packages()
    if not missing:
        return
    if not _has_apt():
        raise RehearsalError(
            f"missing on this machine: {_packages(missing)}",
            remedy="install them with this machine's package manager",
        )
    install = ["install", "--no-install-recommends", *missing]
    with reporter.phase(f"install {' '.join(missing)}", log=log, expected_seconds=30) as phase:
        # The lists of packages may be missing or too old: then a second try has new ones.
        for verb in (install, ["update"], install):
            phase.update(f"apt-get {verb[0]}")
            if _apt_get(verb, log) and verb is install:
                return
    by_hand = f"apt-get update && apt-get install {' '.join(missing)}"
    raise RehearsalError(f"{_packages(missing)} cannot be installed", remedy=f"try `{by_hand}`", log=log)


def runtime() -> Runtime:
    """The container runtime; RehearsalError if there is none."""
    containerd, ctr, cni = find_program("containerd"), find_program("ctr"), _cni()
    if containerd is None or ctr is None or cni is None:
        raise RehearsalError(
            f"missing on this machine: {_packages(missing_packages())}",
            remedy="on Debian and Ubuntu set-up installs them; elsewhere use this machine's package manager",
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


def _has_apt() -> bool:
    return shutil.which("apt-get") is not None


def _apt_get(arguments: list[str], log: Path) -> bool:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        argv = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=120", *arguments]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(argv, env=environment, stdout=output, stderr=output, check=False).returncode == 0


def _packages(names: list[str]) -> str:
    return f"{', '.join(names)} (as Debian calls the packages)"


def _cni() -> Path | None:
    for directory in _CNI_DIRECTORIES:
        if all((directory / program).exists() for program in _CNI_PROGRAMS):
            return directory
    return None


def _lacking_capabilities() -> list[str]:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    held = int(status["CapEff"], 16)
    return [name for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
