"""What the toolchain knows of a tool: what is built, from which package, and what is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = Path(__file__).parent
"""Holds one directory a tool: its go.mod and go.sum, and our own sources where it has any."""


@dataclass(frozen=True)
class Kept:
    """Something of a Go module that is needed after its sources are gone.

    ``source`` is a file or directory in ``module``; ``target`` is where it goes in the installation: below ``bin``
    (made executable) or below ``assets``. ``modfile`` is the file that pins the module: ``unpacked.mod`` for a
    module of which nothing is compiled.
    """

    module: str
    source: str
    target: str
    modfile: str = "go.mod"


@dataclass(frozen=True)
class Embedded:
    """A file of a Go module that our own main package embeds; ``version`` is set in it where it is JSON."""

    module: str
    source: str
    target: str
    version: str | None = None


@dataclass(frozen=True)
class Release:
    """The vendor's own build of the same version for one machine type.

    ``members`` gives each binary's URL; where ``archive`` is set, each binary's path in that tar archive instead.
    ``checksums`` is the vendor's list of SHA-256 sums; ``None``: the sum lies beside each file as ``<url>.sha256``.
    """

    members: Mapping[str, str]
    archive: str | None = None
    checksums: str | None = None


@dataclass(frozen=True)
class Installed:
    """Where an official installation of the tool may lie on this machine already, and its exact version.

    ``command`` is looked up on PATH and asked for its version; ``plugin`` is a directory below
    ``$PULUMI_HOME/plugins``, whose name carries the version.
    """

    version: str
    command: str | None = None
    plugin: str | None = None


@dataclass(frozen=True)
class Tool:
    """One tool: the programs of one go.mod.

    ``programs`` maps a binary's name to its main package; ``stamps`` are linker variables and their values.
    ``expected_seconds`` and ``peak_memory_gib`` were measured on 2 cores with cold caches; ``disk_gib`` is what the
    tool's modules and compiled packages take while it is built.
    """

    name: str
    version: str
    programs: Mapping[str, str]
    expected_seconds: int
    peak_memory_gib: float
    disk_gib: float
    tags: tuple[str, ...] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)
    embedded: tuple[Embedded, ...] = ()
    kept: tuple[Kept, ...] = ()
    release: Mapping[str, Release] = field(default_factory=dict)
    installed: Installed | None = None

    @property
    def sources(self) -> Path:
        """The directory with the tool's go.mod."""
        return SOURCES / self.name

    @cached_property
    def binaries(self) -> tuple[str, ...]:
        """Every file that an installation of this tool has in ``bin``."""
        beside = (k.target.removeprefix("bin/") for k in self.kept if k.target.startswith("bin/"))
        return (*self.programs, *beside)

    @cached_property
    def build_flags(self) -> tuple[str, ...]:
        """The flags of `go build` that shape the binaries: no paths of this machine, no debug data, the stamps."""
        link = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.stamps.items())])
        # The linker would drop the debug data: not making it saves a sixth of the compile time and a fifth of the disk.
        return ("-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", link, "-tags", ",".join(self.tags))
