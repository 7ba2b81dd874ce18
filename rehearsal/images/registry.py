"""Pulls images from the registries they are published in, where such a registry can be reached."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, cast

from rehearsal.images import oci
from rehearsal.images.blobs import Blob, DamagedBlobError
from rehearsal.images.oci import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from http.client import HTTPResponse

    from rehearsal.images.blobs import BlobStore
    from rehearsal.images.reference import Reference

_PROBE_SECONDS: Final = 2.0
_TIMEOUT_SECONDS: Final = 60.0
_PIECE_BYTES: Final = 1 << 20
_ACCEPTED: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_HOSTS: Final = {"docker.io": "registry-1.docker.io"}

LARGEST_BYTES: Final = 1 << 30
"""What a rehearsal pulls at most for one image: GPU images of many GiB run on simulated nodes only."""


class PullError(Exception):
    """A registry does not give the image; the message says why."""


class Registries:
    """The registries of the world as this machine reaches them, over https and without credentials.

    ``MLPLATFORM_REGISTRY=off`` asks none. Each registry is tried once; one that does not answer counts as unreachable.
    """

    def __init__(self, *, scheme: str = "https") -> None:
        self._scheme = scheme
        self._off = os.environ.get("MLPLATFORM_REGISTRY") == "off"
        self._reachable: dict[str, bool] = {}
        self._tokens: dict[str, str] = {}

    def reachable(self, registries: Iterable[str]) -> set[str]:
        """Those of the registries that can be reached, found out for all at once within 2 seconds."""
        wanted = set(registries)
        unknown = wanted - self._reachable.keys()
        if unknown and not self._off:
            self._reachable.update(_probe(unknown))
        return {registry for registry in wanted if self._reachable.get(registry)}

    def pull(self, reference: Reference, store: BlobStore) -> Image:
        """Fetch an image for this machine's architecture into the store; ``PullError`` where that cannot be."""
        try:
            return self._pull(reference, store)
        except urllib.error.HTTPError as error:
            raise PullError(f"{reference.registry} answers {error.code} {error.reason}") from error
        except (OSError, HTTPException) as error:
            raise PullError(f"{reference.registry} cannot be asked: {error}") from error
        except DamagedBlobError as error:
            raise PullError(f"{reference.registry} sends damaged content for {error}") from error
        except (KeyError, ValueError) as error:
            raise PullError(f"{reference.registry} describes the image in a way not known here: {error!r}") from error

    def _pull(self, reference: Reference, store: BlobStore) -> Image:
        document, manifest, content = self._manifest(reference, reference.version)
        if "manifests" in document:
            document, manifest, content = self._manifest(reference, _platform_digest(document))
        parts = [document["config"], *document["layers"]]
        blobs = tuple(Blob(part["mediaType"], part["digest"], part["size"]) for part in parts)
        size = sum(blob.size for blob in blobs)
        if size > LARGEST_BYTES:
            raise PullError(f"its {size / 2**30:.1f} GiB are more than a rehearsal pulls (1 GiB)")
        for blob in blobs:
            if not store.holds(blob):
                store.add(self._blob(reference, blob), blob.media_type, expected=blob.digest)
        store.add([content], manifest.media_type, expected=manifest.digest)
        return Image(str(reference), manifest, blobs, {})

    def _manifest(self, reference: Reference, version: str) -> tuple[dict[str, Any], Blob, bytes]:
        with self._get(reference, f"manifests/{version}") as answer:
            content = answer.read()
            media_type = answer.headers["Content-Type"]
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if version.startswith("sha256:") and digest != version:
            raise DamagedBlobError(version)
        return json.loads(content), Blob(media_type, digest, len(content)), content

    def _blob(self, reference: Reference, blob: Blob) -> Iterator[bytes]:
        with self._get(reference, f"blobs/{blob.digest}") as answer:
            while piece := answer.read(_PIECE_BYTES):
                yield piece

    def _get(self, reference: Reference, path: str) -> HTTPResponse:
        try:
            return self._open(reference, path)
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
            # No token yet, or one that has expired.
            challenge = refusal.headers["WWW-Authenticate"] or ""
        self._tokens[reference.repository] = _anonymous_token(challenge)
        return self._open(reference, path)

    def _open(self, reference: Reference, path: str) -> HTTPResponse:
        host = _HOSTS.get(reference.registry, reference.registry)
        request = urllib.request.Request(f"{self._scheme}://{host}/v2/{reference.path}/{path}")  # noqa: S310
        request.add_header("Accept", ", ".join(_ACCEPTED))
        if token := self._tokens.get(reference.repository):
            # Unredirected: blobs are often served by another host, to which the token says nothing.
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        return cast("HTTPResponse", urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS))  # noqa: S310


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
    host, _, port = _HOSTS.get(registry, registry).partition(":")
    try:
        socket.create_connection((host, int(port or 443)), timeout=_PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _anonymous_token(challenge: str) -> str:
    """A token for reading, from the service that the registry's refusal names."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = fields.pop("realm")
    address = f"{realm}?{urllib.parse.urlencode(fields)}"
    with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        grant = json.loads(answer.read())
    return str(grant.get("token") or grant["access_token"])


def _platform_digest(index: dict[str, Any]) -> str:
    for manifest in index["manifests"]:
        platform = manifest.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", oci.architecture()):
            return str(manifest["digest"])
    raise PullError(f"it is not published for linux/{oci.architecture()}")
