"""Where everything of one rehearsal lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.locks import exclusive
from rehearsal.places import state_directory

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?")


@dataclass(frozen=True)
class Layout:
    """The directories of the rehearsal ``name``: its state, and for sockets a short path below /run."""

    name: str
    directory: Path

    @classmethod
    def of(cls, name: str) -> Layout:
        """The layout of a rehearsal on this machine; RehearsalError for a name that cannot be one."""
        if not _NAME.fullmatch(name):
            raise RehearsalError(
                f"a rehearsal cannot be called {name!r}",
                remedy="use at most 30 lower-case letters, digits and dashes, a letter first",
            )
        return cls(name, rehearsals_directory() / name)

    @property
    def runtime(self) -> Path:
        """Sockets and namespaces: root only, and gone after a restart of the machine on most systems."""
        return Path("/run/mlplatform") / self.name

    @property
    def record(self) -> Path:
        """What the rehearsal is; without it there is none."""
        return self.directory / "rehearsal.json"

    @property
    def lock(self) -> Path:
        """Held while the rehearsal is being started or stopped; it stays when the rehearsal's directory goes."""
        return self.directory.with_name(f".{self.name}.lock")

    @property
    def logs(self) -> Path:
        """One file for each part."""
        return self.directory / "logs"

    @property
    def certificates(self) -> Path:
        """Certificates and keys."""
        return self.directory / "certificates"

    @property
    def configuration(self) -> Path:
        """The configuration files of the parts."""
        return self.directory / "configuration"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    @property
    def etcd(self) -> Path:
        """What the API server knows."""
        return self.directory / "etcd"

    @property
    def node(self) -> Path:
        """The real node's own directories, behind the paths built into its programs."""
        return self.directory / "node"

    @property
    def aws(self) -> Path:
        """What the rehearsal's AWS account holds, and how programs find it."""
        return self.directory / "aws"

    @property
    def volumes(self) -> Path:
        """What pods keep on volumes: one directory a claim."""
        return self.directory / "volumes"

    @property
    def images(self) -> Path:
        """containerd's images: kept when the rehearsal stops, so that the next start has nothing to import."""
        return self.directory / "images"

    def machine_lock(self) -> AbstractContextManager[None]:
        """Be the only rehearsal of this machine that takes something of it or gives it back; needs root."""
        return exclusive(self.runtime.parent.parent)

    def kubeconfig_of(self, identity: str) -> Path:
        """The kubeconfig of one program."""
        return self.configuration / f"{identity}.kubeconfig"

    def log(self, part: str) -> Path:
        """The log of one part."""
        return self.logs / f"{part}.log"


def rehearsals_directory() -> Path:
    """The directory with one subdirectory for each rehearsal."""
    return state_directory() / "rehearsals"
