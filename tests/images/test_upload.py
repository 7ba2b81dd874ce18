"""Pushing: a registry gets what it lacks, and nobody's tag is moved unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rehearsal.images import ImageStore, oci
from rehearsal.images.distribution import Client, Credentials, RegistryError
from rehearsal.images.reference import Reference
from rehearsal.images.registry import Registries
from rehearsal.images.upload import TagTakenError, Upload
from rehearsal.progress import Silent
from tests.images.registries import PASSWORD, USER, Registry, digest_of, serving
from tests.images.workbench import TOOL, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.images.upload import Pushed


@pytest.fixture(params=["token", "basic"])
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    with serving(Registry(request.param)) as server:
        yield server


def ada(registry: str) -> Credentials:
    """The one who may write."""
    del registry
    return Credentials(USER, PASSWORD)


def upload(images: ImageStore, registry: Registry, tag: str = "v1", *, client: Client | None = None) -> Upload:
    """The way of an image that is made here to `ours/tool` of that registry."""
    target = Reference.parse(f"{registry.name}/ours/tool:{tag}")
    return Upload(client or Client(ada, writing=True), images.image(TOOL, Silent()), images.blobs, target)


def push(images: ImageStore, registry: Registry, tag: str = "v1", *, replace: bool = False) -> Pushed:
    return upload(images, registry, tag).push(replace=replace, progress=lambda _: None)


def test_what_was_pushed_can_be_pulled(tmp_path: Path, registry: Registry) -> None:
    pushed = push(store(tmp_path / "here"), registry)
    there = store(tmp_path / "there", registries=Registries(Client(ada)))
    (pulled,) = there.ensure([f"{registry.name}/ours/tool:v1"], Silent())
    assert pulled.digest == pushed.digest
    assert pushed.sent_bytes == sum(map(len, registry.blobs.values()))
    assert not pushed.was_there


def test_what_a_registry_has_is_not_sent_again(tmp_path: Path, registry: Registry) -> None:
    images = store(tmp_path)
    push(images, registry)
    written = [asked for asked in registry.asked if not asked.startswith(("GET", "HEAD"))]
    again = push(images, registry)
    assert (again.sent_bytes, again.was_there) == (0, True)
    other = push(images, registry, "v2")
    assert (other.sent_bytes, other.was_there) == (0, False)
    since = [asked for asked in registry.asked if not asked.startswith(("GET", "HEAD"))][len(written) :]
    assert since == ["PUT /v2/ours/tool/manifests/v2"]


def test_a_tag_that_names_another_image_is_left_unless_it_may_be_replaced(tmp_path: Path, registry: Registry) -> None:
    there = registry.add_manifest("ours/tool", "v1", {"schemaVersion": 2})
    images = store(tmp_path)
    with pytest.raises(TagTakenError, match=f"is another image there: {there['digest']}"):
        push(images, registry)
    assert registry.blobs == {}
    pushed = push(images, registry, replace=True)
    assert digest_of(registry.manifests["ours/tool", "v1"][1]) == pushed.digest


def test_a_registry_without_the_repository_says_so(tmp_path: Path, registry: Registry) -> None:
    registry.repositories = set()
    with pytest.raises(RegistryError, match=r"answers 404 Not Found \(no such repository\)"):
        push(store(tmp_path), registry)


def test_who_has_no_password_is_told(tmp_path: Path, registry: Registry) -> None:
    wanted = {"token": r"answers 401 Unauthorized \(who are you\)", "basic": "wants a password, and none is known here"}
    with pytest.raises(RegistryError, match=wanted[registry.signs_in]):
        upload(store(tmp_path), registry, client=Client(writing=True)).push(replace=False, progress=lambda _: None)


def test_a_wrong_password_is_told_and_shown_nowhere(tmp_path: Path, registry: Registry) -> None:
    client = Client(lambda _: Credentials(USER, "wrong-secret"), writing=True)
    with pytest.raises(RegistryError, match="answers 401 Unauthorized") as caught:
        upload(store(tmp_path), registry, client=client).push(replace=False, progress=lambda _: None)
    assert "wrong-secret" not in repr(caught.value) + repr(client.__dict__)


def test_a_password_is_not_sent_in_clear_to_another_machine(tmp_path: Path) -> None:
    with serving(Registry("token")) as registry:
        sending = upload(store(tmp_path), registry)
        registry.name = "registry.example"  # where it sends those who have no token
        with pytest.raises(RegistryError, match=r"would have a password sent in clear, to http://registry\.example"):
            sending.push(replace=False, progress=lambda _: None)


def test_a_damaged_blob_is_not_pushed(tmp_path: Path, registry: Registry) -> None:
    images = store(tmp_path)
    sending = upload(images, registry)
    layer = images.blobs.path(sending.image.blobs[-1])
    layer.write_bytes(bytes(layer.stat().st_size))
    with pytest.raises(RegistryError, match="was damaged on this machine"):
        sending.push(replace=False, progress=lambda _: None)
    assert registry.manifests == {}


def test_an_image_as_a_layout_holds_what_its_index_names(tmp_path: Path) -> None:
    images = store(tmp_path)
    image = images.image(TOOL, Silent())
    for _ in ("first", "again"):
        oci.write_layout(image, images.blobs, tmp_path / "layout")
    assert json.loads((tmp_path / "layout" / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (named,) = json.loads((tmp_path / "layout" / "index.json").read_text())["manifests"]
    assert named["annotations"] == {"org.opencontainers.image.ref.name": TOOL}
    waiting = [named]
    while waiting:
        blob = waiting.pop()
        content = (tmp_path / "layout" / "blobs" / "sha256" / blob["digest"].partition(":")[2]).read_bytes()
        assert (digest_of(content), len(content)) == (blob["digest"], blob["size"])
        if blob["mediaType"].endswith("manifest.v1+json"):
            waiting += [json.loads(content)["config"], *json.loads(content)["layers"]]


def test_nothing_of_pushing_needs_the_sdk_of_a_cloud() -> None:
    program = "import sys, rehearsal.images.upload; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
