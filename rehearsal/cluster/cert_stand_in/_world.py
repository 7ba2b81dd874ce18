"""What the stand-in sees of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rehearsal.kube import Collection, Json


class Kind(NamedTuple):
    """A kind of objects and where all of them are."""

    version: str
    kind: str
    collection: Collection

    @property
    def plural(self) -> str:
        """The kind as paths have it."""
        return f"{self.kind.lower()}s"

    def path(self, item: Json) -> str:
        """Where one object of this kind is."""
        metadata = item["metadata"]
        namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        return f"/apis/{self.version}{namespace}/{self.plural}/{metadata['name']}"


def _kind(version: str, kind: str, *, metadata_only: bool = False) -> Kind:
    path = f"/apis/{version}/{kind.lower()}s"
    return Kind(version, kind, Collection(path, metadata_only=metadata_only))


GROUP = "cert-manager.io"
ISSUERS = _kind(f"{GROUP}/v1", "Issuer")
CERTIFICATES = _kind(f"{GROUP}/v1", "Certificate")
DEFINITIONS = _kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", metadata_only=True)
WEBHOOKS = (
    _kind("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    _kind("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
)
TARGETS = (*WEBHOOKS, DEFINITIONS)
"""What an authority is injected into. CRDs are many and large, and few are annotated: their metadata will do."""

Objects = Mapping[tuple[str, str], Json]
"""Objects by namespace and name."""


@dataclass(frozen=True)
class World:
    """What the API server holds of all that concerns certificates; ``targets`` by kind."""

    issuers: Objects
    certificates: Objects
    secrets: Objects
    targets: Mapping[Kind, list[Json]]


class NotReadyError(Exception):
    """Why an object is not answered: its Ready condition's reason and message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
