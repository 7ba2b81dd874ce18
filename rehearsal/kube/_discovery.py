"""Discovery: the kinds of objects that an API server has."""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.kube._errors import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube._client import Kube

_PASSING = frozenset({"Event", "Lease"})
"""Written about objects, by the cluster, and gone by themselves."""


@dataclass(frozen=True)
class Kind:
    """One kind of object, in the version of its group that the API server prefers."""

    name: str
    root: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None) -> str:
        """The collection of all its objects, or of those in a namespace."""
        within = f"namespaces/{namespace}/" if namespace else ""
        return f"{self.root}/{within}{self.plural}"


def lasting_kinds(kube: Kube) -> Iterator[Kind]:
    """Every kind whose objects can be listed and deleted, and do not go by themselves."""
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
            if {"list", "delete"} <= set(resource["verbs"]) and resource["kind"] not in _PASSING:
                yield Kind(resource["kind"], root, resource["name"], resource["namespaced"])
