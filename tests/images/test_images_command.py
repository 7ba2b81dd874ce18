"""`mlplatform images` as a user sees it: lists, a lock that nothing changes unseen, our own images on their way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

from cli import image_lock, images, own_images
from cli.image_list import parts_of
from cli.registrations import Registration
from components._image_lock import OTHER_LOCK, ImageLock
from components._versions import CHARTS, IMAGES, OURS, OWN_REPOSITORY, Chart, Image
from rehearsal.images import own_recipes
from rehearsal.images.own_recipes import OWN_RECIPES
from tests.images.registries import Registry, digest_of, serving
from tests.images.workbench import recipes, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGEST: Final = "sha256:" + "7" * 64
runner = CliRunner()


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock that the command is to use."""
    file = tmp_path / "images.lock.json"
    monkeypatch.setenv(OTHER_LOCK, str(file))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return file


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving(Registry("nobody")) as server:
        yield server


@pytest.fixture
def published(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that has all of a small table: one chart, two images."""
    small = {name: Image(f"{registry.name}/{name}", "v1") for name in ("kueue", "feast")}
    chart = Chart("kueue", "0.1.0", f"oci://{registry.name}/charts")
    monkeypatch.setattr(image_lock, "IMAGES", small)
    monkeypatch.setattr(image_lock, "CHARTS", {"kueue": chart})
    for repository, tag in (("kueue", "v1"), ("feast", "v1"), ("charts/kueue", "0.1.0")):
        registry.add_manifest(repository, tag, {"schemaVersion": 2, "of": repository})
    return registry


def digest(registry: Registry, repository: str, tag: str) -> str:
    return digest_of(registry.manifests[repository, tag][1])


def test_the_first_lock_has_the_digest_of_everything(published: Registry, lock: Path) -> None:
    done = runner.invoke(images.app, ["lock"])
    assert done.exit_code == 0, done.output
    assert "2 images and 1 charts are locked" in done.output
    assert ImageLock.read(lock) == ImageLock(
        charts={f"{published.name}/charts/kueue:0.1.0": digest(published, "charts/kueue", "0.1.0")},
        images={f"{published.name}/{name}:v1": digest(published, name, "v1") for name in ("kueue", "feast")},
    )


@pytest.mark.usefixtures("published")
def test_locking_again_changes_nothing(lock: Path) -> None:
    runner.invoke(images.app, ["lock"])
    before = lock.read_text()
    done = runner.invoke(images.app, ["lock", "--json"])
    assert json.loads(done.stdout) == {"new": {}, "changed": {}, "refused": {}}
    assert lock.read_text() == before


def test_a_tag_that_was_moved_is_shown_and_refused_until_it_is_accepted(published: Registry, lock: Path) -> None:
    runner.invoke(images.app, ["lock"])
    before = lock.read_text()
    old = digest(published, "feast", "v1")
    published.add_manifest("feast", "v1", {"schemaVersion": 2, "of": "somebody else"})
    new = digest(published, "feast", "v1")
    refused = runner.invoke(images.app, ["lock"])
    assert refused.exit_code == 1
    assert f"{published.name}/feast:v1  {old} -> {new}" in refused.stdout
    assert "1 locked tags name other images now, and nothing is written" in refused.stderr
    assert lock.read_text() == before
    assert runner.invoke(images.app, ["lock", "--update"]).exit_code == 0
    assert ImageLock.read(lock).images[f"{published.name}/feast:v1"] == new


def test_a_version_that_is_no_longer_used_leaves_the_lock(published: Registry, lock: Path) -> None:
    lock.write_text(ImageLock(images={f"{published.name}/feast:v0": DIGEST}).text())
    runner.invoke(images.app, ["lock"])
    assert f"{published.name}/feast:v0" not in ImageLock.read(lock).images


def test_without_a_network_the_lock_says_what_could_not_be_asked_and_writes_nothing(
    published: Registry, lock: Path
) -> None:
    published.manifests.clear()
    done = runner.invoke(images.app, ["lock"])
    assert done.exit_code == 1
    assert done.stdout.count("failed") == 3
    assert "3 digests could not be looked up, and nothing is written" in done.stderr
    assert not lock.exists()


def test_a_registry_that_cannot_be_reached_is_named(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_lock, "CHARTS", {})
    monkeypatch.setattr(image_lock, "IMAGES", {"kueue": Image("registry.invalid/kueue", "v1")})
    done = runner.invoke(images.app, ["lock"])
    assert done.exit_code == 1
    assert "registry.invalid/kueue:v1  registry.invalid cannot be asked:" in done.stdout
    assert not lock.exists()


@pytest.mark.usefixtures("lock")
def test_a_check_asks_nobody_and_fails_until_everything_is_locked(published: Registry) -> None:
    assert runner.invoke(images.app, ["lock", "--check"]).exit_code == 1
    missing = json.loads(runner.invoke(images.app, ["lock", "--check", "--json"]).stdout)["missing"]
    assert missing == [f"{published.name}/{name}" for name in ("charts/kueue:0.1.0", "kueue:v1", "feast:v1")]
    assert published.asked == []
    runner.invoke(images.app, ["lock"])
    assert runner.invoke(images.app, ["lock", "--check"]).exit_code == 0


def test_a_lock_that_is_switched_off_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OTHER_LOCK, "off")
    done = runner.invoke(images.app, ["lock"])
    assert done.exit_code == 1
    assert f"{OTHER_LOCK}: must name a file here, got off" in done.stderr


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own images are a small one, which is made in no time."""
    made = recipes()["registry.example/made/tool"]
    recipe = replace(made, repository=f"{OWN_REPOSITORY}/controllers", tool=None)
    images_here = store(tmp_path)
    images_here._recipes = {recipe.repository: recipe}
    monkeypatch.setattr(own_images, "_store", lambda: images_here)
    monkeypatch.setattr(own_images, "OURS", {"controllers": Image(recipe.repository, "v7")})


@pytest.mark.usefixtures("small")
def test_our_images_are_built_as_layouts(tmp_path: Path) -> None:
    done = runner.invoke(images.app, ["build", "--output", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    (built,) = json.loads(done.stdout)
    (named,) = json.loads((tmp_path / "out" / "controllers" / "index.json").read_text())["manifests"]
    assert named["digest"] == built["digest"]
    assert built["layout"] == str(tmp_path / "out" / "controllers")


@pytest.mark.usefixtures("small")
def test_our_images_are_pushed_and_the_lock_says_where_they_are(registry: Registry, lock: Path) -> None:
    lock.write_text(ImageLock(images={"r/i:1": DIGEST}).text())
    done = runner.invoke(images.app, ["push", f"{registry.name}/mlplatform/"])
    assert done.exit_code == 0, done.output
    place = f"{registry.name}/mlplatform/controllers@{digest(registry, 'mlplatform/controllers', 'v7')}"
    assert ImageLock.read(lock) == ImageLock(images={"r/i:1": DIGEST}, ours={"controllers:v7": place})
    (again,) = json.loads(runner.invoke(images.app, ["push", f"{registry.name}/mlplatform", "--json"]).stdout)
    assert again == {"name": "controllers", "place": place, "sent_bytes": 0, "was_there": True}


@pytest.mark.usefixtures("small")
def test_a_tag_that_is_another_image_in_the_registry_is_not_moved_unasked(registry: Registry, lock: Path) -> None:
    registry.add_manifest("mlplatform/controllers", "v7", {"schemaVersion": 2})
    done = runner.invoke(images.app, ["push", f"{registry.name}/mlplatform"])
    assert done.exit_code == 1
    assert "controllers is not pushed" in str(done.exception)
    assert not lock.exists()
    assert runner.invoke(images.app, ["push", f"{registry.name}/mlplatform", "--update"]).exit_code == 0


@pytest.mark.usefixtures("small", "lock")
@pytest.mark.parametrize("wrong", ["mlplatform", "registry.example/Ünï", ""])
def test_what_is_no_registry_is_refused(wrong: str) -> None:
    done = runner.invoke(images.app, ["push", wrong])
    assert done.exit_code == 1
    assert str(done.exception).startswith(f"REGISTRY: is no registry and path, got {wrong!r}")


def test_the_table_and_the_workshop_agree_on_our_images() -> None:
    assert own_recipes.OWN_REPOSITORY == OWN_REPOSITORY
    assert {name: recipe.version for name, recipe in OWN_RECIPES.items()} == {n: i.tag for n, i in OURS.items()}
    assert {recipe.repository for recipe in OWN_RECIPES.values()} == {f"{OWN_REPOSITORY}/{name}" for name in OURS}


def test_a_changed_program_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "programs_of_this_test"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    programs, versions = own_recipes.Programs(package.name), set()
    for text in ("first = 1\n", "second = 2\n"):
        (package / "__init__.py").write_text(text)
        versions.add(programs.version())
    assert len(versions) == 2


def registrations(**inputs: object) -> list[Registration]:
    return [Registration("kubernetes:apps/v1:Deployment", "a", "", dict(inputs))]


def test_a_list_has_what_the_program_names_and_nothing_else(tmp_path: Path) -> None:
    kueue, feast = IMAGES["kueue"], IMAGES["feast"]
    chart = CHARTS["jobset"]
    listed = [
        *registrations(values={"image": {"repository": kueue.repository, "tag": kueue.tag}}),
        *registrations(spec={"containers": [{"name": "feast", "image": feast.reference}]}),
        *registrations(chart=chart.reference, text=f"{IMAGES['valkey'].repository}-extra:1"),
    ]
    found = {(part.kind, part.name): part for part in parts_of(listed, tmp_path)}
    assert set(found) == {("image", "kueue"), ("image", "feast"), ("chart", "jobset")}
    assert found["image", "kueue"].here == "made"
    assert found["chart", "jobset"].here == "unpacked"


def test_a_list_has_the_images_that_a_stack_file_brings_and_the_add_ons(tmp_path: Path) -> None:
    own = f"registry.example/models/own:v3@{DIGEST}"
    listed = [
        *registrations(spec={"template": {"containers": [{"image": own}]}}),
        Registration("aws:eks/addon:Addon", "cni", "", {"addonName": "vpc-cni", "addonVersion": "v1.20.1-eksbuild.1"}),
    ]
    image, addon = parts_of(listed, tmp_path)
    assert (image.publisher, image.reference, image.version) == ("stack", "registry.example/models/own:v3", "v3")
    assert (image.digest, image.here) == (DIGEST, "simulated")
    assert (addon.kind, addon.reference, addon.version) == ("add-on", "vpc-cni", "v1.20.1-eksbuild.1")
    assert not addon.lockable


def test_the_list_of_a_stack_is_the_one_of_its_program() -> None:
    done = runner.invoke(images.app, ["list", "local", "--json"])
    assert done.exit_code == 0, done.output
    parts = {part["name"]: part for part in json.loads(done.stdout)}
    assert {"kueue", "vllm", "prometheus", "kserve-resources"} <= set(parts)
    assert all(part["publisher"] == "upstream" for part in parts.values() if part["name"] not in OURS)


def test_a_stack_that_does_not_exist_is_told_with_those_that_do() -> None:
    shown = runner.invoke(images.app, ["list", "nowhere"])
    assert "nowhere: no stack is called so; stacks are" in str(shown.exception)
