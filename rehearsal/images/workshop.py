"""Where layers are made: one process at a time for each, and nothing half-made ever counts."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from typing import TYPE_CHECKING, Final

from rehearsal.images import debian, oci
from rehearsal.images.parts import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.images.blobs import BlobStore, Layer
    from rehearsal.images.recipe import LayerRecipe
    from rehearsal.images.records import Records
    from rehearsal.toolchain.tools import Tools

# Part of every layer's key: another number makes all layers again.
_FORMAT: Final = 1


class Workshop:
    """Makes layers from the tools of a run, Debian's archive and Python wheels, in a directory of its own."""

    def __init__(self, directory: Path, tools: Tools, blobs: BlobStore, records: Records) -> None:
        self._directory = directory
        self._tools = tools
        self._blobs = blobs
        self._records = records
        self._debian = debian.Archive(oci.architecture())

    def find(self, recipe: LayerRecipe) -> Layer | None:
        """The layer, if it was made from what the recipe says now and is still there."""
        layer = self._records.layer(recipe.name, self._key(recipe))
        return layer if layer and self._blobs.holds(layer.blob) else None

    def make(self, recipe: LayerRecipe) -> None:
        """Make and store the layer, unless another process does so meanwhile."""
        with self._only_maker(recipe.name) as work:
            # Another process may have made it while this one waited.
            if self.find(recipe):
                return
            sources = Sources(self._tools, self._debian, work)
            entries = (entry for part in recipe.parts for entry in part.entries(sources))
            self._records.add_layer(recipe.name, self._key(recipe), self._blobs.add_layer(entries))

    def _key(self, recipe: LayerRecipe) -> str:
        return repr((_FORMAT, oci.architecture(), [part.key(self._tools) for part in recipe.parts]))

    @contextlib.contextmanager
    def _only_maker(self, name: str) -> Iterator[Path]:
        """An empty directory for the one process that makes this layer; what an interrupted one left is removed."""
        work = self._directory / name
        work.parent.mkdir(parents=True, exist_ok=True)
        with work.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
