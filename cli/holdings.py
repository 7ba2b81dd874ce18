"""What a team has in its namespace beside what the stack put there: all that would be gone with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rehearsal.engine import written_by_engine
from rehearsal.errors import RehearsalError
from rehearsal.kube import KubeError, lasting_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Kube

VOLUME: Final = "PersistentVolumeClaim"
_EVERYWHERE: Final = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
"""What the cluster itself puts into every namespace."""
_FOLLOWERS: Final = frozenset({"Endpoints"})
"""Made for another object, and not marked as its property."""


@dataclass(frozen=True)
class Holding:
    """One object that somebody of the team made."""

    kind: str
    name: str
    about: str = ""
    """The size of a volume."""


def holdings(kube: Kube, team: str) -> list[Holding]:
    """The team's own objects by kind and name; RehearsalError where it has no namespace or it cannot be read."""
    namespace = f"team-{team}"
    try:
        if not any(each["metadata"]["name"] == namespace for each in kube.list("/api/v1/namespaces")):
            raise RehearsalError(f"{team}: no team of this name is on {kube.server}")
        return sorted(_own(kube, namespace), key=lambda each: (each.kind, each.name))
    except KubeError as error:
        raise RehearsalError(f"{kube.server}: {error}", remedy="give --kubeconfig of somebody who may") from error


def _own(kube: Kube, namespace: str) -> Iterator[Holding]:
    for kind in lasting_kinds(kube):
        if not kind.namespaced or kind.name in _FOLLOWERS:
            continue
        for found in kube.list(kind.path(namespace)):
            metadata = found["metadata"]
            # What belongs to another object comes and goes with that one.
            if metadata.get("ownerReferences") or written_by_engine(found):
                continue
            if (kind.name, metadata["name"]) not in _EVERYWHERE:
                yield Holding(kind.name, metadata["name"], _size(found) if kind.name == VOLUME else "")


def _size(claim: dict[str, Any]) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])
