"""The images of rehearsals: pulled where a registry can be reached, else made here, and kept by content."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.images import containerd, oci
from rehearsal.images.blobs import BlobStore, DamagedBlobError
from rehearsal.images.distribution import RegistryError
from rehearsal.images.recipes import RECIPES
from rehearsal.images.records import Records
from rehearsal.images.reference import Reference
from rehearsal.images.registry import Registries
from rehearsal.images.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rehearsal.images.oci import Image
    from rehearsal.images.recipe import Recipe
    from rehearsal.progress import Phase, Reporter
    from rehearsal.toolchain.tools import Tools

_UNUSED_SECONDS: Final = 3 * 24 * 3600
# A blob is written before the record that names it.
_UNNAMED_SECONDS: Final = 3600


class Source(StrEnum):
    """Where an image comes from."""

    PULLED = "pulled"
    MADE = "made"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Origin:
    """Where an image comes from; ``text`` says it for the report: from what, which version, or why not at all."""

    source: Source
    text: str


@dataclass(frozen=True)
class StoredImage:
    """An image that the store has: as the caller spells it, where it came from, its digest and stored bytes."""

    reference: str
    origin: Origin
    digest: str
    size: int


def needed_tools(references: Iterable[str], recipes: Mapping[str, Recipe] = RECIPES) -> set[str]:
    """The tools of the toolchain from which these images are made here."""
    found = (recipes.get(Reference.parse(reference).repository) for reference in references)
    return {recipe.tool for recipe in found if recipe and recipe.tool}


class ImageStore:
    """Images in one directory; any number of processes may use it at once.

    What the directory has is used as it is. What is missing is pulled where its registry can be reached
    (``MLPLATFORM_REGISTRY=off``: never), else made if there is a recipe for its repository; a reference with a digest
    is pulled, or is what was made here if that has this very digest. The methods raise ``ValueError`` for a text that
    is no image reference.
    """

    def __init__(
        self,
        directory: Path,
        tools: Tools,
        *,
        recipes: Mapping[str, Recipe] = RECIPES,
        registries: Registries | None = None,
    ) -> None:
        self._directory = directory
        self._recipes = recipes
        self._registries = registries or Registries()
        self.blobs = BlobStore(directory / "blobs")
        self._records = Records(directory / "records")
        self._layers = Workshop(directory / "work", tools, self.blobs, self._records)
        self._refusals: dict[str, str] = {}

    def origin(self, reference: str) -> Origin:
        """Where the image is from, or would be if it were wanted now; nothing is fetched or made for the answer."""
        wanted = Reference.parse(reference)
        recipe = self._recipe(wanted)
        if self._pulled(wanted):
            return Origin(Source.PULLED, f"pulled from {wanted.registry}")
        if recipe and self._made(recipe, wanted):
            return Origin(Source.MADE, _made_from(recipe, wanted))
        if str(wanted) not in self._refusals and self._registries.reachable([wanted.registry]):
            return Origin(Source.PULLED, f"pulled from {wanted.registry}")
        if recipe:
            return Origin(Source.MADE, _made_from(recipe, wanted))
        cause = self._refusals.get(str(wanted), f"{wanted.registry} cannot be reached")
        return Origin(Source.UNAVAILABLE, f"{cause}, and there is no way to make it here")

    def ensure(self, references: Iterable[str], reporter: Reporter) -> list[StoredImage]:
        """Pull or make what is missing; what can be had in neither way is left out of the answer.

        Takes milliseconds where nothing is missing.
        """
        wanted = {reference: Reference.parse(reference) for reference in dict.fromkeys(references)}
        images = {reference: self._present(parsed) for reference, parsed in wanted.items()}
        absent = [reference for reference, image in images.items() if image is None]
        if any(self.origin(reference).source is not Source.UNAVAILABLE for reference in absent):
            seconds = self._expected_seconds(wanted[reference] for reference in absent)
            with self._directory_in_use(), reporter.phase("images", expected_seconds=seconds) as phase:
                for reference in absent:
                    images[reference] = self._obtain(wanted[reference], phase)
            self._tidy()
        return [
            StoredImage(reference, self.origin(reference), image.manifest.digest, image.size)
            for reference, image in images.items()
            if image
        ]

    def image(self, reference: str, reporter: Reporter) -> Image:
        """The image itself, made or pulled first where it is missing; RehearsalError where it cannot be had."""
        self.ensure([reference], reporter)
        if image := self._present(Reference.parse(reference)):
            return image
        raise RehearsalError(f"{reference} cannot be had: {self.origin(reference).text}")

    def import_into(self, ctr: Sequence[str], references: Iterable[str], reporter: Reporter) -> list[str]:
        """Put those of the images that can be had into a containerd; returns the references that it lacked.

        ``ctr`` is the command that speaks to that containerd (`["ctr", "--address", "/run/…/containerd.sock"]`).
        """
        wanted = list(dict.fromkeys(references))
        for attempt in ("first", "after damage"):
            present = {each.reference for each in self.ensure(wanted, reporter)}
            images = {r: image for r in wanted if r in present and (image := self._present(Reference.parse(r)))}
            lacking = containerd.missing(ctr, list(images.values()))
            if not lacking:
                return []
            try:
                with reporter.phase(f"import {len(lacking)} images"):
                    containerd.load(ctr, lacking, self.blobs)
            except DamagedBlobError as damage:
                # The damaged blob is gone: one more round makes it again.
                if attempt == "after damage":
                    raise RehearsalError(
                        f"{self.blobs.directory} does not keep what is written to it: {damage}",
                        remedy="check the disk",
                    ) from damage
            else:
                names = {image.name for image in lacking}
                return [reference for reference, image in images.items() if image.name in names]
        raise AssertionError("unreachable: the second round returns or raises")

    def _recipe(self, reference: Reference) -> Recipe | None:
        recipe = self._recipes.get(reference.repository)
        if recipe and reference.digest and not self._made(recipe, reference):
            return None
        return recipe

    def _present(self, reference: Reference) -> Image | None:
        recipe = self._recipe(reference)
        return self._pulled(reference) or (self._made(recipe, reference) if recipe else None)

    def _pulled(self, reference: Reference) -> Image | None:
        image = self._records.image(str(reference))
        return image if image and all(map(self.blobs.holds, (image.manifest, *image.blobs))) else None

    def _made(self, recipe: Recipe, reference: Reference) -> Image | None:
        layers = [layer for each in recipe.layers if (layer := self._layers.find(each))]
        if len(layers) < len(recipe.layers):
            return None
        image = oci.assemble(str(reference), layers, recipe.configuration())
        return image if reference.digest in (None, image.manifest.digest) else None

    def _expected_seconds(self, references: Iterable[Reference]) -> float:
        """What making takes; pulling depends on a network of which nothing is known."""
        recipes = [recipe for each in references if (recipe := self._recipe(each))]
        missing = {layer.name: layer for recipe in recipes for layer in recipe.layers if not self._layers.find(layer)}
        return sum(layer.expected_seconds for layer in missing.values())

    def _obtain(self, reference: Reference, phase: Phase) -> Image | None:
        if self._registries.reachable([reference.registry]):
            phase.update(f"pull {reference}")
            try:
                image = self._registries.pull(reference, self.blobs)
            except RegistryError as refusal:
                self._refusals[str(reference)] = str(refusal)
                phase.note(f"{reference} is not pulled: {refusal}")
            else:
                self._records.add_image(image)
                return image
        recipe = self._recipe(reference)
        if not recipe:
            return None
        for layer in recipe.layers:
            if not self._layers.find(layer):
                phase.update(f"make {layer.name}")
                self._layers.make(layer)
        return self._made(recipe, reference)

    @contextlib.contextmanager
    def _directory_in_use(self) -> Iterator[None]:
        """Turns what a disk refuses into an error that names the directory."""
        try:
            yield
        except OSError as error:
            raise RehearsalError(
                f"images cannot be kept in {self._directory}: {error.strerror or error}",
                remedy="make it writable, make room, or set MLPLATFORM_CACHE to another directory",
            ) from error

    def _tidy(self) -> None:
        now = time.time()
        used = self._records.forget_unused(older_than=now - _UNUSED_SECONDS)
        self.blobs.remove_unused(used, older_than=now - _UNNAMED_SECONDS)


def foreseen(reference: str, directory: Path, recipes: Mapping[str, Recipe] = RECIPES) -> Origin:
    """Where the store in that directory has the image from, or would make it from; no registry is asked."""
    wanted = Reference.parse(reference)
    if Records(directory / "records").image(str(wanted)):
        return Origin(Source.PULLED, f"pulled from {wanted.registry}")
    if recipe := recipes.get(wanted.repository):
        return Origin(Source.MADE, _made_from(recipe, wanted))
    return Origin(Source.UNAVAILABLE, f"pulled from {wanted.registry} where it can be reached, else not to be had")


def _made_from(recipe: Recipe, reference: Reference) -> str:
    text = f"made from {recipe.source}"
    if reference.tag != recipe.version and reference.tag != f"v{recipe.version}":
        return f"{text}: version {recipe.version}, not {reference.tag}"
    return text
