"""What Karpenter is told about each pool: which machines, how they are bought, how their nodes look, how many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from components.capacity import GPU_RESOURCE, GPU_TAINT, PODS_PER_NODE, POOL_LABEL, node_labels
from components.specs.instance_types import MACHINES, architecture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.capacity import Team
    from components.specs.capacity import AwsMachines, Pool
    from components.specs.cluster import GeneralNodes

Manifest = dict[str, Any]

EFA_LABEL: Final = "mlplatform.dev/efa"
"""On nodes with Elastic Fabric Adapters."""
GENERAL: Final = "general.cpu"
"""The pool of nodes without GPUs; no pool of the stack file can have a name with a dot."""
IMAGE: Final = "bottlerocket@v1.64.0"
"""The nodes' operating system, with GPU driver and device plugin in its variant for GPUs."""
_CAPACITY_TYPES: Final = {
    "on_demand": "on-demand",
    "spot": "spot",
    "capacity_reservation": "reserved",
    "capacity_block": "reserved",
}
_RESERVATION_TYPES: Final = {"capacity_reservation": "default", "capacity_block": "capacity-block"}
_SYSTEM_DISK_GIB: Final = 10
_MONTH: Final = "720h"


@dataclass(frozen=True)
class Surroundings:
    """What all nodes of a cluster share."""

    instance_profile: pulumi.Input[str]
    subnet_ids: pulumi.Output[list[str]]
    security_group_id: pulumi.Input[str]
    tags: Mapping[str, str]


def node_class(
    name: str,
    around: Surroundings,
    disk_gib: int,
    *,
    reservation_ids: Sequence[str] = (),
    placement_group: pulumi.Input[str] | None = None,
) -> Manifest:
    """The machine side of a pool: image, disks, network, reservations."""
    spec: Manifest = {
        "amiSelectorTerms": [{"alias": IMAGE}],
        "instanceProfile": around.instance_profile,
        "subnetSelectorTerms": around.subnet_ids.apply(lambda ids: [{"id": each} for each in ids]),
        "securityGroupSelectorTerms": [{"id": around.security_group_id}],
        "associatePublicIPAddress": False,
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": 1,  # pods are one hop further and must not have the machine's role
            "httpTokens": "required",
        },
        "blockDeviceMappings": [_disk("/dev/xvda", _SYSTEM_DISK_GIB), _disk("/dev/xvdb", disk_gib)],
        "instanceStorePolicy": "RAID0",
        "kubelet": {"maxPods": PODS_PER_NODE},
        "tags": dict(around.tags),
    }
    if reservation_ids:
        spec["capacityReservationSelectorTerms"] = [{"id": each} for each in reservation_ids]
    if placement_group is not None:
        spec["placementGroupSelector"] = {"name": placement_group}
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name},
        "spec": spec,
    }


def gpu_pool(pool: Pool, machines: AwsMachines) -> Manifest:
    """Nodes of a pool of GPUs, at most as many GPUs as it has; a node goes when the last of its pods is gone."""
    cpus = max(MACHINES[name].cpus for name in machines.instance_types)
    labels = node_labels(pool) | ({EFA_LABEL: "true"} if machines.efa else {})
    reservation = _RESERVATION_TYPES.get(machines.purchase)
    template = {
        "metadata": {"labels": labels},
        "spec": {
            **_reference(pool.name),
            "taints": [dict(GPU_TAINT)],
            "requirements": [
                *_machines(machines.instance_types, machines.purchase),
                *([_one_of("karpenter.k8s.aws/capacity-reservation-type", reservation)] if reservation else ()),
                *([_one_of("topology.kubernetes.io/zone", *machines.zones)] if machines.zones else ()),
            ],
            # A training job may take longer than any date for its node.
            "expireAfter": "Never" if pool.purpose == "training" else _MONTH,
        },
    }
    limits = {GPU_RESOURCE: str(pool.gpus), "cpu": str(pool.nodes * cpus)}
    return _pool(pool.name, template, limits, _when_empty("1h" if reservation else "10m", pool.purpose))


def general_pool(nodes: GeneralNodes, teams: Sequence[Team]) -> Manifest:
    """Nodes without GPUs for the teams' pods, packed onto as few as they fit."""
    template = {
        "metadata": {"labels": {POOL_LABEL: "general"}},
        "spec": {
            **_reference(GENERAL),
            "requirements": _machines(nodes.instance_types, nodes.purchase),
            "expireAfter": _MONTH,
        },
    }
    # A quarter more than the teams may ask for: no node is ever quite full.
    limits = {
        "cpu": str(math.ceil(sum(team.cpus for team in teams) * 1.25)),
        "memory": f"{math.ceil(sum(team.memory_gib for team in teams) * 1.25)}Gi",
    }
    disruption = {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "10%"}],
    }
    return _pool(GENERAL, template, limits, disruption)


def _pool(name: str, template: Manifest, limits: Mapping[str, str], disruption: Manifest) -> Manifest:
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": template, "limits": dict(limits), "disruption": disruption},
    }


def _when_empty(after: str, purpose: str) -> Manifest:
    """Nobody's pods are moved to save money. A new image waits, for training, until the node is empty."""
    drifted = "0" if purpose == "training" else "1"
    budgets = [{"nodes": drifted, "reasons": ["Drifted"]}, {"nodes": "100%", "reasons": ["Empty"]}]
    return {"consolidationPolicy": "WhenEmpty", "consolidateAfter": after, "budgets": budgets}


def _machines(types: Sequence[str], purchase: str) -> list[Manifest]:
    return [
        _one_of("node.kubernetes.io/instance-type", *types),
        _one_of("karpenter.sh/capacity-type", _CAPACITY_TYPES[purchase]),
        _one_of("kubernetes.io/arch", *sorted({architecture(each) for each in types})),
        _one_of("kubernetes.io/os", "linux"),
    ]


def _one_of(key: str, *values: str) -> Manifest:
    return {"key": key, "operator": "In", "values": list(values)}


def _reference(name: str) -> Manifest:
    return {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name}}


def _disk(device: str, gib: int) -> Manifest:
    ebs = {"volumeType": "gp3", "volumeSize": f"{gib}Gi", "encrypted": True, "deleteOnTermination": True}
    return {"deviceName": device, "ebs": ebs}
