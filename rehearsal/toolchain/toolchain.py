"""The programs that a rehearsal runs: checked, and made where they are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.places import cache_directory
from rehearsal.toolchain import go
from rehearsal.toolchain.catalogue import CATALOGUE
from rehearsal.toolchain.store import Installation, Store, key_of
from rehearsal.toolchain.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rehearsal.progress import Reporter
    from rehearsal.toolchain.tool import Tool


@dataclass(frozen=True)
class ToolStatus:
    """One tool of the catalogue and what the cache has of it.

    ``fault`` is ``None`` where the tool is installed and sound, else says why it would be made again;
    ``origin`` is `built`, `release` or `machine`; ``seconds`` is what making it took, or is expected to take.
    """

    name: str
    version: str
    fault: str | None
    origin: str | None
    seconds: float
    size_bytes: int
    directory: Path


class Toolchain:
    """All tools of the catalogue in one cache directory."""

    def __init__(self, directory: Path, catalogue: Mapping[str, Tool] = CATALOGUE) -> None:
        self._store = Store(directory)
        self._catalogue = catalogue

    @classmethod
    def default(cls) -> Toolchain:
        """The toolchain in this user's cache directory."""
        return cls(cache_directory() / "tools")

    @property
    def directory(self) -> Path:
        """Where the installations lie."""
        return self._store.directory

    def ensure(self, tools: Iterable[str], reporter: Reporter) -> Tools:
        """Make what is missing or broken of these tools, and return where everything is.

        Takes milliseconds where nothing is missing. Raises ``RehearsalError`` where a tool cannot be had.
        """
        wanted = [self._catalogue[name] for name in dict.fromkeys(tools)]
        compiler = go.find()
        keys = {tool.name: key_of(tool, compiler.version) for tool in wanted}
        found = {tool.name: self._store.find(tool, keys[tool.name]) for tool in wanted}
        if any(isinstance(state, str) for state in found.values()):
            # Imported where it is needed: the warm check is part of every command's start.
            from rehearsal.toolchain.making import make

            found.update(make(wanted, keys, self._store, compiler, reporter))
        return Tools(state for state in found.values() if isinstance(state, Installation))

    def status(self, *, thorough: bool = False) -> list[ToolStatus]:
        """What the cache has of every tool; ``thorough`` reads every file instead of trusting size and time."""
        compiler = go.find()
        return [self._status(tool, key_of(tool, compiler.version), thorough) for tool in self._catalogue.values()]

    def _status(self, tool: Tool, key: str, thorough: bool) -> ToolStatus:
        state = self._store.find(tool, key, thorough=thorough)
        sound = state if isinstance(state, Installation) else None
        directory = self._store.path(tool, key)
        return ToolStatus(
            name=tool.name,
            version=tool.version,
            fault=None if sound else str(state),
            origin=sound.origin if sound else None,
            seconds=sound.seconds if sound else float(tool.expected_seconds),
            size_bytes=sum(f.stat().st_size for f in directory.rglob("*") if f.is_file()) if sound else 0,
            directory=directory,
        )

    def clean(self, reporter: Reporter) -> int:
        """Remove every installation, of other versions too; returns how many bytes became free."""
        from rehearsal.toolchain.making import remove_all

        return remove_all(self._store, reporter)
