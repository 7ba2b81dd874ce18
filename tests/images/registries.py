"""A registry on this machine that keeps to the OCI distribution API, as strict as the real ones."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
USER, PASSWORD = "ada", "analytical"


class Registry(ThreadingHTTPServer):
    """Whoever asks without authority is told how to get it: ``signs_in`` with ``token`` (anyone; writers need the
    password), ``basic`` or ``nobody`` (all are let in)."""

    def __init__(self, signs_in: str = "token") -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.name = f"127.0.0.1:{self.server_port}"
        self.signs_in = signs_in
        self.asked: list[str] = []
        """Method and path of each request."""
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        """Media type and content by repository, and tag or digest."""
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.repositories: set[str] | None = None
        """Those that exist; None: any comes to be when it is written to."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up half-way is no error of the registry's."""

    def add_blob(self, media_type: str, content: bytes) -> dict[str, object]:
        """Keep content; its descriptor."""
        digest = digest_of(content)
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def add_manifest(
        self, repository: str, tag: str, document: object, media_type: str = MANIFEST
    ) -> dict[str, object]:
        """Publish a document under a tag; its descriptor."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        for version in (tag, digest_of(content)):
            self.manifests[repository, version] = media_type, content
        return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


class Answers(BaseHTTPRequestHandler):
    server: Registry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        url = urlsplit(self.path)
        if url.path == "/token":
            self._grant(parse_qs(url.query)["scope"][0])
        elif not self._authorised():
            self._challenge(url.path)
        elif "/manifests/" in url.path:
            repository, version = url.path.removeprefix("/v2/").split("/manifests/")
            self._manifest(repository, version, body)
        elif "/blobs/uploads/" in url.path:
            repository, upload = url.path.removeprefix("/v2/").split("/blobs/uploads/")
            self._upload(repository, upload, parse_qs(url.query), body)
        else:
            content = self.server.blobs.get(url.path.rpartition("/")[2])
            self._send(404) if content is None else self._send(200, content)

    def _authorised(self) -> bool:
        said = self.headers["Authorization"] or ""
        if self.server.signs_in == "nobody":
            return True
        if self.server.signs_in == "basic":
            return said == basic(USER, PASSWORD)
        return said in ("Bearer write", "Bearer read" if self.command in ("GET", "HEAD") else "")

    def _challenge(self, path: str) -> None:
        if self.server.signs_in == "basic":
            self._send(401, WWW_Authenticate='Basic realm="https://registry/"')
        else:
            scope = f"repository:{path.split('/')[2]}:pull"
            realm = f"http://{self.server.name}/token"
            self._send(401, WWW_Authenticate=f'Bearer realm="{realm}",service="registry",scope="{scope}"')

    def _grant(self, scope: str) -> None:
        writer = self.headers["Authorization"] == basic(USER, PASSWORD)
        if "push" in scope and not writer:
            self._send(401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "who are you"}]}')
        else:
            self._send(200, json.dumps({"token": "write" if "push" in scope else "read"}).encode())

    def _manifest(self, repository: str, version: str, body: bytes) -> None:
        if self.command == "PUT":
            missing = [part for part in _parts(body) if part not in self.server.blobs]
            if missing:
                self._send(404, json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN"}]}).encode())
                return
            self.server.add_manifest(repository, version, body, self.headers["Content-Type"])
            self._send(201, Docker_Content_Digest=digest_of(body))
        elif found := self.server.manifests.get((repository, version)):
            self._send(200, found[1], Content_Type=found[0], Docker_Content_Digest=digest_of(found[1]))
        else:
            self._send(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    def _upload(self, repository: str, upload: str, query: dict[str, list[str]], body: bytes) -> None:
        uploads, known = self.server.uploads, self.server.repositories
        if known is not None and repository not in known:
            self._send(404, b'{"errors": [{"code": "NAME_UNKNOWN", "message": "no such repository"}]}')
        elif self.command == "POST":
            name = f"upload-{len(uploads)}"
            uploads[name] = b""
            self._send(202, Location=f"/v2/{repository}/blobs/uploads/{name}?state=1")
        elif self.command == "PATCH":
            uploads[upload] += body
            # An address of its own, as some registries give.
            place = f"http://{self.server.name}/v2/{repository}/blobs/uploads/{upload}?state=2"
            self._send(202, Location=place)
        elif digest_of(uploads[upload]) != query["digest"][0] or query["state"] != ["2"]:
            self._send(400, b'{"errors": [{"code": "DIGEST_INVALID", "message": "another digest"}]}')
        else:
            self.server.blobs[query["digest"][0]] = uploads[upload]
            self._send(201)

    def _send(self, code: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        pass


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """Have the registry answer for the time of the context."""
    with registry:
        thread = threading.Thread(target=registry.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield registry
        finally:
            registry.shutdown()
            thread.join()


def basic(user: str, password: str) -> str:
    """The header of HTTP's basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def digest_of(content: bytes) -> str:
    """Its digest as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _parts(manifest: bytes) -> list[str]:
    document = json.loads(manifest)
    return [part["digest"] for part in (document["config"], *document["layers"])]
