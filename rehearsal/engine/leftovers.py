"""What a destroyed stack left behind in the API server.

Every object that the engine wrote names its field manager, so what is ours is known without a list of kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.kube import KubeError, lasting_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Json, Kube

FIELD_MANAGER_PREFIX = "pulumi-kubernetes"


@dataclass(frozen=True)
class Leftover:
    """One object that should be gone."""

    kind: str
    namespace: str
    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def find_leftovers(kube: Kube) -> list[Leftover]:
    """Every object in the cluster that the engine made, of whatever kind, custom kinds included."""
    return sorted(_of_all_kinds(kube), key=str)


def _of_all_kinds(kube: Kube) -> Iterator[Leftover]:
    for kind in lasting_kinds(kube):
        try:
            objects = kube.list(kind.path())
        except KubeError as error:
            # A custom kind may vanish between discovery and this read: then it has no objects either.
            if not error.missing:
                raise
            continue
        for found in objects:
            if written_by_engine(found):
                metadata = found["metadata"]
                namespace = metadata.get("namespace", "")
                path = f"{kind.path(namespace)}/{metadata['name']}"
                yield Leftover(kind.name, namespace, metadata["name"], path)


def written_by_engine(found: Json) -> bool:
    """Whether the object is one of a stack's."""
    managers = found["metadata"].get("managedFields", [])
    return any(manager.get("manager", "").startswith(FIELD_MANAGER_PREFIX) for manager in managers)
