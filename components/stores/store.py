"""A store that a component's pods talk to, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pulumi


@dataclass(frozen=True)
class Store:
    """Where a store is, and how to be let in."""

    address: pulumi.Input[str]
    """`host:port`."""
    connection: pulumi.Output[str]
    """All that a client needs in the form that it takes; secret, since the password is in it."""
