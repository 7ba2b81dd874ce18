"""Where the API server keeps the kinds that rules are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_OUR_POLICIES: Final = "admissionregistration.k8s.io"
"""The API server asks no policy about policies, so that a bad one can be removed: those are judged before only."""
_NOT_OBJECTS: Final = frozenset({"helm.sh", "yaml", _OUR_POLICIES})
_ALSO_AT: Final = {"core/Pod": ("ephemeralcontainers", "resize")}
"""Subresources by which the whole object comes in changed."""


def is_object(resource_type: str) -> bool:
    """Whether the API server asks policies about resources of that type, as rules name it (``apps/Deployment``)."""
    group, separator, kind = resource_type.partition("/")
    return bool(separator and kind) and ":" not in resource_type and group not in _NOT_OBJECTS


def plural(kind: str) -> str:
    """The kind's name in URLs, guessed as Kubernetes guesses it (apimachinery, ``UnsafeGuessKindToResource``)."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith("s"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def resource_rules(resource_types: Iterable[str]) -> list[dict[str, object]]:
    """What a policy's match constraints say of these types: any version, created or changed."""
    by_group: dict[str, list[str]] = {}
    for resource_type in sorted(resource_types):
        group, _, kind = resource_type.partition("/")
        names = by_group.setdefault("" if group == "core" else group, [])
        names.append(plural(kind))
        names.extend(f"{plural(kind)}/{part}" for part in _ALSO_AT.get(resource_type, ()))
    return [
        {
            "apiGroups": [group],
            "apiVersions": ["*"],
            "resources": resources,
            "operations": ["CREATE", "UPDATE"],
            "scope": "*",
        }
        for group, resources in by_group.items()
    ]


def kinds(resource_types: Iterable[str]) -> list[str]:
    """Their kinds, without group."""
    return sorted({resource_type.partition("/")[2] for resource_type in resource_types})
