"""Content by digest in one directory: complete or absent, and never trusted to be what its name says for ever."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import zstandard

from rehearsal.images import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import ReadableBuffer

_CHUNK_BYTES: Final = 1 << 20
# Measured on a Go binary of 153 MB: level 3 takes 0.6 s to 46 MB, level 6 1.9 s to 43 MB, level 12 7 s to 42 MB;
# gzip takes 6 s to 48 MB and four times as long to unpack.
_COMPRESSION_LEVEL: Final = 6
_TEMPORARY: Final = ".new-"

LAYER_TYPE: Final = "application/vnd.oci.image.layer.v1.tar+zstd"
CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Blob:
    """A piece of content as manifests name it: its media type, digest (`sha256:…`) and size in bytes."""

    media_type: str
    digest: str
    size: int

    def descriptor(self) -> dict[str, str | int]:
        """The OCI descriptor."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Layer:
    """A compressed layer, and the digest of the tar archive in it, by which an image's configuration names it."""

    blob: Blob
    diff_id: str


class DamagedBlobError(Exception):
    """A blob's content is not what its digest says; it has been removed from the store."""


class BlobStore:
    """The blobs of a directory; several processes may add to it and read from it at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, blob: Blob) -> Path:
        """Where the blob is, or would be."""
        return self.directory / blob.digest.partition(":")[2]

    def holds(self, blob: Blob) -> bool:
        """Whether the blob is there in its full size; its content is checked whenever it is read."""
        try:
            return self.path(blob).stat().st_size == blob.size
        except OSError:
            return False

    def read(self, blob: Blob) -> Iterator[bytes]:
        """The blob's content in pieces; after the last one ``DamagedBlobError`` where it was not the blob's."""
        actual = hashlib.sha256()
        try:
            with self.path(blob).open("rb") as source:
                while piece := source.read(_CHUNK_BYTES):
                    actual.update(piece)
                    yield piece
        except FileNotFoundError:
            pass
        if f"sha256:{actual.hexdigest()}" != blob.digest:
            self.path(blob).unlink(missing_ok=True)
            raise DamagedBlobError(blob.digest)

    def add(self, pieces: Iterable[bytes], media_type: str, *, expected: str | None = None) -> Blob:
        """Store content; ``DamagedBlobError``, and nothing stored, where it has not the expected digest."""
        with self._incoming() as (file, name):
            digest, size = hashlib.sha256(), 0
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            blob = Blob(media_type, f"sha256:{digest.hexdigest()}", size)
            if expected and blob.digest != expected:
                raise DamagedBlobError(expected)
            self._keep(file, name, blob)
        return blob

    def add_layer(self, entries: Iterable[tree.Entry]) -> Layer:
        """Pack, compress and store the files of a layer."""
        with self._incoming() as (file, name):
            compressed = _Digesting(file)
            with zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL).stream_writer(
                cast("IO[bytes]", compressed), closefd=False
            ) as packer:
                plain = _Digesting(packer)
                tree.pack(entries, cast("IO[bytes]", plain))
            blob = Blob(LAYER_TYPE, compressed.digest, compressed.size)
            self._keep(file, name, blob)
        return Layer(blob, plain.digest)

    def remove_unused(self, used: set[str], *, older_than: float) -> int:
        """Remove what has another digest than those in use and was written before a time; returns the bytes freed."""
        freed = 0
        for path in self.directory.iterdir() if self.directory.is_dir() else ():
            with suppress(FileNotFoundError):
                status = path.stat()
                if f"sha256:{path.name}" not in used and status.st_mtime < older_than:
                    path.unlink()
                    freed += status.st_size
        return freed

    @contextmanager
    def _incoming(self) -> Iterator[tuple[IO[bytes], Path]]:
        self.directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file, Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _keep(self, file: IO[bytes], name: Path, blob: Blob) -> None:
        # Without this a power cut could leave a file of the right size and no content.
        file.flush()
        os.fsync(file.fileno())
        name.chmod(0o644)
        name.replace(self.path(blob))


class _Digesting(io.RawIOBase):
    """Passes what is written on to another stream, and knows its digest and size so far."""

    def __init__(self, stream: IO[bytes] | zstandard.ZstdCompressionWriter) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._stream.write(piece)
        self._sha256.update(piece)
        self.size += len(piece)
        return len(piece)

    @property
    def digest(self) -> str:
        return f"sha256:{self._sha256.hexdigest()}"
