"""The one model of who may use which GPUs: queues, quotas and simulated nodes are all derived from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from components.specs.capacity import Pool, Team

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

__all__ = ["Amount", "Capacity", "CapacityError", "Contradiction", "Flavor", "Pool", "Quota", "Team", "contradictions"]

POOL_LABEL = "mlplatform.dev/pool"
GPU_RESOURCE = "nvidia.com/gpu"
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
PODS_PER_NODE = 110
"""What the kubelet allows by default."""


@dataclass(frozen=True)
class Contradiction:
    """Two settings that cannot both hold."""

    steps: tuple[str | int, ...]
    """Where the second of them stands in the stack file, from the section on."""
    wrong: str
    got: str | int
    remedy: str


class CapacityError(ValueError):
    """Pools and teams contradict each other; ``contradictions`` says where."""

    def __init__(self, found: tuple[Contradiction, ...]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, c.steps))}: {c.wrong}; {c.remedy}" for c in found))
        self.contradictions = found


@dataclass(frozen=True)
class Flavor:
    """The nodes of one pool as a scheduler finds them."""

    name: str
    labels: Mapping[str, str]
    """Labels that every node of the pool has."""
    taints: tuple[Mapping[str, str], ...]
    """Taints that every node of the pool has, and that a workload for the pool tolerates."""


@dataclass(frozen=True)
class Amount:
    """GPUs with the CPUs and the memory that go with them."""

    gpus: int
    cpus: int
    memory_gib: int


@dataclass(frozen=True)
class Quota(Amount):
    """A team's own part of one pool."""

    pool: Pool


@dataclass(frozen=True)
class Capacity:
    """Pools and teams that agree with each other; raises CapacityError where they do not."""

    pools: tuple[Pool, ...]
    teams: tuple[Team, ...] = ()

    def __post_init__(self) -> None:
        if found := tuple(contradictions(dict(enumerate(self.pools)), dict(enumerate(self.teams)))):
            raise CapacityError(found)

    @property
    def training_pools(self) -> tuple[Pool, ...]:
        """Pools whose GPUs are handed out by queues."""
        return tuple(pool for pool in self.pools if pool.purpose == "training")

    def flavors(self) -> tuple[Flavor, ...]:
        """One flavor a training pool, under the pool's name."""
        return tuple(Flavor(pool.name, {POOL_LABEL: pool.name}, (GPU_TAINT,)) for pool in self.training_pools)

    def quotas(self, team: Team) -> tuple[Quota, ...]:
        """The team's own part of every training pool that it has a quota in, in the order of the pools."""
        return tuple(quota(pool, team.gpus[pool.name]) for pool in self.training_pools if pool.name in team.gpus)

    def ceiling(self, team: Team, *, borrowing: bool) -> Amount:
        """The most that the team's pods may hold at once in all GPU pools together.

        With borrowing that is every training pool, because idle GPUs are lent; of a serving pool it is the
        team's own part.
        """
        parts = [
            quota(pool, pool.gpus if borrowing and pool.purpose == "training" else team.gpus.get(pool.name, 0))
            for pool in self.pools
        ]
        return Amount(
            gpus=sum(part.gpus for part in parts),
            cpus=sum(part.cpus for part in parts),
            memory_gib=sum(part.memory_gib for part in parts),
        )

    def nodes(self, *, besides: Collection[str] = ()) -> list[dict[str, Any]]:
        """Every GPU node by name, labels, taints and capacity: plain data for whoever simulates them.

        Pools whose names are in `besides` have none: what starts their nodes says when there are some.
        """
        return [_node(pool, i) for pool in self.pools if pool.name not in besides for i in range(pool.nodes)]


def quota(pool: Pool, gpus: int) -> Quota:
    """That many GPUs of the pool with CPUs and memory in proportion, rounded down."""
    return Quota(
        pool=pool,
        gpus=gpus,
        cpus=pool.nodes * pool.cpus_per_node * gpus // pool.gpus,
        memory_gib=pool.nodes * pool.memory_gib_per_node * gpus // pool.gpus,
    )


def contradictions(
    pools: Mapping[int, Pool],
    teams: Mapping[int, Team],
    doubtful_pools: Mapping[int, str] | None = None,
    doubtful_teams: Mapping[int, str] | None = None,
) -> Iterator[Contradiction]:
    """What in pools and teams (by position in the stack file) cannot both hold.

    Doubtful are those that have errors of their own, by name: only that a name is used twice is said of them.
    """
    known = {pool.name: pool for pool in pools.values()}
    doubtful = (doubtful_pools or {}).values()
    pool_names = {i: pool.name for i, pool in pools.items()} | dict(doubtful_pools or {})
    team_names = {i: team.name for i, team in teams.items()} | dict(doubtful_teams or {})
    yield from _used_twice(("capacity", "pools"), pool_names, "pool")
    yield from _used_twice(("teams",), team_names, "team")
    given: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for i, team in teams.items():
        for name, gpus in team.gpus.items():
            if name in known:
                yield from _above_capacity(("teams", i, "gpus", name), known[name], gpus, given[name])
                given[name].append((team.name, gpus))
            elif name not in doubtful:
                yield unknown("pool", ("teams", i, "gpus", name), name, known)


def unknown(kind: str, steps: tuple[str | int, ...], name: str, known: Iterable[str]) -> Contradiction:
    """A setting that names a pool or team which the stack file does not have."""
    names = sorted(known)
    if close := get_close_matches(name, names, n=1):
        remedy = f"did you mean {close[0]}?"
    else:
        remedy = f"{kind}s are {', '.join(names)}" if names else f"this file has no {kind}s"
    return Contradiction(steps, f"names no {kind} of this file", name, remedy)


def _used_twice(section: tuple[str, ...], names: Mapping[int, str], kind: str) -> Iterator[Contradiction]:
    first: dict[str, int] = {}
    for position, name in sorted(names.items()):
        if name in first:
            remedy = f"{section[-1]}[{first[name]}] has this name already: every {kind} needs its own"
            yield Contradiction((*section, position, "name"), f"is the name of a second {kind}", name, remedy)
        first.setdefault(name, position)


def _above_capacity(
    steps: tuple[str | int, ...], pool: Pool, gpus: int, given: list[tuple[str, int]]
) -> Iterator[Contradiction]:
    if gpus + sum(taken for _, taken in given) <= pool.gpus:
        return
    others = ", ".join(f"{taken} to {team}" for team, taken in given if taken)
    size = f"pool {pool.name} has {pool.gpus} GPUs ({pool.nodes} x {pool.gpus_per_node})"
    yield Contradiction(
        steps,
        "is more than the pool has left",
        gpus,
        f"{size}{f' and {others} given before' if others else ''}: lower a quota or add nodes",
    )


def node_labels(pool: Pool) -> dict[str, str]:
    """Labels that every node of the pool has."""
    return {
        POOL_LABEL: pool.name,
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": pool.accelerator,
        "nvidia.com/gpu.count": str(pool.gpus_per_node),
    }


def _node(pool: Pool, index: int) -> dict[str, Any]:
    return {
        "name": f"gpu-{pool.name}-{index}",
        "labels": node_labels(pool),
        "taints": [dict(GPU_TAINT)],
        "capacity": {
            "cpu": str(pool.cpus_per_node),
            "memory": f"{pool.memory_gib_per_node}Gi",
            GPU_RESOURCE: str(pool.gpus_per_node),
            "pods": str(PODS_PER_NODE),
        },
    }
