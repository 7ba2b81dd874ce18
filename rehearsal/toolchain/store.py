"""Installations by content: one directory a tool and key, complete or absent, checked whenever it is used."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rehearsal.toolchain.tool import Tool

_MANIFEST: Final = "manifest.json"
_KEY_LENGTH: Final = 12


@dataclass(frozen=True)
class Installation:
    """A tool as it lies in the cache: ``origin`` is `built`, `release` or `machine`."""

    tool: str
    version: str
    key: str
    origin: str
    seconds: float
    directory: Path

    def binary(self, name: str) -> Path:
        """The path of one of the tool's binaries."""
        return self.directory / "bin" / name

    def asset(self, name: str) -> Path:
        """The path of a file or directory that was kept from the tool's modules."""
        return self.directory / "assets" / name


def key_of(tool: Tool, go_version: str) -> str:
    """The key of a tool's content: its sources, the flags and everything kept, the Go version, the machine."""
    digest = hashlib.sha256()
    recipe = (tool.programs, tool.build_flags, tool.embedded, tool.kept, go_version)
    digest.update(repr((recipe, platform.system(), platform.machine())).encode())
    for source in sorted(each for each in tool.sources.rglob("*") if each.is_file()):
        digest.update(f"\0{source.relative_to(tool.sources).as_posix()}\0".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:_KEY_LENGTH]


class Store:
    """The directory of all installations, and how one gets in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, tool: Tool, key: str) -> Path:
        """Where this tool of this key is, or would be."""
        return self.directory / f"{tool.name}-{tool.version}-{key}"

    def find(self, tool: Tool, key: str, *, thorough: bool = False) -> Installation | str:
        """The sound installation, or why there is none in a few words.

        A file whose size, time and mode are as installed is taken as unchanged; ``thorough`` reads it all the same.
        """
        directory = self.path(tool, key)
        try:
            manifest: dict[str, Any] = json.loads((directory / _MANIFEST).read_bytes())
            files: dict[str, list[Any]] = manifest["files"]
            installation = Installation(
                tool=tool.name,
                version=manifest["version"],
                key=key,
                origin=manifest["origin"],
                seconds=manifest["seconds"],
                directory=directory,
            )
        except FileNotFoundError:
            return "not installed"
        except (OSError, ValueError, KeyError, TypeError):
            return "broken: unreadable manifest"
        if missing := {f"bin/{name}" for name in tool.binaries} - files.keys():
            return f"broken: {min(missing)} is missing"
        for name, (size, modified, mode, sha256) in files.items():
            if fault := _fault(directory / name, size, modified, mode, sha256, thorough=thorough):
                return f"broken: {name} {fault}"
        return installation

    def install(self, tool: Tool, key: str, staged: Path, *, origin: str, seconds: float) -> Installation:
        """Put a complete staged directory in place at once; what was there before goes.

        ``staged`` must lie on the same file system as the store.
        """
        directory = self.path(tool, key)
        installation = Installation(tool.name, tool.version, key, origin, round(seconds, 1), directory)
        manifest = {**asdict(installation), "files": _files(staged)}
        del manifest["directory"]
        (staged / _MANIFEST).write_text(json.dumps(manifest, indent=1))
        if directory.exists():
            broken = staged.with_name(f"{staged.name}.replaced")
            directory.rename(broken)
            staged.rename(directory)
            shutil.rmtree(broken)
        else:
            staged.rename(directory)
        return installation


def sha256_of(file: Path) -> str:
    """The SHA-256 sum of a file's content, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(staged: Path) -> Mapping[str, list[Any]]:
    """Size, time of change, mode and sum of every file, by its path in the installation."""
    found = {}
    for file in sorted(f for f in staged.rglob("*") if f.is_file()):
        status = file.stat()
        found[str(file.relative_to(staged))] = [
            status.st_size,
            status.st_mtime_ns,
            status.st_mode,
            sha256_of(file),
        ]
    return found


def _fault(file: Path, size: int, modified: int, mode: int, sha256: str, *, thorough: bool) -> str | None:
    """What is wrong with an installed file, or ``None``."""
    try:
        status = file.stat()
        if status.st_size != size:
            return f"has {status.st_size} bytes, expected {size}"
        if status.st_mode != mode:
            return f"has mode {status.st_mode & 0o7777:o}, expected {mode & 0o7777:o}"
        if (thorough or status.st_mtime_ns != modified) and sha256_of(file) != sha256:
            return "has another content than was installed"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None
