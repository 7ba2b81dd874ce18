"""The images of a rehearsal as the program names them: by tag, or by the digest of what was made on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components._image_lock import ImageLock
from components._versions import IMAGES, OURS
from policies.parameters import parameters_for

if TYPE_CHECKING:
    from components._versions import Image
    from rehearsal.images import ImageStore
    from rehearsal.progress import Reporter
    from stacks.settings import Settings


_OF_EKS: Final = frozenset({"karpenter", "efa-device-plugin", "cilium", "cilium-operator", "fluent-bit"})
"""What only clusters on AWS run, by its name in the table of versions."""
_OF_RAY: Final = frozenset({"kuberay", "ray"})


@dataclass(frozen=True)
class RehearsedImages:
    """References as pods have them, and the lock from which the program has the digests; None: it has none."""

    references: tuple[str, ...] = ()
    lock: ImageLock | None = None


def tagged(settings: Settings) -> list[str]:
    """Every image that the stack may run, by tag."""
    return [image.tagged for image in _images(settings)]


def obtain(stack: str, settings: Settings, store: ImageStore | None, reporter: Reporter) -> RehearsedImages:
    """Pull or make what the stack runs; without a store nothing is, and no pod's containers run.

    A stack whose images go by digest gets a lock of its own: the project's names what registries have, and what was
    made here has another digest. An image that cannot be had at all has the digest of its name, which names nothing:
    its pods are simulated.
    """
    if parameters_for(stack).image_references != "digest":
        if store is None:
            return RehearsedImages()
        store.ensure(tagged(settings), reporter)
        return RehearsedImages(tuple(tagged(settings)))
    images = _images(settings)
    digests = _digests(images, store, reporter) if store else {}
    locked = {image.tagged: digests.get(image.tagged) or _digest_of_nothing(image.tagged) for image in images}
    references = tuple(f"{name}@{digest}" for name, digest in locked.items()) if store else ()
    ours = {
        f"{name}:{image.tag}": f"{image.repository}@{locked[image.tagged]}"
        for name, image in OURS.items()
        if image.tagged in locked
    }
    return RehearsedImages(references, ImageLock(images=locked, ours=ours))


def _images(settings: Settings) -> list[Image]:
    absent = set() if settings.cluster.kind == "eks" else set(_OF_EKS)
    if not settings.serving.gateway:
        absent |= {"envoy-gateway", "envoy"}
    if not settings.monitoring.hooks.collects:
        absent.add("otel-collector")
    if settings.training.ray is None:
        absent |= _OF_RAY
    if settings.registry is None:
        absent.add("mlflow")
    own = [OURS["release-controller"]] if settings.delivery else []
    return [*(image for name, image in IMAGES.items() if name not in absent), *own]


def _digests(images: list[Image], store: ImageStore, reporter: Reporter) -> dict[str, str]:
    """Digests by tag: those that the project has locked, where they can be had, else those of what can."""
    by_reference = {image.reference: image.tagged for image in images if image.digest}
    found = {by_reference[had.reference]: had.digest for had in store.ensure(by_reference, reporter)}
    others = [image.tagged for image in images if image.tagged not in found]
    return found | {had.reference: had.digest for had in store.ensure(others, reporter)}


def _digest_of_nothing(name: str) -> str:
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
