"""What a rehearsal shall hold: plain data that whoever knows the platform hands over."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Aws:
    """An AWS account that is played: its region, and IAM roles that are there before anything is created.

    Whoever rehearses has the first one. A role goes by its name, with its path, or by its ARN. ``machines`` are the
    machine types that Karpenter may start, where pods run for real.
    """

    region: str
    roles: tuple[str, ...]
    machines: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """``nodes`` are the simulated ones, as ``rehearsal.cluster.simulated_nodes`` takes them; ``images`` are references.

    Images that the rehearsal itself needs are not among them. ``aws`` is the account that is played; None: none.
    """

    nodes: list[dict[str, Any]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    aws: Aws | None = None

    def digest(self) -> str:
        """A short name for this world: another one has another."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
