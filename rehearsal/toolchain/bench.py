"""Where tools are put together: beside the store, on the same file system, gone when the run is over."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rehearsal.toolchain.caches import Caches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.toolchain.store import Store
    from rehearsal.toolchain.tool import Tool


class Bench:
    """One run's place of work; the run holds the store's lock."""

    def __init__(self, store: Store, keys: Mapping[str, str]) -> None:
        self._store = store
        self._keys = keys
        self.caches = Caches(store.directory / ".building")
        self.logs = store.directory / "logs"

    def __enter__(self) -> Self:
        self.caches.open()
        self.logs.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.caches.close()

    def make(self, tool: Tool, origin: str, fill: Callable[[Path], None]) -> float:
        """Install what ``fill`` puts into an empty directory, at once and complete; returns the seconds it took."""
        started = time.monotonic()
        staged = Path(tempfile.mkdtemp(prefix=f"{tool.name}-", dir=self.caches.directory))
        staged.chmod(0o755)
        fill(staged)
        seconds = time.monotonic() - started
        self._store.install(tool, self._keys[tool.name], staged, origin=origin, seconds=seconds)
        return seconds
