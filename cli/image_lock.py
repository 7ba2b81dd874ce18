"""Looks up the digests of all charts and images of the table, and says what a new lock would change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.registry_credentials import find
from components._image_lock import ImageLock
from components._versions import CHARTS, IMAGES, OURS
from rehearsal.images.distribution import Client, RegistryError
from rehearsal.images.reference import Reference
from rehearsal.images.registry import Registries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Comparison:
    """What registries say now against what is locked; ``new`` to ``changed`` by `<repository>:<tag>`."""

    lock: ImageLock
    """The lock as it would be."""
    new: dict[str, str]
    changed: dict[str, tuple[str, str]]
    """The locked digest, and the one that the same tag has now."""
    refused: dict[str, str]
    """What could not be looked up, and why; then the lock is not complete."""


def compare(locked: ImageLock, digest: Callable[[Reference], str]) -> Comparison:
    """Look up everything that others publish; where our own images are is known from pushing them."""
    charts = _look_up([chart.tagged for chart in CHARTS.values()], digest)
    images = _look_up([image.tagged for image in IMAGES.values()], digest)
    found = {name: answer for name, answer in {**charts, **images}.items() if isinstance(answer, str)}
    before = {**locked.charts, **locked.images}
    own = {f"{name}:{image.tag}" for name, image in OURS.items()}
    lock = ImageLock(
        charts={name: found[name] for name in charts if name in found},
        images={name: found[name] for name in images if name in found},
        ours={name: place for name, place in locked.ours.items() if name in own},
    )
    return Comparison(
        lock=lock,
        new={name: now for name, now in found.items() if name not in before},
        changed={name: (before[name], now) for name, now in found.items() if before.get(name, now) != now},
        refused={name: str(answer) for name, answer in {**charts, **images}.items() if name not in found},
    )


def ask_registries() -> Callable[[Reference], str]:
    """The way to a tag's digest: its registry, with the credentials that are known for it."""
    return Registries(Client(find)).digest


def unlocked(locked: ImageLock) -> list[str]:
    """What of others' images and charts the lock has no digest of, as `<repository>:<tag>`."""
    wanted = {
        **{chart.tagged: locked.charts for chart in CHARTS.values()},
        **{image.tagged: locked.images for image in IMAGES.values()},
    }
    return [name for name, part in wanted.items() if name not in part]


def _look_up(names: Iterable[str], digest: Callable[[Reference], str]) -> dict[str, str | RegistryError]:
    """The digest of each, or why there is none; many at once, as most of the time is spent waiting."""

    def ask(name: str) -> str | RegistryError:
        try:
            return digest(Reference.parse(name))
        except RegistryError as refusal:
            return refusal

    listed = list(names)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(listed, pool.map(ask, listed), strict=True))
