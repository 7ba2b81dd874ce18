"""Pulls images from the registries they are published in, where such a registry can be reached."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from rehearsal.images import oci
from rehearsal.images.blobs import Blob, DamagedBlobError
from rehearsal.images.distribution import Client, RegistryError, base_address, explained
from rehearsal.images.oci import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rehearsal.images.blobs import BlobStore
    from rehearsal.images.reference import Reference

_PROBE_SECONDS: Final = 2.0
_PIECE_BYTES: Final = 1 << 20
_ACCEPTED: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
LARGEST_BYTES: Final = 1 << 30
"""What a rehearsal pulls at most for one image: GPU images of many GiB run on simulated nodes only."""


class Registries:
    """The registries of the world as this machine reaches them; without credentials unless the client has some.

    ``MLPLATFORM_REGISTRY=off``, like ``off``, asks none for images. Each registry is tried once; one that does not
    answer counts as unreachable.
    """

    def __init__(self, client: Client | None = None, *, off: bool = False) -> None:
        self._client = client or Client()
        self._off = off or os.environ.get("MLPLATFORM_REGISTRY") == "off"
        self._reachable: dict[str, bool] = {}

    def reachable(self, registries: Iterable[str]) -> set[str]:
        """Those of the registries that can be reached, found out for all at once within 2 seconds."""
        wanted = set(registries)
        unknown = wanted - self._reachable.keys()
        if unknown and not self._off:
            self._reachable.update(_probe(unknown))
        return {registry for registry in wanted if self._reachable.get(registry)}

    def pull(self, reference: Reference, store: BlobStore) -> Image:
        """Fetch an image for this machine's architecture into the store; ``RegistryError`` where that cannot be."""
        try:
            with explained(reference.registry):
                return self._pull(reference, store)
        except DamagedBlobError as error:
            raise RegistryError(f"{reference.registry} sends damaged content for {error}") from error

    def digest(self, reference: Reference) -> str:
        """The digest that the reference's tag has in its registry now; of all architectures' index, where it has one.

        It is computed from what the registry sends, not believed. ``RegistryError`` where it cannot be had.
        """
        with explained(reference.registry):
            _, manifest, _ = self._manifest(reference, str(reference.tag))
            return manifest.digest

    def _pull(self, reference: Reference, store: BlobStore) -> Image:
        document, manifest, content = self._manifest(reference, reference.version)
        if "manifests" in document:
            document, manifest, content = self._manifest(reference, _platform_digest(document))
        parts = [document["config"], *document["layers"]]
        blobs = tuple(Blob(part["mediaType"], part["digest"], part["size"]) for part in parts)
        size = sum(blob.size for blob in blobs)
        if size > LARGEST_BYTES:
            raise RegistryError(f"its {size / 2**30:.1f} GiB are more than a rehearsal pulls (1 GiB)")
        for blob in blobs:
            if not store.holds(blob):
                store.add(self._blob(reference, blob), blob.media_type, expected=blob.digest)
        store.add([content], manifest.media_type, expected=manifest.digest)
        return Image(str(reference), manifest, blobs, {})

    def _manifest(self, reference: Reference, version: str) -> tuple[dict[str, Any], Blob, bytes]:
        accepted = {"Accept": ", ".join(_ACCEPTED)}
        with self._client.ask("GET", reference, f"manifests/{version}", headers=accepted) as answer:
            content = answer.read()
            media_type = answer.headers["Content-Type"]
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if version.startswith("sha256:") and digest != version:
            raise DamagedBlobError(version)
        return json.loads(content), Blob(media_type, digest, len(content)), content

    def _blob(self, reference: Reference, blob: Blob) -> Iterator[bytes]:
        with self._client.ask("GET", reference, f"blobs/{blob.digest}") as answer:
            while piece := answer.read(_PIECE_BYTES):
                yield piece


def _probe(registries: set[str]) -> dict[str, bool]:
    found = dict.fromkeys(registries, False)

    def ask(registry: str) -> None:
        found[registry] = _answers(registry)

    threads = [threading.Thread(target=ask, args=(registry,), daemon=True) for registry in registries]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _PROBE_SECONDS
    for thread in threads:
        # Looking a name up has no time limit of its own; whoever is late is left behind.
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(found)


def _answers(registry: str) -> bool:
    address = urllib.parse.urlsplit(base_address(registry))
    try:
        socket.create_connection((address.hostname, address.port or 443), timeout=_PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _platform_digest(index: dict[str, Any]) -> str:
    for manifest in index["manifests"]:
        platform = manifest.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", oci.architecture()):
            return str(manifest["digest"])
    raise RegistryError(f"it is not published for linux/{oci.architecture()}")
