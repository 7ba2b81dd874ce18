"""What layers are made from: each part knows its key before it is made, and its files once it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import certifi

from rehearsal.images import debian, wheels
from rehearsal.images.tree import Entry, directory, file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rehearsal.toolchain.tools import Tools

FILES: Final = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Sources:
    """Where parts come from: the built tools, Debian's archive, and an empty directory to work in."""

    tools: Tools
    debian: debian.Archive
    work: Path


class Part(Protocol):
    """Some files of a layer."""

    def key(self, tools: Tools) -> str:
        """Another text whenever the files would be others; found without making them."""

    def entries(self, sources: Sources) -> Iterable[Entry]:
        """The files."""


@dataclass(frozen=True)
class Program:
    """A static binary of the toolchain at a path of the image."""

    binary: str
    path: str

    def key(self, tools: Tools) -> str:
        source = tools.binary(self.binary).resolve()
        status = source.stat()
        # The path holds the tool's own key; size and time tell an installation that was made again.
        return f"{self.path}={source} {status.st_size} {status.st_mtime_ns}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        yield file(self.path.lstrip("/"), sources.tools.binary(self.binary), mode=0o755)


@dataclass(frozen=True)
class Account:
    """The user that the image's processes run as, with the directories that it owns; group id as user id."""

    name: str
    uid: int
    home: str = "/"
    owns: tuple[str, ...] = ()

    def key(self, tools: Tools) -> str:
        del tools
        return repr(self)

    def entries(self, sources: Sources) -> Iterator[Entry]:
        del sources
        users = f"root:x:0:0:root:/root:/sbin/nologin\n{self.name}:x:{self.uid}:{self.uid}::{self.home}:/sbin/nologin\n"
        yield file("etc/passwd", users)
        yield file("etc/group", f"root:x:0:\n{self.name}:x:{self.uid}:\n")
        yield directory("tmp", mode=0o1777)
        for path in self.owns:
            # Writable for whatever user a pod is given, as upstream's are.
            yield directory(path.lstrip("/"), mode=0o1777, owner=self.uid)


@dataclass(frozen=True)
class Certificates:
    """The public authorities that a client believes."""

    path: str = "etc/ssl/certs/ca-certificates.crt"

    def key(self, tools: Tools) -> str:
        del tools
        return f"certifi {certifi.__version__}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        del sources
        yield file(self.path, Path(certifi.where()))


@dataclass(frozen=True)
class DebianSystem:
    """The directories of a Debian system and some of its packages."""

    packages: tuple[str, ...]
    base: bool = True
    """Whether it is the lowest layer, with the directories that every system has."""

    def key(self, tools: Tools) -> str:
        del tools
        # Not the packages' versions: they are the archive's newest when the layer is made, and stay so.
        return f"{debian.SUITE} {self!r}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        if self.base:
            yield from debian.base()
        yield from sources.debian.entries(self.packages)


@dataclass(frozen=True)
class PythonPackages:
    """The wheels of a lock: as Python packages with some commands, or only the programs that they carry."""

    lock: str
    commands: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)

    def key(self, tools: Tools) -> str:
        del tools
        lock = (wheels.LOCKS / f"{self.lock}.txt").read_bytes()
        started = wheels.COMMAND if self.commands else ""
        return f"{hashlib.sha256(lock + started.encode()).hexdigest()} {self!r}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        wheels.install(self.lock, sources.work)
        if self.programs:
            return wheels.programs(sources.work, self.programs, without=self.without)
        return wheels.packages(sources.work, without=self.without, commands=self.commands, archive=sources.debian)


@dataclass(frozen=True)
class Script:
    """One of our own scripts (`files/<name>`) at a path of the image."""

    name: str
    path: str

    def key(self, tools: Tools) -> str:
        del tools
        return f"{self.path}={hashlib.sha256((FILES / self.name).read_bytes()).hexdigest()}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        del sources
        yield file(self.path.lstrip("/"), FILES / self.name, mode=0o755)
