"""Whether the pools of GPU nodes can be had on the cluster: its kind, its region, the machines that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.capacity import Contradiction
from components.specs.cluster import EksClusterSpec, ExistingClusterSpec
from components.specs.instance_types import MACHINES
from components.specs.network import NewNetworkSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.specs.capacity import AwsMachines, Pool

Steps = tuple[str | int, ...]


def contradictions(cluster: ExistingClusterSpec | EksClusterSpec, pools: Mapping[int, Pool]) -> Iterator[Contradiction]:
    """What pools (by position in the stack file) ask for and this cluster cannot give."""
    for position, pool in pools.items():
        at = ("capacity", "pools", position)
        if isinstance(cluster, ExistingClusterSpec):
            if pool.aws is not None:
                remedy = "leave `aws` out, or choose `kind: eks` for the cluster"
                yield Contradiction(
                    (*at, "aws"), "buys machines for a cluster that was there before", pool.name, remedy
                )
        elif pool.place == "on_premises":
            if cluster.hybrid is None:
                remedy = "add `hybrid` to the cluster, or name machines to buy under `aws`"
                yield Contradiction(
                    (*at, "place"), "is out of reach of a cluster without hybrid nodes", pool.place, remedy
                )
        elif pool.aws is None:
            remedy = "add `aws` with `instance_types`, or `place: on_premises`"
            yield Contradiction(at, f"pool {pool.name} names no machines to run on", pool.name, remedy)
        else:
            yield from _shape(at, pool, pool.aws)
            yield from _zones((*at, "aws", "zones"), cluster, pool.aws)


def _shape(at: Steps, pool: Pool, machines: AwsMachines) -> Iterator[Contradiction]:
    """A node of the pool must fit on every machine that it may get: queues hand out what the pool says."""
    for name in machines.instance_types:
        machine = MACHINES[name]
        if pool.accelerator != machine.accelerator:
            wrong, remedy = f"is not the GPU of {name}", f"its nodes say {machine.accelerator}"
            yield Contradiction((*at, "accelerator"), wrong, pool.accelerator, remedy)
        if pool.gpus_per_node != machine.gpus:
            wrong = f"is not what {name} has"
            yield Contradiction((*at, "gpus_per_node"), wrong, pool.gpus_per_node, f"it has {machine.gpus}")
        for key, asked, given in (
            ("cpus_per_node", pool.cpus_per_node, machine.cpus_for_pods),
            ("memory_gib_per_node", pool.memory_gib_per_node, machine.memory_gib_for_pods),
        ):
            if asked > given:
                yield Contradiction((*at, key), f"is more than {name} leaves to pods", asked, f"at most {given}")


def _zones(at: Steps, cluster: EksClusterSpec, machines: AwsMachines) -> Iterator[Contradiction]:
    network = cluster.network
    for position, zone in enumerate(machines.zones):
        if zone[:-1] != cluster.region:
            yield Contradiction((*at, position), "is a zone of another region", zone, f"zones of {cluster.region}")
        elif isinstance(network, NewNetworkSpec) and zone not in network.zone_names:
            remedy = f"add {zone} to the network's `zone_names`"
            yield Contradiction((*at, position), "is a zone that the network may not have", zone, remedy)
