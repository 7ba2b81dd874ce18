"""Our own images on their way from source to a registry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cli.registry_credentials import find
from components._image_lock import ImageLock
from components._versions import OURS
from rehearsal.errors import RehearsalError
from rehearsal.images import ImageStore
from rehearsal.images.distribution import Client, RegistryError
from rehearsal.images.oci import write_layout
from rehearsal.images.own_recipes import OWN_REPOSITORY
from rehearsal.images.reference import Reference
from rehearsal.images.registry import Registries
from rehearsal.images.upload import Upload
from rehearsal.places import cache_directory
from rehearsal.toolchain import Tools

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.progress import Reporter


@dataclass(frozen=True)
class Built:
    """An image as it was built here."""

    name: str
    tag: str
    digest: str
    size_bytes: int
    layout: str
    """Directory with its OCI layout."""


@dataclass(frozen=True)
class Sent:
    """An image as the registry has it now."""

    name: str
    place: str
    """`<repository>@<digest>`."""
    sent_bytes: int
    was_there: bool
    """Whether the registry had this very image under its tag before."""


def build(directory: Path, reporter: Reporter) -> list[Built]:
    """Build every image of ours, and write each as an OCI layout into a subdirectory of its name."""
    store, built = _store(), []
    for name, ours in OURS.items():
        image = store.image(_before_push(name, ours.tag), reporter)
        layout = directory / name
        with reporter.phase(f"write {layout}"):
            write_layout(image, store.blobs, layout)
        built.append(Built(name, ours.tag, image.manifest.digest, image.size, str(layout)))
    return built


def push(registry: str, file: Path, reporter: Reporter, *, replace_tags: bool) -> list[Sent]:
    """Push every image of ours below `registry`, and write into the lock `file` where each is.

    RehearsalError where the registry refuses, or where a tag names another image there and may not be replaced.
    """
    targets = {name: _target(registry, name, ours.tag) for name, ours in OURS.items()}
    store, client, sent = _store(), Client(find, writing=True), []
    for name, target in targets.items():
        image = store.image(_before_push(name, str(target.tag)), reporter)
        with reporter.phase(f"push {target}") as phase:
            try:
                done = Upload(client, image, store.blobs, target).push(replace=replace_tags, progress=phase.update)
            except RegistryError as refusal:
                raise RehearsalError(f"{name} is not pushed: {refusal}") from None
        sent.append(Sent(name, f"{target.repository}@{done.digest}", done.sent_bytes, done.was_there))
    places = {f"{each.name}:{targets[each.name].tag}": each.place for each in sent}
    file.write_text(replace(ImageLock.read(file), ours=places).text())
    return sent


def _store() -> ImageStore:
    """This machine's images: nothing of ours is asked of a registry, or made from a tool of the toolchain."""
    return ImageStore(cache_directory() / "images", Tools([]), registries=Registries(off=True))


def _before_push(name: str, tag: str) -> str:
    return f"{OWN_REPOSITORY}/{name}:{tag}"


def _target(registry: str, name: str, tag: str) -> Reference:
    """Where an image goes; RehearsalError for what names no registry."""
    wrong = RehearsalError(
        f"REGISTRY: is no registry and path, got {registry!r}",
        remedy="give it as 111122223333.dkr.ecr.eu-central-1.amazonaws.com/mlplatform",
    )
    host = registry.partition("/")[0]
    if not ("." in host or ":" in host or host == "localhost"):
        raise wrong
    try:
        return Reference.parse(f"{registry.rstrip('/')}/{name}:{tag}")
    except ValueError:
        raise wrong from None
