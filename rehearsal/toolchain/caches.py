"""The Go caches of one run: shared by its tools, shrunk as tools are done, gone at the end."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.toolchain.children import end_orphans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rehearsal.toolchain.tool import Tool

_RENEWED_AFTER_SECONDS: Final = 3600


class Caches:
    """Module and package caches below one directory, which nobody else uses while the builder's lock is held."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def open(self) -> None:
        """Make the directories, without what a run that was killed left there, running or lying."""
        end_orphans(f"GOCACHE={self.directory / 'packages'}")
        self.close()
        for name in ("modules", "packages", "work", "sources", "downloads"):
            (self.directory / name).mkdir(parents=True)

    def close(self) -> None:
        """Remove everything."""
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def forget_modules(self, done: Tool, remaining: Iterable[Tool]) -> None:
        """Remove the modules that ``done`` needed and no remaining tool does; others may build meanwhile."""
        still_needed = {module for tool in remaining for module in _modules(tool)}
        for path, version in _modules(done) - still_needed:
            shutil.rmtree(self.directory / "modules" / f"{path}@{version}", ignore_errors=True)
            for file in (self.directory / "modules/cache/download" / path / "@v").glob(f"{version}.zip"):
                file.unlink(missing_ok=True)

    def age_packages(self, before: float) -> None:
        """Make packages last used before a time look unused for long, so that later uses can be told.

        Go renews the time of an entry that it uses only where that time is more than an hour old.
        """
        now = time.time()
        for entry in self._packages():
            used = entry.stat().st_mtime
            if now - _RENEWED_AFTER_SECONDS < used < before:
                older = used - 2 * _RENEWED_AFTER_SECONDS
                os.utime(entry.path, (older, older))

    def forget_packages(self, unused_since: float, keep_gib: float) -> None:
        """Remove packages not used since a time, the longest unused first, until ``keep_gib`` are left.

        Builds may be running where everything that they use was aged before they began: a compiler or linker never
        loses a file that it was told of, and a package that is wanted again later is compiled again.
        """
        entries = [(entry.stat(), entry.path) for entry in self._packages()]
        size = sum(status.st_size for status, _ in entries)
        for status, path in sorted(entries, key=lambda entry: entry[0].st_mtime):
            if size <= keep_gib * 2**30 or status.st_mtime >= unused_since:
                return
            Path(path).unlink(missing_ok=True)
            size -= status.st_size

    def _packages(self) -> Iterator[os.DirEntry[str]]:
        """The entries of Go's package cache: two files each, below directories named by two hexadecimal digits."""
        for group in os.scandir(self.directory / "packages"):
            if group.is_dir() and len(group.name) == 2:
                yield from os.scandir(group)


def _modules(tool: Tool) -> set[tuple[str, str]]:
    """The modules that a tool's mod files name, path and version as the module cache writes them."""
    text = "\n".join(file.read_text() for file in tool.sources.glob("*.mod"))
    named = re.findall(r"([\w.~-]+(?:/[\w.~-]+)+)\s+(v\d\S*)", text)
    return {(_escaped(path), _escaped(version)) for path, version in named}


def _escaped(name: str) -> str:
    """The module cache's spelling: file systems that ignore case must not mix up two modules."""
    return re.sub(r"[A-Z]", lambda letter: f"!{letter.group().lower()}", name)
