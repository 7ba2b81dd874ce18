"""The resources that rules judge, wherever they come from: a Pulumi program, a manifest, the API server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.language import UNKNOWN, Gap


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its type as rules name it, its properties, and what reports call it.

    What a Pulumi program says of it besides: its ``urn``; for each property, from which resources' outputs its value
    comes (URNs); and its ``options`` (``protect``).
    """

    type: str
    properties: Mapping[str, Any]
    label: str
    urn: str = ""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str | Gap:
        """``metadata.name``; empty where there is none."""
        return self._metadata("name")

    @property
    def namespace(self) -> str | Gap:
        """``metadata.namespace``; empty for a resource of the whole cluster or of the default namespace."""
        return self._metadata("namespace")

    def _metadata(self, key: str) -> str | Gap:
        metadata: object = self.properties.get("metadata")
        if metadata is UNKNOWN:
            return UNKNOWN
        if not isinstance(metadata, Mapping):
            return ""
        value: object = metadata.get(key)
        if value is UNKNOWN:
            return UNKNOWN
        return value if isinstance(value, str) else ""


def type_of_token(token: str) -> str:
    """The rules' name of a Pulumi type: ``kubernetes:apps/v1:Deployment`` is ``apps/Deployment``.

    The version does not matter to a rule. Types of other providers keep their token.
    """
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    if package != "kubernetes" or "/" not in module:
        return token
    return f"{module.rpartition('/')[0]}/{kind}"


def from_manifest(manifest: Mapping[str, Any]) -> Resource:
    """The resource that a Kubernetes manifest describes."""
    group, _, _version = manifest["apiVersion"].rpartition("/")
    resource = Resource(f"{group or 'core'}/{manifest['kind']}", manifest, "")
    return Resource(
        resource.type,
        manifest,
        "/".join(str(part) for part in (resource.type, resource.namespace, resource.name) if part),
    )
