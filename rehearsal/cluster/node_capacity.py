"""Lets the one real node stand for all nodes of the platform's own pods: it announces their CPUs and memory.

What pods of a production stack ask for in all is more than most machines have, and so is what keeps them from being
scheduled. What they use is much less, so they run here as they are; kubelet and the kernel still guard the memory
that the machine really has. Kubelet says every ten seconds what the machine has; an admission policy puts the
announced amount in its place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rehearsal.cluster.admission import Mutation
from rehearsal.cluster.simulated_nodes import CPU_NODE_CAPACITY

if TYPE_CHECKING:
    from rehearsal.kube import Kube

NAME: Final = "rehearsal-node-capacity.mlplatform.dev"
ANNOUNCED: Final = {resource: CPU_NODE_CAPACITY[resource] for resource in ("cpu", "memory")}
"""As much as the simulated node has on which pods run where there is no real one."""


def apply(kube: Kube, node: str) -> None:
    """Have the node announce it from now on; one that was registered before does so at once."""
    mutation(node).apply(kube)


def announce(kube: Kube, node: str) -> None:
    """Have a registered node announce it now, not only when its kubelet next speaks."""
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": node},
            "status": {"capacity": ANNOUNCED, "allocatable": ANNOUNCED},
        },
        subresource="status",
    )


def mutation(node: str) -> Mutation:
    """The admission policy."""
    patches = ", ".join(
        f'JSONPatch{{op: "add", path: "/status/{amount}/{resource}", value: {json.dumps(value)}}}'
        for amount in ("capacity", "allocatable")
        for resource, value in ANNOUNCED.items()
    )
    return Mutation(
        NAME,
        resources=["nodes", "nodes/status"],
        operations=["CREATE", "UPDATE"],
        conditions={
            "is-the-real-node": f"object.metadata.name == {json.dumps(node)}",
            "says-what-it-has": "has(object.status.capacity) && has(object.status.allocatable)",
        },
        patches=[f"[{patches}]"],
    )
