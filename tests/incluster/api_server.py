"""An API server in memory, over TLS, that lists, watches, gets and deletes: enough for a client's tests.

It keeps to what it is given: selectors are not applied, and a collection of one namespace is one of its own.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from rehearsal.cluster.cert_stand_in._issuing import Authority, issue

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
_ELLIPTIC = {"algorithm": "ECDSA"}


class ApiServer(ThreadingHTTPServer):
    """Holds objects by collection and name, and ``texts`` by path; ``kubeconfig`` has a client certificate.

    ``created`` is what it answers to whoever creates something at a path; ``posted`` is what was asked for.
    ``requests`` and ``tokens`` say what was asked for, and with which `Authorization`.
    """

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.collections: dict[str, dict[str, Json]] = {}
        self.texts: dict[str, str] = {}
        self.created: dict[str, Json] = {}
        self.posted: list[Json] = []
        self.requests: list[str] = []
        self.tokens: list[str | None] = []
        self.closes_connections = False
        self._changes: list[tuple[int, str, str, Json]] = []
        self._version = 1
        self._oldest = 0
        self.news = threading.Condition()
        self.kubeconfig = directory / "kubeconfig"
        self._secure(directory)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, collection: str, *items: Json) -> None:
        """Have a collection, with these objects in it."""
        self.collections.setdefault(collection, {})
        for item in items:
            self.put(collection, item)

    def put(self, collection: str, item: Json) -> None:
        """Create or change an object."""
        with self.news:
            known = item["metadata"]["name"] in self.collections[collection]
            self._record("MODIFIED" if known else "ADDED", collection, item)
            self.collections[collection][item["metadata"]["name"]] = item

    def remove(self, collection: str, name: str) -> None:
        """Delete an object."""
        with self.news:
            self._record("DELETED", collection, self.collections[collection].pop(name))

    def forget(self) -> None:
        """Break off all watches, and answer none that goes on from before now."""
        with self.news:
            self._version += 1
            self._oldest = self._version
            self.news.notify_all()

    def page(self, collection: str) -> Json:
        """A list as the API server answers it."""
        with self.news:
            items = list(self.collections[collection].values())
            return {"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": items}

    def changes_since(self, version: int, collection: str, deadline: float) -> tuple[int, list[Json]] | None:
        """The events after a version and the version reached; None when that version is too old."""
        with self.news:
            while True:
                if version < self._oldest:
                    return None
                events = [
                    {"type": kind, "object": item}
                    for at, where, kind, item in self._changes
                    if at > version and where == collection
                ]
                if events or not self.news.wait(max(0.0, deadline - time.monotonic())):
                    return self._version, events

    def _record(self, kind: str, collection: str, item: Json) -> None:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self._changes.append((self._version, collection, kind, json.loads(json.dumps(item))))
        self.news.notify_all()

    def _secure(self, directory: Path) -> None:
        root = issue({"commonName": "root", "isCA": True, "privateKey": _ELLIPTIC})
        authority = Authority(root.certificate, root.key)
        server = issue({"ipAddresses": ["127.0.0.1"], "privateKey": _ELLIPTIC}, authority)
        client = issue({"commonName": "tester", "privateKey": _ELLIPTIC}, authority)
        for name, content in {
            "ca.crt": root.certificate,
            "server.pem": server.certificate + server.key,
            "client.crt": client.certificate,
            "client.key": client.key,
        }.items():
            (directory / name).write_bytes(content)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / "ca.crt")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(directory / "server.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        address = {"server": f"https://127.0.0.1:{self.server_port}", "certificate-authority": "ca.crt"}
        user = {"client-certificate": "client.crt", "client-key": "client.key"}
        config = {
            "clusters": [{"name": "test", "cluster": address}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        self.kubeconfig.write_text(json.dumps(config))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ApiServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        self.server.requests.append(self.path)
        self.server.tokens.append(self.headers["Authorization"])
        collection, _, name = url.path.rpartition("/")
        if "watch" in query:
            self._watch(url.path, query)
        elif url.path in self.server.collections:
            self._answer(200, self.server.page(url.path))
        elif name in self.server.collections.get(collection, {}):
            self._answer(200, self.server.collections[collection][name])
        elif url.path in self.server.texts:
            self._send(200, self.server.texts[url.path].encode())
        else:
            self._answer(404, _status(404, "NotFound", f'"{name}" not found'))

    def do_POST(self) -> None:
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.path in self.server.created:
            self._answer(201, self.server.created[self.path])
        else:
            self._answer(404, _status(404, "NotFound", f'"{self.path}" not found'))

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        collection, _, name = self.path.rpartition("/")
        self.server.requests.append(f"DELETE {self.path}")
        if name not in self.server.collections.get(collection, {}):
            self._answer(404, _status(404, "NotFound", f'"{name}" not found'))
            return
        self.server.remove(collection, name)
        self._answer(200, {"kind": "Status", "status": "Success"})

    def _answer(self, code: int, body: Json) -> None:
        self._send(code, json.dumps(body).encode())

    def _send(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        # As a server that was killed: the client is not told, and finds out when it asks again.
        self.close_connection = self.server.closes_connections

    def _watch(self, collection: str, query: dict[str, list[str]]) -> None:
        deadline = time.monotonic() + float(query["timeoutSeconds"][0])
        version = int(query.get("resourceVersion", ["0"])[0])
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while time.monotonic() < deadline:
                found = self.server.changes_since(version, collection, deadline)
                if found is None:
                    self._chunk({"type": "ERROR", "object": _status(410, "Expired", "too old")})
                    break
                version, events = found
                for event in events:
                    self._chunk(event)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def _chunk(self, event: Json) -> None:
        line = json.dumps(event).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


def _status(code: int, reason: str, message: str) -> Json:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
