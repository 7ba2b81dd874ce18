"""A small platform on AWS for tests of single components: a cluster of its own and a pool of each kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from components.capacity import Capacity, Pool, Team
from components.cluster.eks import EksCluster, EksClusterArgs
from components.specs.cluster import EksClusterSpec
from tests.components.cloud import REGION, ZONES
from tests.components.recorded import Recording, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.components.recorded import Registration

ADMIN: Final = "arn:aws:iam::123456789012:role/platform/operator"
_SPEC: Final[dict[str, Any]] = {
    "kind": "eks",
    "region": REGION,
    "kubernetes_version": "1.36",
    "tags": {"owner": "platform", "cost_centre": "cc-1", "environment": "test"},
    "access": {"admins": [ADMIN], "groups": {"scientists": ["research"]}},
}
HYBRID: Final = {"node_cidrs": ["192.168.0.0/20"], "pod_cidrs": ["172.16.0.0/16"]}


def spec(**but: Any) -> EksClusterSpec:
    """A cluster section with these keys changed."""
    return EksClusterSpec.model_validate_json(json.dumps({**_SPEC, **but}), strict=True)


def pool(name: str, machine: str, gpus: int, accelerator: str, **but: Any) -> Pool:
    """A pool of two nodes of a machine type; keys of its `aws` section may be added."""
    return Pool.model_validate(
        {
            "name": name,
            "accelerator": accelerator,
            "gpus_per_node": gpus,
            "nodes": 2,
            "cpus_per_node": 3,
            "memory_gib_per_node": 8,
            "purpose": but.pop("purpose", "training"),
            "aws": {"instance_types": (machine,), **but},
        }
    )


BLOCK: Final = pool(
    "h100",
    "p5.48xlarge",
    8,
    "NVIDIA-H100-80GB-HBM3",
    purchase="capacity_block",
    reservation_ids=("cr-0123456789abcdef0",),
    zones=(ZONES[0],),
    efa=True,
    placement_group=True,
)
SERVING: Final = pool("l4", "g6.12xlarge", 4, "NVIDIA-L4", purpose="serving")
SPOT: Final = pool("t4", "g4dn.xlarge", 1, "Tesla-T4", purchase="spot")
OWN: Final = Pool(
    name="own",
    accelerator="NVIDIA-H100-80GB-HBM3",
    gpus_per_node=8,
    nodes=2,
    cpus_per_node=96,
    memory_gib_per_node=1024,
    place="on_premises",
)
CAPACITY: Final = Capacity(
    pools=(BLOCK, SERVING, SPOT, OWN),
    teams=(Team(name="research", owner="ada", cost_centre="cc-1", gpus={"h100": 8}, cpus=32, memory_gib=100),),
)


def cluster(capacity: Capacity = CAPACITY, **but: Any) -> Recording:
    """What an EksCluster with these keys of its section changed registers."""
    return record(lambda: EksCluster("cluster", EksClusterArgs(spec(**but), capacity)))


def statements(policies: Iterable[Registration], key: str = "policy") -> list[dict[str, Any]]:
    """All statements of policy documents."""
    return [each for policy in policies for each in json.loads(policy.inputs[key])["Statement"]]
