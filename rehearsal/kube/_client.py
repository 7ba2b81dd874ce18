"""The client itself."""

from __future__ import annotations

import http
import http.client
import json
import queue
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode, urlsplit

from rehearsal.kube._errors import KubeError
from rehearsal.kube._kubeconfig import Access
from rehearsal.kube._watch import Collection, Json, Page, Watch

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

FIELD_MANAGER = "mlplatform-rehearsal"
"""The field manager under which the rehearsal applies its own objects."""

_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"  # of which JSON is a part
_REQUEST_SECONDS = 30.0


class Kube:
    """The API server of a kubeconfig's current context, or of a context: verified TLS, connections kept alive.

    Several threads may use one. Every method raises ``KubeError``; close it, or use it as a context.
    """

    def __init__(self, kubeconfig: Path | Access) -> None:
        access = kubeconfig if isinstance(kubeconfig, Access) else Access.read(kubeconfig)
        self.server = access.server
        self._prefix = urlsplit(access.server).path.rstrip("/")
        self._who = access.headers
        self._tls = access.tls()
        self._idle: queue.LifoQueue[http.client.HTTPSConnection] = queue.LifoQueue()
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that wait for a next request."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def get(self, path: str) -> Json:
        """The object (or what else answers in JSON) at ``path``."""
        return _decoded(self._request("GET", path))

    def text(self, path: str) -> str:
        """What ``path`` answers, as text: a pod's log, ``/readyz``."""
        return self._request("GET", path, accept="*/*").decode(errors="replace")

    def list(self, path: str | Collection, *, label_selector: str = "", field_selector: str = "") -> list[Json]:
        """All objects of a collection that match."""
        if isinstance(path, str):
            path = Collection(path, label_selector, field_selector)
        return self.page(path).items

    def page(self, collection: Collection) -> Page:
        """All objects of a collection that match, with the version to watch them from."""
        found = _decoded(self._request("GET", collection.query(), accept=collection.accept("List")))
        # An empty list of metadata comes as null.
        return Page(found["items"] or [], found["metadata"]["resourceVersion"])

    def watch(
        self,
        path: str | Collection,
        *,
        timeout: float,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
    ) -> Watch:
        """The events of a collection for ``timeout`` seconds (at least one); iterate over it once.

        Without a resource version, what exists comes first, as ``ADDED``.
        """
        if isinstance(path, str):
            path = Collection(path, label_selector, field_selector)
        seconds = max(1, round(timeout))
        query = path.query(
            watch="true",
            allowWatchBookmarks="true",
            timeoutSeconds=seconds,
            resourceVersion=resource_version,
        )
        # The server ends the watch in time; the margin only bounds a server that vanished without a word.
        headers = {"Accept": path.accept(), **self._who()}
        return Watch(self._connection(seconds + 10), self._prefix + query, headers, resource_version)

    def apply(
        self, manifest: Json, *, field_manager: str = FIELD_MANAGER, force: bool = True, subresource: str = ""
    ) -> Json:
        """Apply ``manifest`` on the server's side; returns the object as it is then.

        ``force`` takes over fields that another field manager set; without it they raise ``Conflict``.
        """
        path = self.path_of(manifest) + (f"/{subresource}" if subresource else "")
        query = urlencode({"fieldManager": field_manager, "force": str(force).lower()})
        body = json.dumps(manifest).encode()
        return _decoded(self._request("PATCH", f"{path}?{query}", body=body, content=_APPLY))

    def create(self, path: str, manifest: Json, *, dry_run: bool = False) -> Json:
        """Create an object in the collection at ``path``; a dry run stops after admission."""
        query = "?dryRun=All" if dry_run else ""
        return _decoded(self._request("POST", path + query, body=json.dumps(manifest).encode()))

    def delete(self, path: str, *, grace_seconds: int | None = None, missing_ok: bool = True) -> None:
        """Delete the object at ``path``, and in the background what it owns."""
        options: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            self._request("DELETE", path, body=json.dumps(options).encode())
        except KubeError as error:
            if not (missing_ok and error.missing):
                raise

    def path_of(self, manifest: Json) -> str:
        """Where the API server keeps the object that ``manifest`` describes."""
        version, metadata = manifest["apiVersion"], manifest["metadata"]
        plural, namespaced = self._plural(version, manifest["kind"])
        namespace = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_group(version)}{namespace}/{plural}/{quote(metadata['name'])}"

    def _plural(self, version: str, kind: str) -> tuple[str, bool]:
        if (version, kind) not in self._plurals:
            for resource in self.get(_group(version))["resources"]:
                if "/" not in resource["name"]:
                    self._plurals[version, resource["kind"]] = resource["name"], resource["namespaced"]
        try:
            return self._plurals[version, kind]
        except KeyError:
            raise KubeError(http.HTTPStatus.NOT_FOUND, "NotFound", f"{version} has no {kind}") from None

    def _connection(self, timeout: float = _REQUEST_SECONDS) -> http.client.HTTPSConnection:
        server = urlsplit(self.server)
        return http.client.HTTPSConnection(server.hostname or "", server.port, timeout=timeout, context=self._tls)

    def _request(
        self, method: str, path: str, *, body: bytes | None = None, content: str = _JSON, accept: str = _JSON
    ) -> bytes:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connection()
        kept_alive = connection.sock is not None
        try:
            headers = {"Content-Type": content, "Accept": accept, **self._who()}
            connection.request(method, self._prefix + path, body, headers)
            response = connection.getresponse()
            payload = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # A server that went away has closed the kept connections: a new one tells whether it is back.
            if kept_alive and not isinstance(error, TimeoutError):
                return self._request(method, path, body=body, content=content, accept=accept)
            raise KubeError.no_answer(self.server, error) from error
        self._idle.put(connection)
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise KubeError.from_reply(response.status, payload)
        return payload


def _group(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _decoded(payload: bytes) -> Json:
    decoded: Json = json.loads(payload)
    return decoded
