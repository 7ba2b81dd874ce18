"""What a stack runs: the images, charts and add-ons that its program names, and where each comes from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from components._versions import CHARTS, IMAGES, OURS
from rehearsal.images import Source, foreseen
from rehearsal.toolchain.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cli.registrations import Registration
    from components._versions import Image

_ADDON: Final = "aws:eks/addon:Addon"
_CHARTS: Final = "assets/chart"
_ALL_CHARTS: Final = "assets/charts"


@dataclass(frozen=True)
class Part:
    """One image, chart or add-on of a stack; ``digest`` is the lock's, where it has one."""

    kind: str
    """`image`, `chart` or `add-on`."""
    name: str
    reference: str
    """Repository and tag; an add-on's own name."""
    version: str
    digest: str | None
    publisher: str
    """`upstream`; `ours`: built and pushed by `mlplatform images`; `stack`: named by the stack file; `aws`."""
    here: str
    """What a rehearsal on this machine has: the image `pulled`, or `made` here under its name, or neither, and then its
    pods are `simulated`; a chart `unpacked` from its project's Go module, or `absent`; an add-on `recorded`."""
    origin: str
    """The same in full: from what, in which version, or why not."""

    @property
    def lockable(self) -> bool:
        """Whether a digest of it can be locked: an add-on's images are AWS's own affair."""
        return self.kind != "add-on"


def parts_of(registrations: Iterable[Registration], store: Path) -> list[Part]:
    """All that these registrations run; ``store`` is the directory of the rehearsals' images."""
    listed = list(registrations)
    text = "\n".join(json.dumps(each.inputs) for each in listed)
    known = {**IMAGES, **OURS}
    images = [_image(name, known[name], store) for name in known if _names(text, known[name].repository)]
    charts = [_chart(name) for name in CHARTS if f'"{CHARTS[name].reference}"' in text]
    return [*images, *_foreign_images(listed, known, store), *charts, *_addons(listed)]


def _image(name: str, image: Image, store: Path) -> Part:
    publisher = "ours" if name in OURS else "upstream"
    return Part("image", name, image.tagged, image.tag, image.digest, publisher, *_here(image.tagged, store))


def _chart(name: str) -> Part:
    chart = CHARTS[name]
    return Part("chart", name, chart.tagged, chart.version, chart.digest, "upstream", *_chart_here(name))


def _chart_here(name: str) -> tuple[str, str]:
    """Charts that a tool of the toolchain keeps: one under its own name, or all of a directory of the tool's module."""
    for tool in CATALOGUE.values():
        for kept in tool.kept:
            directory = kept.target == _ALL_CHARTS and name.startswith(tool.name)
            if directory or (kept.target.startswith(_CHARTS) and PurePath(kept.source).name == name):
                return "unpacked", f"unpacked from the Go module {kept.module}"
    return "absent", "pulled from its registry where that can be reached, else not to be had"


def _here(reference: str, store: Path) -> tuple[str, str]:
    origin = foreseen(reference, store)
    return ("simulated" if origin.source is Source.UNAVAILABLE else origin.source.value), origin.text


def _names(text: str, repository: str) -> bool:
    """Whether the repository is named as a whole: with a version, or as a chart's value of its own."""
    return re.search(rf"(?<![\w./-]){re.escape(repository)}(?![\w./-])", text) is not None


def _foreign_images(listed: Iterable[Registration], known: Mapping[str, Image], store: Path) -> Iterator[Part]:
    """Images that the stack file names itself."""
    ours = {image.repository for image in known.values()}
    for reference in sorted({image for each in listed for image in _image_fields(each.inputs)}):
        tagged, _, digest = reference.partition("@")
        repository, _, tag = tagged.rpartition(":")
        if "/" in repository and repository not in ours:
            yield Part("image", repository, tagged, tag, digest or None, "stack", *_here(reference, store))


def _image_fields(value: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON value)
    """The text of every field that is called `image`, however deep."""
    if isinstance(value, dict):
        if isinstance(value.get("image"), str):
            yield value["image"]
        for each in value.values():
            yield from _image_fields(each)
    elif isinstance(value, list):
        for each in value:
            yield from _image_fields(each)


def _addons(listed: Iterable[Registration]) -> Iterator[Part]:
    for each in listed:
        if each.type == _ADDON:
            name, version = each.inputs["addonName"], str(each.inputs.get("addonVersion", "EKS's default"))
            yield Part("add-on", name, name, version, None, "aws", "recorded", "nothing of it runs")
