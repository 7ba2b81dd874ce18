"""The images of a rehearsal as the program names them: by tag, or by the digest of what was made on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components._image_lock import ImageLock
from components._versions import IMAGES
from policies.parameters import parameters_for

if TYPE_CHECKING:
    from rehearsal.images import ImageStore
    from rehearsal.progress import Reporter


@dataclass(frozen=True)
class RehearsedImages:
    """References as pods have them, and the lock from which the program has the digests; None: it has none."""

    references: tuple[str, ...] = ()
    lock: ImageLock | None = None


def tagged() -> list[str]:
    """Every image of the platform, by tag."""
    return [image.tagged for image in IMAGES.values()]


def obtain(stack: str, store: ImageStore | None, reporter: Reporter) -> RehearsedImages:
    """Pull or make what the stack runs; without a store nothing is, and no pod's containers run.

    A stack whose images go by digest gets a lock of its own: the project's names what registries have, and what was
    made here has another digest. An image that cannot be had at all has the digest of its name, which names nothing:
    its pods are simulated.
    """
    if parameters_for(stack).image_references != "digest":
        if store is None:
            return RehearsedImages()
        store.ensure(tagged(), reporter)
        return RehearsedImages(tuple(tagged()))
    digests = _digests(store, reporter) if store else {}
    locked = {name: digests.get(name) or _digest_of_nothing(name) for name in tagged()}
    references = tuple(f"{name}@{digest}" for name, digest in locked.items()) if store else ()
    return RehearsedImages(references, ImageLock(images=locked))


def _digests(store: ImageStore, reporter: Reporter) -> dict[str, str]:
    """Digests by tag: those that the project has locked, where they can be had, else those of what can."""
    by_reference = {image.reference: image.tagged for image in IMAGES.values() if image.digest}
    found = {by_reference[had.reference]: had.digest for had in store.ensure(by_reference, reporter)}
    others = [name for name in tagged() if name not in found]
    return found | {had.reference: had.digest for had in store.ensure(others, reporter)}


def _digest_of_nothing(name: str) -> str:
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
