"""What a store knows of the layers and images that it has: small files beside the blobs."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rehearsal import files
from rehearsal.images.blobs import Blob, Layer
from rehearsal.images.oci import Image

if TYPE_CHECKING:
    from pathlib import Path

_KEY_LENGTH: Final = 16


class Records:
    """Layers by what they are made from, pulled images by name; a record that cannot be read does not count."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def layer(self, name: str, key: str) -> Layer | None:
        """The layer that was made from this key, if one is known."""
        found = self._read(self._path("layer", name, key))
        if found is None:
            return None
        try:
            return Layer(Blob(**found["blob"]), found["diff_id"])
        except (KeyError, TypeError):
            return None

    def add_layer(self, name: str, key: str, layer: Layer) -> None:
        """Remember a layer."""
        self._write(self._path("layer", name, key), asdict(layer))

    def image(self, name: str) -> Image | None:
        """The image that was pulled under this name, if one is known."""
        found = self._read(self._path("image", "pulled", name))
        if found is None:
            return None
        try:
            blobs = tuple(Blob(**blob) for blob in found["blobs"])
            return Image(name, Blob(**found["manifest"]), blobs, {})
        except (KeyError, TypeError):
            return None

    def add_image(self, image: Image) -> None:
        """Remember a pulled image."""
        blobs = [asdict(blob) for blob in image.blobs]
        record = {"name": image.name, "manifest": asdict(image.manifest), "blobs": blobs}
        self._write(self._path("image", "pulled", image.name), record)

    def forget_unused(self, *, older_than: float) -> set[str]:
        """Drop what was not asked for since a time; returns the digests that the others name."""
        used: set[str] = set()
        for path in self._directory.glob("*.json"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    continue
            used.update(_digests(files.read_json(path)))
        return used

    def _path(self, kind: str, name: str, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()[:_KEY_LENGTH]
        return self._directory / f"{kind}-{name}-{digest}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        record = files.read_json(path)
        if not isinstance(record, dict):
            return None
        # The time of the file is the time of its last use.
        with suppress(OSError):
            os.utime(path)
        return record

    def _write(self, path: Path, record: dict[str, Any]) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        files.write(path, json.dumps(record))


def _digests(value: Any) -> set[str]:  # noqa: ANN401  any JSON value
    """Every digest that a record names, wherever it does."""
    if isinstance(value, dict):
        own = {value["digest"]} if isinstance(value.get("digest"), str) else set()
        return own.union(*(_digests(each) for each in value.values()))
    return set().union(*(_digests(each) for each in value)) if isinstance(value, list) else set()
