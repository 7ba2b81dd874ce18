"""Levels of nearness: what follows from them for queues and nodes, and what they exclude."""

from __future__ import annotations

from typing import Any, Final

import pytest
import yaml
from pydantic import ValidationError

from components.capacity import Capacity, Pool, Team
from components.specs.capacity import AwsMachines
from components.specs.gpu_sharing import Sharing
from components.specs.topology import TopologyLevel
from components.specs.training_cluster import TrainingClusterSpec
from components.training import queues, topology

pytestmark = pytest.mark.training

BLOCK: Final = TopologyLevel(label="example.org/block", nodes=4)
RACK: Final = TopologyLevel(label="example.org/rack", nodes=2)
TEAM: Final = Team(name="vision", owner="ada.lovelace", cost_centre="cc-1815", cpus=4, memory_gib=8)


def pool(**more: Any) -> Pool:
    """A pool of six nodes."""
    shape = {"gpus_per_node": 8, "nodes": 6, "cpus_per_node": 64, "memory_gib_per_node": 512}
    return Pool(name="h100", accelerator="NVIDIA-H100-80GB-HBM3", **shape, **more)


def test_nodes_of_one_rack_are_of_one_block_and_as_many_as_the_pool_says() -> None:
    nodes = Capacity((pool(topology=(BLOCK, RACK)),)).nodes()
    places = [(node["labels"]["example.org/block"], node["labels"]["example.org/rack"]) for node in nodes]
    racks = ["h100-rack-0", "h100-rack-0", "h100-rack-1", "h100-rack-1", "h100-rack-2", "h100-rack-2"]
    assert [rack for _, rack in places] == racks
    assert {rack: block for block, rack in places} == {
        "h100-rack-0": "h100-block-0",
        "h100-rack-1": "h100-block-0",
        "h100-rack-2": "h100-block-1",
    }


def test_the_queue_places_by_the_levels_of_the_pool_down_to_the_node() -> None:
    capacity = Capacity((pool(topology=(BLOCK, RACK)),), (TEAM,))
    (made,) = topology.topologies(capacity).values()
    labels = [level["nodeLabel"] for level in made["spec"]["levels"]]
    assert labels == ["example.org/block", "example.org/rack", "kubernetes.io/hostname"]
    flavors = queues.flavors(capacity)
    assert flavors["h100"]["spec"]["topologyName"] == made["metadata"]["name"]
    assert "topologyName" not in flavors["general"]["spec"]


def test_whatever_a_queue_counts_as_cpu_and_memory_is_what_kueue_makes_of_requests() -> None:
    for levels in ((), (RACK,)):
        capacity = Capacity((pool(topology=levels),), (TEAM,))
        queue = queues.cluster_queue(capacity, TEAM, borrowing=True)
        counted = {share["name"] for share in queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]}
        resources = yaml.safe_load(queues.configuration(TrainingClusterSpec(), capacity))["resources"]
        renamed = {each["input"]: set(each["outputs"]) for each in resources.get("transformations", ())}
        assert counted == {name for each in ("cpu", "memory") for name in renamed.get(each, {each})}


def test_a_cpu_is_a_thousand_of_what_queues_count_beside_levels() -> None:
    capacity = Capacity((pool(topology=(RACK,)),), (TEAM,))
    assert topology.general(capacity, cpus=4, memory_gib=8) == {topology.MILLICORES: "4000", topology.MEMORY: "8Gi"}
    renamed = {each["input"]: each["outputs"] for each in topology.transformations(capacity)["transformations"]}
    assert renamed == {"cpu": {topology.MILLICORES: "1000"}, "memory": {topology.MEMORY: "1"}}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"topology": (RACK,), "purpose": "serving"}, "purpose is serving"),
        ({"topology": (RACK,), "aws": AwsMachines(instance_types=("p5.48xlarge",))}, "aws.placement_group"),
        ({"topology": (RACK,), "sharing": Sharing(dra="gpu.nvidia.com")}, "sharing.dra"),
        ({"topology": (RACK, BLOCK)}, "put the widest first"),
        ({"topology": (BLOCK, TopologyLevel(label=BLOCK.label, nodes=2))}, "names a label twice"),
        ({"topology": (TopologyLevel(label="kubernetes.io/hostname", nodes=2),)}, "which is a node itself"),
    ],
)
def test_levels_that_cannot_be_are_refused_with_both_sides(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        pool(**more)
