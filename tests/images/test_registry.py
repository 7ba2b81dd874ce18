"""Registries: what one publishes is fetched and checked; one that cannot be reached costs no time."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from rehearsal.images import Source, oci
from rehearsal.images import registry as registry_module
from rehearsal.images.registry import Registries
from rehearsal.progress import Silent
from tests.images.workbench import Notes, blobs, recipes, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry(ThreadingHTTPServer):
    """A registry of one image, `made/tool:v9`, that hands out a token to whoever asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.name = f"127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.content: dict[str, tuple[str, bytes]] = {}
        self.layer = self.add("application/vnd.oci.image.layer.v1.tar+gzip", b"layer")
        self.config = self.add("application/vnd.oci.image.config.v1+json", b"{}")
        self.publish(oci.architecture())

    def add(self, media_type: str, content: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.content[digest] = media_type, content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def publish(self, architecture: str) -> None:
        document = {"schemaVersion": 2, "config": self.config, "layers": [self.layer]}
        manifest = self.add(MANIFEST, json.dumps(document).encode())
        manifest["platform"] = {"os": "linux", "architecture": architecture}
        self.content["v9"] = INDEX, json.dumps({"manifests": [manifest]}).encode()


class Answers(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path.startswith("/token"):
            self._send(200, "application/json", b'{"token": "t"}')
        elif self.headers["Authorization"] != "Bearer t":
            self.send_response(401)
            realm = f"http://{self.server.name}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",scope="repository:made/tool:pull"')
            self.end_headers()
        elif self.path.startswith("/v2/made/tool/") and (found := self.server.content.get(self.path.split("/")[-1])):
            self._send(200, *found)
        else:
            self._send(404, "text/plain", b"")

    def _send(self, code: int, media_type: str, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_image_is_pulled_once_with_an_anonymous_token(tmp_path: Path, registry: Registry) -> None:
    reference = f"{registry.name}/made/tool:v9"
    images = store(tmp_path, registries=Registries())
    assert images.origin(reference).source is Source.PULLED
    pulled = images.ensure([reference], Silent())
    assert [image.reference for image in pulled] == [reference]
    assert len(blobs(tmp_path)) == 3
    asked = len(registry.asked)
    assert store(tmp_path).ensure([reference], Silent()) == pulled
    assert len(registry.asked) == asked


def test_an_image_can_be_pulled_by_its_digest(tmp_path: Path, registry: Registry) -> None:
    digest = next(name for name, (media_type, _) in registry.content.items() if media_type == MANIFEST)
    reference = f"{registry.name}/made/tool:v9@{digest}"
    pulled = store(tmp_path, registries=Registries()).ensure([reference], Silent())
    assert [image.digest for image in pulled] == [digest]


def test_content_that_is_not_what_the_manifest_names_is_refused(tmp_path: Path, registry: Registry) -> None:
    digest = str(registry.layer["digest"])
    registry.content[digest] = registry.content[digest][0], b"other"
    notes = Notes()
    reference = f"{registry.name}/made/tool:v9"
    images = store(tmp_path, registries=Registries())
    assert images.ensure([reference], notes) == []
    assert notes.lines[-1] == f"{reference} is not pulled: {registry.name} sends damaged content for {digest}"
    assert images.origin(reference).source is Source.UNAVAILABLE


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda server: server.content.pop("v9"), "answers 404 Not Found"),
        (lambda server: server.publish("s390x"), f"it is not published for linux/{oci.architecture()}"),
        (lambda server: server.content.update(v9=(INDEX, b"<html>")), "answers in a way not known here"),
    ],
)
def test_what_a_registry_cannot_give_says_why(tmp_path: Path, registry: Registry, prepare: object, reason: str) -> None:
    prepare(registry)  # type: ignore[operator]
    images = store(tmp_path, registries=Registries())
    reference = f"{registry.name}/made/tool:v9"
    assert images.ensure([reference], Silent()) == []
    assert reason in images.origin(reference).text


def test_an_image_of_many_gigabytes_is_not_pulled(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "LARGEST_BYTES", 3)
    images = store(tmp_path, registries=Registries())
    assert images.ensure([f"{registry.name}/made/tool:v9"], Silent()) == []
    assert "more than a rehearsal pulls" in images.origin(f"{registry.name}/made/tool:v9").text


def test_what_a_registry_refuses_is_made(tmp_path: Path, registry: Registry) -> None:
    reference = f"{registry.name}/made/tool:v1"
    images = store(tmp_path, registries=Registries())
    images._recipes = {f"{registry.name}/made/tool": recipes()["registry.example/made/tool"]}
    assert [image.origin.source for image in images.ensure([reference], Silent())] == [Source.MADE]


def test_a_registry_that_does_not_answer_is_asked_once(registry: Registry) -> None:
    name = registry.name
    registry.shutdown()
    registry.server_close()
    registries = Registries()
    assert registries.reachable([name]) == set()
    assert registries.reachable([name]) == set()


def test_no_registry_is_asked_where_the_environment_says_so(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPLATFORM_REGISTRY", "off")
    assert Registries().reachable([registry.name]) == set()
    assert registry.asked == []
