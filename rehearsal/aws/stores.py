"""What a rehearsal must provide for managed stores to answer: a real store behind the name that AWS would give."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

StoreKind = Literal["postgres", "valkey", "s3"]


@dataclass(frozen=True)
class Store:
    """A managed store as its clients see it."""

    kind: StoreKind
    name: str
    """Its identifier at AWS; for S3 the bucket's name."""
    endpoint: str
    """The host name that AWS gives it."""
    port: int
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``username``, ``password``, ``database``: those that the kind has."""
    more_names: tuple[str, ...] = ()
    """Further host names of the same store, such as a reader's."""


class ManagedStores(Protocol):
    """Provided by a rehearsal with a cluster. Both may be called again for the same store."""

    def store_created(self, store: Store) -> None:
        """Make it answer under its name; return when it does."""

    def store_deleted(self, kind: StoreKind, name: str) -> None:
        """Make it stop; none of that name is fine."""


def managed_stores(factory: str, cluster: Path | None) -> ManagedStores | None:
    """What ``module:factory`` makes of the cluster file; None where no store can run."""
    if not factory or cluster is None:
        return None
    module, _, name = factory.partition(":")
    stores: ManagedStores = getattr(import_module(module), name)(cluster)
    return stores
