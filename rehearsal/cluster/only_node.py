"""What has to be otherwise for pods where one node stands for all nodes of the platform.

Pods of one workload that are to be spread over several nodes or zones would wait for the other ones for ever: the
rules that spread them are taken off, of pods that a workload makes: the guardrails have seen the workload with them,
and a pod of its own keeps what they are to judge. A DaemonSet's pod whose image cannot be had can go to no other node:
an idle container takes its place there, so that whoever waits for the DaemonSet does not do so in vain.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rehearsal.cluster.admission import Mutation
from rehearsal.cluster.simulated_nodes import SIMULATED
from rehearsal.cluster.simulated_pods import (
    GOES_TO_NO_GPU_NODE,
    IS_A_DAEMONS,
    IS_OF_A_WORKLOAD,
    OFF_THE_HOST,
    uses_one_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from rehearsal.kube import Kube

SPREADING: Final = "rehearsal-only-node.mlplatform.dev"
HOST_PORTS: Final = "rehearsal-host-ports.mlplatform.dev"
IDLE: Final = "rehearsal-idle-pods.mlplatform.dev"

_AFFINITY: Final = "object.spec.?affinity.podAntiAffinity.hasValue()"
_SPREAD: Final = "size(object.spec.?topologySpreadConstraints.orValue([])) > 0"


def apply(kube: Kube, node: str, unavailable: Collection[str], idle_image: str) -> None:
    """Have the API server do both for new pods; ``unavailable`` are images that cannot be had."""
    spreading().apply(kube)
    idle(node, unavailable, idle_image).apply(kube)


def apply_simulated(kube: Kube) -> None:
    """Have all pods without GPUs fit on the one simulated node that stands for all others."""
    spreading().apply(kube)
    host_ports().apply(kube)


def spreading() -> Mutation:
    """Takes off what spreads pods over nodes that are not there."""
    return Mutation(
        SPREADING,
        resources=["pods"],
        operations=["CREATE"],
        conditions={
            "is-spread": f"{_AFFINITY} || {_SPREAD}",
            "is-of-a-workload": IS_OF_A_WORKLOAD,
            "goes-to-no-gpu-node": GOES_TO_NO_GPU_NODE,
        },
        patches=[
            f'{_AFFINITY} ? [JSONPatch{{op: "remove", path: "/spec/affinity/podAntiAffinity"}}] : []',
            f'{_SPREAD} ? [JSONPatch{{op: "remove", path: "/spec/topologySpreadConstraints"}}] : []',
        ],
    )


def host_ports() -> Mutation:
    """Takes pods off their host's network, of which there is one for all."""
    return Mutation(
        HOST_PORTS,
        resources=["pods"],
        operations=["CREATE"],
        conditions={
            "is-on-the-host": "object.spec.?hostNetwork.orValue(false) == true",
            "goes-to-no-gpu-node": GOES_TO_NO_GPU_NODE,
        },
        patches=OFF_THE_HOST,
    )


def idle(node: str, unavailable: Collection[str], image: str) -> Mutation:
    """Puts idle containers into DaemonSets' pods that are for this node and cannot run on it."""
    is_for_the_node = (
        "object.spec.?affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        ".orValue([]).exists(term, term.?matchFields.orValue([]).exists(field, "
        f'field.key == "metadata.name" && {json.dumps(node)} in field.?values.orValue([])))'
    )
    containers = (
        f'object.spec.containers.map(container, {{"name": dyn(container.name), "image": dyn({json.dumps(image)}),'
        ' ?"resources": container.?resources, ?"securityContext": container.?securityContext})'
    )
    annotation = f"""
has(object.metadata.annotations)
? [JSONPatch{{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("{SIMULATED}"), value: "true"}}]
: [JSONPatch{{op: "add", path: "/metadata/annotations", value: {{"{SIMULATED}": "true"}}}}]
"""
    return Mutation(
        IDLE,
        resources=["pods"],
        operations=["CREATE"],
        conditions={
            "image-cannot-be-had": uses_one_of(unavailable),
            "is-a-daemons": IS_A_DAEMONS,
            "is-for-the-real-node": is_for_the_node,
        },
        patches=[
            f'[JSONPatch{{op: "replace", path: "/spec/containers", value: {containers}}}]',
            'has(object.spec.initContainers) ? [JSONPatch{op: "remove", path: "/spec/initContainers"}] : []',
            'has(object.spec.volumes) ? [JSONPatch{op: "remove", path: "/spec/volumes"}] : []',
            annotation,
        ],
    )
