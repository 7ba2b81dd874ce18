"""The real node stands for all nodes of the platform's own pods."""

from __future__ import annotations

from rehearsal.cluster import node_capacity
from rehearsal.cluster.simulated_nodes import CPU_NODE_CAPACITY
from tests.incluster.recorded import RecordedKube


def test_only_the_real_node_says_more_than_it_has() -> None:
    policy, binding = node_capacity.mutation("real-0").manifests()
    conditions = [each["expression"] for each in policy["spec"]["matchConditions"]]
    assert 'object.metadata.name == "real-0"' in conditions
    assert binding["spec"]["policyName"] == policy["metadata"]["name"]


def test_what_kubelet_says_is_replaced_whenever_it_says_it() -> None:
    policy, _ = node_capacity.mutation("real-0").manifests()
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["operations"], rule["resources"]) == (["CREATE", "UPDATE"], ["nodes", "nodes/status"])
    (mutation,) = policy["spec"]["mutations"]
    for path in ("/status/capacity/cpu", "/status/allocatable/cpu", "/status/allocatable/memory"):
        assert f'path: "{path}"' in mutation["jsonPatch"]["expression"]


def test_a_registered_node_announces_as_much_as_the_node_for_simulated_pods_has() -> None:
    kube = RecordedKube()
    node_capacity.announce(kube, "real-0")
    (node,) = kube.applied
    assert kube.applied_names() == ["real-0/status"]
    assert node["status"]["allocatable"] == {name: CPU_NODE_CAPACITY[name] for name in ("cpu", "memory")}
