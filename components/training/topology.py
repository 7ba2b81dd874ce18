"""Gangs on nodes that are near to each other: Kueue's topology-aware scheduling, where pools name their levels.

A pool with levels takes jobs that say where their pods belong (an annotation `kueue.x-k8s.io/podset-…-topology`) and no
others. Kueue places such a pod by what it asks of a node and lets no flavor without levels count any of that. CPUs and
memory are counted in a flavor of their own, so there they go by other names (`resources.transformations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.specs.topology import HOSTNAME

if TYPE_CHECKING:
    from components.capacity import Capacity

Manifest = dict[str, Any]

MILLICORES: Final = "mlplatform.dev/millicores"
"""CPU as queues count it beside levels, in thousandths of a core: such a resource is counted in whole numbers."""
MEMORY: Final = "mlplatform.dev/memory"
"""Memory as queues count it beside levels, in bytes."""


def topologies(capacity: Capacity) -> dict[str, Manifest]:
    """The levels of each training pool that has some, by the pool's name; the last one is the node."""
    return {
        flavor.name: {
            "apiVersion": "kueue.x-k8s.io/v1beta2",
            "kind": "Topology",
            "metadata": {"name": flavor.name},
            "spec": {"levels": [{"nodeLabel": label} for label in (*flavor.topology, HOSTNAME)]},
        }
        for flavor in capacity.flavors()
        if flavor.topology
    }


def general(capacity: Capacity, *, cpus: int, memory_gib: int) -> dict[str, str]:
    """So many CPUs and so much memory as quotas, under the names by which queues count them."""
    if not topologies(capacity):
        return {"cpu": str(cpus), "memory": f"{memory_gib}Gi"}
    return {MILLICORES: str(cpus * 1000), MEMORY: f"{memory_gib}Gi"}


def transformations(capacity: Capacity) -> Manifest:
    """The part of Kueue's configuration that gives CPUs and memory these names; nothing without levels."""
    if not topologies(capacity):
        return {}
    renamed = {"cpu": {MILLICORES: "1000"}, "memory": {MEMORY: "1"}}
    return {
        "transformations": [
            {"input": resource, "strategy": "Replace", "outputs": outputs} for resource, outputs in renamed.items()
        ]
    }
