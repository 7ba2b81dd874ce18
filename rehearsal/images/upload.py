"""Pushes an image of this machine to a registry: its blobs first, the manifest that names them last."""

from __future__ import annotations

import urllib.error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rehearsal.images.blobs import DamagedBlobError
from rehearsal.images.distribution import RegistryError, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rehearsal.images.blobs import Blob, BlobStore
    from rehearsal.images.distribution import Client
    from rehearsal.images.oci import Image
    from rehearsal.images.reference import Reference

_MANIFESTS: Final = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


class TagTakenError(RegistryError):
    """The tag names another image in the registry already; ``digest`` is that one's."""

    def __init__(self, reference: Reference, digest: str) -> None:
        super().__init__(f"{reference} is another image there: {digest}")
        self.digest = digest


@dataclass(frozen=True)
class Pushed:
    """What a push came to."""

    digest: str
    sent_bytes: int
    """Zero where the registry had everything."""
    was_there: bool
    """Whether the tag named this very image before."""


@dataclass(frozen=True)
class Upload:
    """One image on its way to one place; ``RegistryError`` where the registry refuses any part of it."""

    client: Client
    image: Image
    store: BlobStore
    target: Reference

    def push(self, *, replace: bool, progress: Callable[[str], None]) -> Pushed:
        """Send what the registry lacks, then the manifest under the target's tag.

        Without ``replace`` a tag that names another image is left as it is, and ``TagTakenError`` raised before
        anything is sent.
        """
        with explained(self.target.registry):
            present = self._present_digest()
            if present == self.image.manifest.digest:
                return Pushed(present, 0, was_there=True)
            if present and not replace:
                raise TagTakenError(self.target, present)
            lacking = [blob for blob in self.image.blobs if not self._has(blob)]
            for blob in lacking:
                progress(f"{self.target.path}: {blob.size / 1e6:.1f} MB")
                self._send(blob)
            self._name()
        return Pushed(self.image.manifest.digest, sum(blob.size for blob in lacking), was_there=False)

    def _present_digest(self) -> str | None:
        """The digest of what the tag names now."""
        try:
            with self.client.ask(
                "HEAD", self.target, f"manifests/{self.target.tag}", headers={"Accept": _MANIFESTS}
            ) as answer:
                return str(answer.headers["Docker-Content-Digest"])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def _has(self, blob: Blob) -> bool:
        try:
            self.client.ask("HEAD", self.target, f"blobs/{blob.digest}").close()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            raise
        return True

    def _send(self, blob: Blob) -> None:
        """Open an upload, send the content, close it with the digest that it must have."""
        with self.client.ask(
            "POST", self.target, "blobs/uploads/", body=list, headers={"Content-Length": "0"}
        ) as begun:
            place = begun.headers["Location"]
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        with self.client.ask("PATCH", self.target, place, headers=headers, body=lambda: self._content(blob)) as sent:
            place = sent.headers["Location"]
        joint = "&" if "?" in place else "?"
        self.client.ask(
            "PUT", self.target, f"{place}{joint}digest={blob.digest}", body=list, headers={"Content-Length": "0"}
        ).close()

    def _content(self, blob: Blob) -> Iterable[bytes]:
        small = self.image.content.get(blob.digest)
        return [small] if small is not None else self._stored(blob)

    def _stored(self, blob: Blob) -> Iterable[bytes]:
        try:
            yield from self.store.read(blob)
        except DamagedBlobError as damage:
            raise RegistryError(f"{damage} was damaged on this machine; build the image again") from damage

    def _name(self) -> None:
        manifest = self.image.manifest
        content = self.image.content[manifest.digest]
        headers = {"Content-Type": manifest.media_type, "Content-Length": str(len(content))}
        self.client.ask(
            "PUT", self.target, f"manifests/{self.target.tag}", headers=headers, body=lambda: [content]
        ).close()
