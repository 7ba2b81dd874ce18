"""What a destroyed stack left behind in the API server.

Every object that the engine wrote names its field manager, so what is ours is known without a list of kinds.
"""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Json, Kube

FIELD_MANAGER_PREFIX = "pulumi-kubernetes"
_TRANSIENT_KINDS = {"Event", "Lease"}
"""Written about objects, not by us, and gone by themselves."""


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
    for path, kind in _collections(kube):
        try:
            objects = kube.list(path)
        except KubeError as error:
            # A custom kind may vanish between discovery and this read: then it has no objects either.
            if not error.missing:
                raise
            continue
        for found in objects:
            if _is_ours(found):
                metadata = found["metadata"]
                namespace = metadata.get("namespace", "")
                within = path
                if namespace:
                    head, _, plural = path.rpartition("/")
                    within = f"{head}/namespaces/{namespace}/{plural}"
                yield Leftover(kind, namespace, metadata["name"], f"{within}/{metadata['name']}")


def _collections(kube: Kube) -> Iterator[tuple[str, str]]:
    """The path and kind of everything that can be listed and deleted."""
    groups = kube.get("/apis")["groups"]
    for root in ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]:
        try:
            resources = kube.get(root)["resources"]
        except KubeError as error:
            # An aggregated API whose server is gone answers 503 until its APIService is deleted.
            if not (error.missing or error.code == http.HTTPStatus.SERVICE_UNAVAILABLE):
                raise
            continue
        for resource in resources:
            if {"list", "delete"} <= set(resource["verbs"]) and resource["kind"] not in _TRANSIENT_KINDS:
                yield f"{root}/{resource['name']}", resource["kind"]


def _is_ours(found: Json) -> bool:
    managers = found["metadata"].get("managedFields", [])
    return any(manager.get("manager", "").startswith(FIELD_MANAGER_PREFIX) for manager in managers)
