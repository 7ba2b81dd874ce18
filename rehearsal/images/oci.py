"""OCI images and the archive in which a container runtime takes several of them at once."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from rehearsal.images.blobs import CONFIG_TYPE, MANIFEST_TYPE, Blob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rehearsal.images.blobs import BlobStore, Layer

_INDEX_TYPE: Final = "application/vnd.oci.image.index.v1+json"
_EPOCH: Final = "1970-01-01T00:00:00Z"
_NAME: Final = "io.containerd.image.name"
_REFERENCE: Final = "org.opencontainers.image.ref.name"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's processor type, by the name that Go, OCI and Debian give it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


@dataclass(frozen=True)
class Image:
    """An image by its full name: its manifest, and every blob that the manifest names.

    ``content`` holds small blobs (manifest, configuration) that are not in a store, by digest.
    """

    name: str
    manifest: Blob
    blobs: tuple[Blob, ...]
    content: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """The bytes of all its blobs, as they are stored."""
        return self.manifest.size + sum(blob.size for blob in self.blobs)


def assemble(name: str, layers: Sequence[Layer], configuration: Mapping[str, object]) -> Image:
    """The image of these layers, from the lowest up; the same input gives the same digests."""
    config = _json(
        {
            "architecture": architecture(),
            "os": "linux",
            "created": _EPOCH,
            "config": configuration,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
    )
    config_blob = _blob(config, CONFIG_TYPE)
    blobs = (config_blob, *(layer.blob for layer in layers))
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config_blob.descriptor(),
            "layers": [layer.blob.descriptor() for layer in layers],
        }
    )
    manifest_blob = _blob(manifest, MANIFEST_TYPE)
    return Image(name, manifest_blob, blobs, {config_blob.digest: config, manifest_blob.digest: manifest})


def write_archive(images: Iterable[Image], store: BlobStore, stream: IO[bytes]) -> None:
    """Write the images as one OCI archive; ``DamagedBlobError`` where a blob is not what its digest says."""
    wanted = list(images)
    manifests = [image.manifest.descriptor() | {"annotations": {_NAME: image.name}} for image in wanted]
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(archive, "index.json", _json({"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": manifests}))
        for digest, blob in {blob.digest: blob for image in wanted for blob in (*image.blobs, image.manifest)}.items():
            path = f"blobs/sha256/{digest.partition(':')[2]}"
            small = next((image.content[digest] for image in wanted if digest in image.content), None)
            if small is not None:
                _add(archive, path, small)
            else:
                about = tarfile.TarInfo(path)
                about.size = blob.size
                pieces = store.read(blob)
                archive.addfile(about, _Pieces(pieces))
                # The blob's digest is known to be right only at its end.
                for _ in pieces:
                    pass


def write_layout(image: Image, store: BlobStore, directory: Path) -> None:
    """Write the image as an OCI image layout, a directory that other tools read (`skopeo copy oci:DIRECTORY …`).

    What the directory held of an earlier image is left; its index names this one alone. ``DamagedBlobError`` where a
    blob is not what its digest says.
    """
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for blob in (*image.blobs, image.manifest):
        place = blobs / blob.digest.partition(":")[2]
        fresh = place.with_suffix(".new")
        small = image.content.get(blob.digest)
        with fresh.open("wb") as file:
            for piece in [small] if small is not None else store.read(blob):
                file.write(piece)
        fresh.replace(place)
    manifest = image.manifest.descriptor() | {"annotations": {_REFERENCE: image.name}}
    (directory / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    index = {"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": [manifest]}
    (directory / "index.json").write_bytes(_json(index))


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        taken = []
        while size > 0:
            self._rest = self._rest or next(self._pieces, b"")
            if not self._rest:
                break
            taken.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(taken[-1])
        return b"".join(taken)


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    about = tarfile.TarInfo(path)
    about.size = len(content)
    archive.addfile(about, io.BytesIO(content))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _blob(content: bytes, media_type: str) -> Blob:
    return Blob(media_type, f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))
