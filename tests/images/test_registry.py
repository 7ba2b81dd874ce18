"""Registries: what one publishes is fetched and checked; one that cannot be reached costs no time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.images import Source, oci
from rehearsal.images import registry as registry_module
from rehearsal.images.registry import Registries
from rehearsal.progress import Silent
from tests.images.registries import INDEX, Registry, digest_of, serving
from tests.images.workbench import Notes, blobs, recipes, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY = "made/tool"


def publish(registry: Registry, architecture: str) -> str:
    """Publish the image `made/tool:v9` for one architecture; the digest of its manifest."""
    layer = registry.add_blob("application/vnd.oci.image.layer.v1.tar+gzip", b"layer")
    config = registry.add_blob("application/vnd.oci.image.config.v1+json", b"{}")
    document = {"schemaVersion": 2, "config": config, "layers": [layer]}
    manifest = registry.add_manifest(REPOSITORY, "of-one-architecture", document)
    entry = {**manifest, "platform": {"os": "linux", "architecture": architecture}}
    registry.add_manifest(REPOSITORY, "v9", {"manifests": [entry]}, INDEX)
    return str(manifest["digest"])


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry of one image, `made/tool:v9`, that hands out a token to whoever asks."""
    with serving(Registry()) as server:
        publish(server, oci.architecture())
        yield server


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
    digest = publish(registry, oci.architecture())
    reference = f"{registry.name}/made/tool:v9@{digest}"
    pulled = store(tmp_path, registries=Registries()).ensure([reference], Silent())
    assert [image.digest for image in pulled] == [digest]


def test_content_that_is_not_what_the_manifest_names_is_refused(tmp_path: Path, registry: Registry) -> None:
    digest = digest_of(b"layer")
    registry.blobs[digest] = b"other"
    notes = Notes()
    reference = f"{registry.name}/made/tool:v9"
    images = store(tmp_path, registries=Registries())
    assert images.ensure([reference], notes) == []
    assert notes.lines[-1] == f"{reference} is not pulled: {registry.name} sends damaged content for {digest}"
    assert images.origin(reference).source is Source.UNAVAILABLE


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda server: server.manifests.clear(), "answers 404 Not Found (MANIFEST_UNKNOWN)"),
        (lambda server: publish(server, "s390x"), f"it is not published for linux/{oci.architecture()}"),
        (lambda server: server.add_manifest(REPOSITORY, "v9", b"<html>"), "answers in a way not known here"),
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
