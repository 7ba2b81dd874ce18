"""The one model of who may use which GPUs: queues, quotas and simulated nodes are all derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.capacity.contradictions import Contradiction, contradictions, unknown
from components.specs.capacity import Pool, Team

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "Amount",
    "Capacity",
    "CapacityError",
    "Contradiction",
    "Flavor",
    "Pool",
    "Quota",
    "Team",
    "contradictions",
    "unknown",
]

POOL_LABEL = "mlplatform.dev/pool"
HYBRID_LABEL = "eks.amazonaws.com/compute-type"
"""Of EKS: it says `hybrid` for machines that are not AWS' own."""
GPU_RESOURCE = "nvidia.com/gpu"
SHARED_RESOURCE = "nvidia.com/gpu.shared"
"""A part of a GPU that several pods use at once; under a name of its own, nobody gets one who asked for a GPU."""
CLAIMED_RESOURCE = "nvidia.com/claimed-gpu"
"""What queues call a device that pods claim: no node offers it, Kueue counts it in claims."""
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
ZONE_LABEL = "topology.kubernetes.io/zone"
_CLAIMS = "deviceclass.resource.k8s.io/devices"
"""How a ResourceQuota counts claimed devices, with their class in front."""
PODS_PER_NODE = 110
"""What the kubelet allows by default."""


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
    resource: str
    """What a pod asks for to get a GPU of the pool, or a part of one."""
    topology: tuple[str, ...] = ()
    """Labels that tell nodes that are near to each other, widest first."""


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
        return tuple(_flavor(pool) for pool in self.training_pools)

    def quotas(self, team: Team) -> tuple[Quota, ...]:
        """The team's own part of every training pool that it has a quota in, in the order of the pools."""
        return tuple(quota(pool, team.gpus[pool.name]) for pool in self.training_pools if pool.name in team.gpus)

    def ceiling(self, team: Team, *, borrowing: bool) -> Amount:
        """The most that the team's pods may hold at once in all GPU pools together.

        With borrowing that is every training pool, because idle GPUs are lent, up to the team's limit; of a serving
        pool it is the team's own part.
        """
        parts = [quota(pool, self._most(team, pool, borrowing=borrowing)) for pool in self.pools]
        return Amount(
            gpus=sum(part.gpus for part in parts),
            cpus=sum(part.cpus for part in parts),
            memory_gib=sum(part.memory_gib for part in parts),
        )

    def accelerators(self, team: Team, *, borrowing: bool) -> dict[str, int]:
        """The GPUs of that ceiling by what pods ask for, whole ones always among them; claimed devices by class."""
        most = {GPU_RESOURCE: 0}
        for pool in self.pools:
            kind = f"{pool.sharing.dra}.{_CLAIMS}" if pool.sharing.dra else resource(pool)
            most[kind] = most.get(kind, 0) + self._most(team, pool, borrowing=borrowing)
        return most

    def _most(self, team: Team, pool: Pool, *, borrowing: bool) -> int:
        own = team.gpus.get(pool.name, 0)
        if not borrowing or pool.purpose != "training":
            return own
        return max(own, min(pool.gpus, own + team.borrow.get(pool.name, pool.gpus)))

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


def resource(pool: Pool) -> str:
    """What a pod asks for to get a GPU of the pool, or a part of one. Source: NVIDIA's device plugin, strategy
    `mixed` for slices, `renameByDefault` for what is shared."""
    sharing = pool.sharing
    if sharing.mig:
        return f"nvidia.com/mig-{sharing.mig}"
    if sharing.dra:
        return CLAIMED_RESOURCE
    return SHARED_RESOURCE if sharing.kinds else GPU_RESOURCE


def node_labels(pool: Pool) -> dict[str, str]:
    """Labels that every node of the pool has; those of the GPU operator tell it how to divide the GPUs."""
    sharing = pool.sharing
    divided = {"nvidia.com/mig.config": f"all-{sharing.mig}"} if sharing.mig else {}
    if sharing.time_slicing or sharing.mps:
        divided["nvidia.com/device-plugin.config"] = pool.name
    return {
        **_place(pool),
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": pool.accelerator,
        "nvidia.com/gpu.count": str(pool.gpus_per_node),
        **divided,
    }


def _flavor(pool: Pool) -> Flavor:
    near = tuple(level.label for level in pool.topology)
    return Flavor(pool.name, _place(pool), (GPU_TAINT,), resource(pool), near)


def _group(pool: Pool, index: int) -> dict[str, str]:
    """Labels of a node that say which others it is near to."""
    return {
        level.label: f"{pool.name}-{level.label.rpartition('/')[2].lower()}-{index // level.nodes}"
        for level in pool.topology
    }


def _place(pool: Pool) -> dict[str, str]:
    """Labels by which the pool's nodes are chosen."""
    return {POOL_LABEL: pool.name, **({ZONE_LABEL: pool.zone} if pool.zone else {})}


def _node(pool: Pool, index: int) -> dict[str, Any]:
    # Devices to be claimed are announced apart from the node.
    gpus = {} if pool.sharing.dra else {resource(pool): str(pool.gpus_per_node * pool.parts_per_gpu)}
    return {
        "name": f"gpu-{pool.name}-{index}",
        "labels": node_labels(pool)
        | _group(pool, index)
        | ({HYBRID_LABEL: "hybrid"} if pool.place == "on_premises" else {}),
        "taints": [dict(GPU_TAINT)],
        "capacity": {
            "cpu": str(pool.cpus_per_node),
            "memory": f"{pool.memory_gib_per_node}Gi",
            **gpus,
            "pods": str(PODS_PER_NODE),
        },
    }
