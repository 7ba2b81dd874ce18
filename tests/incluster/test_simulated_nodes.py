"""Simulated nodes: what KWOK plays, and which nodes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rehearsal.cluster import simulated_nodes
from rehearsal.cluster.simulated_nodes import COMPLETE_ANNOTATION, CPU_NODE, SIMULATED
from rehearsal.errors import RehearsalError
from tests.incluster.recorded import RecordedKube

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

STOCK = {
    "node/fast/node-initialize.yaml": "node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml": "node-heartbeat-with-lease",
    "pod/fast/pod-ready.yaml": "pod-ready",
    "pod/fast/pod-delete.yaml": "pod-delete",
    "pod/fast/pod-complete.yaml": "pod-complete",
}
OWNED_BY_A_JOB = {"key": ".metadata.ownerReferences.[].kind", "operator": "In", "values": ["Job"]}
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """Stages as KWOK's module has them."""
    for file, name in STOCK.items():
        stage = {"metadata": {"name": name}, "spec": {"selector": {"matchExpressions": [OWNED_BY_A_JOB]}}}
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(stage))
    return tmp_path


def gpu_node(name: str, **capacity: object) -> Json:
    shape = {"cpu": 64, "memory": "512Gi", "nvidia.com/gpu": 8} | capacity
    labels = {"mlplatform.dev/pool": "h100"}
    return {"name": name, "labels": labels, "taints": [GPU_TAINT], "capacity": shape}


def conditions(stages: Path) -> dict[str, list[Json]]:
    return {
        stage["metadata"]["name"]: stage["spec"]["selector"]["matchExpressions"]
        for stage in simulated_nodes.stage_objects(stages)
    }


def test_a_job_on_a_gpu_node_ends_when_told(stages: Path) -> None:
    annotated = {"key": f'.metadata.annotations["{COMPLETE_ANNOTATION}"]', "operator": "Exists"}
    assert conditions(stages)["pod-complete-when-told"] == [OWNED_BY_A_JOB, annotated]


def test_a_job_on_the_cpu_node_ends_by_itself(stages: Path) -> None:
    there = {"key": ".spec.nodeName", "operator": "In", "values": [CPU_NODE]}
    assert conditions(stages)["pod-complete-on-cpu-node"] == [OWNED_BY_A_JOB, there]


def test_nothing_else_ends_a_job(stages: Path) -> None:
    assert "pod-complete" not in conditions(stages)


def test_a_deleted_pod_ends_before_it_goes_where_somebody_holds_it(stages: Path) -> None:
    asked = {each["key"]: each["operator"] for each in conditions(stages)["pod-killed"]}
    assert asked == {".metadata.deletionTimestamp": "Exists", ".metadata.finalizers": "Exists", ".status.phase": "In"}


def test_the_configuration_holds_all_stages(stages: Path, tmp_path: Path) -> None:
    config = tmp_path / "kwok.yaml"
    simulated_nodes.write_configuration(stages, config)
    assert list(yaml.safe_load_all(config.read_text())) == simulated_nodes.stage_objects(stages)


def test_a_stage_that_is_not_there_is_named(stages: Path) -> None:
    (stages / "pod/fast/pod-ready.yaml").unlink()
    with pytest.raises(RehearsalError, match=r"pod-ready\.yaml"):
        simulated_nodes.stage_objects(stages)


def test_kwok_touches_no_real_node_and_listens_nowhere(tmp_path: Path) -> None:
    arguments = simulated_nodes.kwok_arguments(tmp_path / "kubeconfig", tmp_path / "kwok.yaml")
    assert "--manage-all-nodes=false" in arguments
    assert "--node-port=0" in arguments
    assert not any(argument.startswith("--server-address") for argument in arguments)


def test_a_gpu_node_is_as_the_model_has_it() -> None:
    node, _ = simulated_nodes.node_objects([gpu_node("h100-0")], real_node=True)
    assert node["metadata"]["labels"].items() >= {"mlplatform.dev/pool": "h100", SIMULATED: "true"}.items()
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "h100-0"
    assert node["spec"]["taints"] == [GPU_TAINT]
    amounts = {"cpu": "64", "memory": "512Gi", "nvidia.com/gpu": "8", "pods": "110"}
    assert node["status"] == {"allocatable": amounts, "capacity": amounts}


@pytest.mark.parametrize(("real_node", "keys"), [(True, [SIMULATED]), (False, [])])
def test_the_cpu_node_takes_every_pod_only_where_no_real_node_does(real_node: bool, keys: list[str]) -> None:
    (node,) = simulated_nodes.node_objects([], real_node=real_node)
    assert node["metadata"]["name"] == CPU_NODE
    assert [taint["key"] for taint in node["spec"]["taints"]] == keys


def test_a_node_that_left_the_model_goes_before_its_pods() -> None:
    kube = RecordedKube()
    old = simulated_nodes.node_objects([gpu_node("h100-0"), gpu_node("h100-1")], real_node=True)
    kube.holds("/api/v1/nodes", *old)
    kube.holds("/api/v1/pods", {"metadata": {"name": "train-0", "namespace": "team-a"}})
    simulated_nodes.apply(kube, [gpu_node("h100-0")], real_node=True)
    assert kube.deleted == ["/api/v1/nodes/h100-1", "/api/v1/namespaces/team-a/pods/train-0"]
    assert kube.applied_names() == ["h100-0", "h100-0/status", CPU_NODE, f"{CPU_NODE}/status"]


def test_a_node_is_kept_when_only_amounts_change() -> None:
    kube = RecordedKube()
    kube.holds("/api/v1/nodes", *simulated_nodes.node_objects([gpu_node("h100-0")], real_node=True))
    simulated_nodes.apply(kube, [gpu_node("h100-0", **{"nvidia.com/gpu": 4})], real_node=True)
    assert kube.deleted == []


def test_a_node_is_made_anew_when_it_loses_a_kind_of_resource() -> None:
    kube = RecordedKube()
    more = gpu_node("h100-0", **{"rdma/ib": 8})
    kube.holds("/api/v1/nodes", *simulated_nodes.node_objects([more], real_node=True))
    simulated_nodes.apply(kube, [gpu_node("h100-0")], real_node=True)
    assert kube.deleted == ["/api/v1/nodes/h100-0"]
    assert "h100-0" in kube.applied_names()
