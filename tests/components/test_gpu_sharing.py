"""Pools that divide their GPUs: what nodes, queues, namespaces and NVIDIA's software are told agrees."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from components.capacity import Capacity, Pool, Team, node_labels
from components.specs.gpu_sharing import Sharing
from components.specs.training_cluster import TrainingClusterSpec
from components.training import queues
from components.training_cluster import TrainingCluster, TrainingClusterArgs
from tests.components.platform import cluster
from tests.components.recorded import Recording, record

pytestmark = pytest.mark.training


def capacity(**ways: Sharing) -> Capacity:
    """Pools of eight H100 each, of which the one team has all."""
    pools = tuple(
        Pool(
            name=name,
            accelerator="NVIDIA-H100-80GB-HBM3",
            nodes=1,
            gpus_per_node=8,
            cpus_per_node=96,
            memory_gib_per_node=960,
            sharing=sharing,
        )
        for name, sharing in ways.items()
    )
    quotas = {pool.name: pool.gpus for pool in pools}
    return Capacity(pools, (Team(name="vision", owner="ada", cost_centre="cc-1", gpus=quotas),))


def training(shared: Capacity) -> Recording:
    return record(lambda: TrainingCluster("training", TrainingClusterArgs(TrainingClusterSpec(), cluster(), shared)))


def queue(shared: Capacity) -> dict[str, Any]:
    return {
        group["coveredResources"][0]: {flavor["name"]: flavor["resources"][0] for flavor in group["flavors"]}
        for group in queues.cluster_queue(shared, shared.teams[0], borrowing=True)["spec"]["resourceGroups"]
    }


def test_slices_are_a_resource_of_their_own_with_as_many_as_the_gpus_give() -> None:
    shared = capacity(slices=Sharing(mig="1g.10gb"))
    assert queue(shared)["nvidia.com/mig-1g.10gb"]["slices"]["nominalQuota"] == "56"
    (node,) = shared.nodes()
    assert node["capacity"]["nvidia.com/mig-1g.10gb"] == "56"
    assert node["labels"]["nvidia.com/mig.config"] == "all-1g.10gb"
    assert shared.accelerators(shared.teams[0], borrowing=False) == {
        "nvidia.com/gpu": 0,
        "nvidia.com/mig-1g.10gb": 56,
    }


@pytest.mark.parametrize("kind", ["time_slicing", "mps"])
def test_nobody_who_asks_for_a_gpu_gets_a_shared_one(kind: str) -> None:
    shared = capacity(whole=Sharing(), shared=Sharing(**{kind: 4}))
    assert set(queue(shared)["nvidia.com/gpu"]) == {"whole"}
    assert queue(shared)["nvidia.com/gpu.shared"]["shared"]["nominalQuota"] == "32"


def test_the_device_plugin_is_told_how_each_pool_shares() -> None:
    shared = capacity(turns=Sharing(time_slicing=4), together=Sharing(mps=2), whole=Sharing())
    data = training(shared).of_kind("ConfigMap")["mlplatform-gpu-sharing"].inputs["data"]
    assert set(data) == {"turns", "together"}
    turns, together = (yaml.safe_load(data[name])["sharing"] for name in ("turns", "together"))
    assert turns["timeSlicing"]["renameByDefault"] is True
    assert turns["timeSlicing"]["resources"] == [{"name": "nvidia.com/gpu", "replicas": 4}]
    assert together["mps"]["resources"] == [{"name": "nvidia.com/gpu", "replicas": 2}]
    for pool in shared.pools[:2]:
        assert node_labels(pool)["nvidia.com/device-plugin.config"] == pool.name


def test_nothing_is_told_where_all_gpus_are_whole() -> None:
    assert "mlplatform-gpu-sharing" not in training(capacity(whole=Sharing())).of_kind("ConfigMap")


def test_claimed_devices_are_counted_by_their_class_in_queue_and_namespace() -> None:
    shared = capacity(claimed=Sharing(dra="gpu.nvidia.com"))
    configuration = yaml.safe_load(queues.configuration(TrainingClusterSpec(), shared))
    (mapping,) = configuration["resources"]["deviceClassMappings"]
    assert mapping["deviceClassNames"] == ["gpu.nvidia.com"]
    assert queue(shared)[mapping["name"]]["claimed"]["nominalQuota"] == "8"
    assert queues.feature_gates(shared) == [{"name": "KueueDRAIntegration", "enabled": True}]
    most = shared.accelerators(shared.teams[0], borrowing=False)
    assert most["gpu.nvidia.com.deviceclass.resource.k8s.io/devices"] == 8


def test_without_claims_no_part_of_kueue_is_switched_on() -> None:
    shared = capacity(whole=Sharing())
    assert queues.feature_gates(shared) == []
    assert "deviceClassMappings" not in yaml.safe_load(queues.configuration(TrainingClusterSpec(), shared))["resources"]
