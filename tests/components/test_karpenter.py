"""Karpenter: nodes as the pools say, no right that it does not need, and an end in the right order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES
from components.capacity import Capacity
from tests.components.aws_platform import CAPACITY, SERVING, SPOT, cluster, pool, statements

if TYPE_CHECKING:
    from tests.components.recorded import Recording, Registration

POOLS = {"h100", "l4", "t4", "general.cpu"}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return cluster()


def node_pools(recording: Recording) -> dict[str, dict[str, Any]]:
    return {name: each.inputs["spec"] for name, each in recording.of_kind("NodePool").items()}


def machines(recording: Recording) -> dict[str, dict[str, Any]]:
    return {name: each.inputs["spec"] for name, each in recording.of_kind("EC2NodeClass").items()}


def required(spec: dict[str, Any]) -> dict[str, list[str]]:
    return {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}


def chart(recording: Recording) -> Registration:
    return recording.named("cluster-karpenter-controller")


def test_every_pool_in_the_cloud_has_nodes_and_own_machines_have_none(recording: Recording) -> None:
    assert set(node_pools(recording)) == POOLS == set(machines(recording))
    for name, spec in node_pools(recording).items():
        reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name}
        assert spec["template"]["spec"]["nodeClassRef"] == reference


def test_a_node_is_found_by_the_labels_and_tolerated_by_the_taint_of_its_pool(recording: Recording) -> None:
    (simulated,) = {json.dumps(node["labels"]) for node in CAPACITY.nodes() if node["name"].startswith("gpu-l4-")}
    template = node_pools(recording)["l4"]["template"]
    assert template["metadata"]["labels"] == json.loads(simulated)
    for name in ("h100", "l4", "t4"):
        taints = node_pools(recording)[name]["template"]["spec"]["taints"]
        assert taints == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]


def test_a_pool_never_has_more_gpus_than_the_stack_file_says(recording: Recording) -> None:
    limits = {name: spec["limits"].get("nvidia.com/gpu") for name, spec in node_pools(recording).items()}
    assert limits == {"h100": "16", "l4": "8", "t4": "2", "general.cpu": None}


def test_nodes_without_gpus_are_bounded_by_what_teams_may_ask_for(recording: Recording) -> None:
    assert node_pools(recording)["general.cpu"]["limits"] == {"cpu": "40", "memory": "125Gi"}
    assert set(node_pools(cluster(Capacity((SERVING,))))) == {"l4"}


@pytest.mark.parametrize(
    ("bought", "capacity_type", "reservation_type"),
    [
        ({"purchase": "on_demand"}, "on-demand", None),
        ({"purchase": "spot"}, "spot", None),
        ({"purchase": "capacity_reservation", "reservation_ids": ("cr-0123456789abcdef0",)}, "reserved", "default"),
        ({"purchase": "capacity_block", "reservation_ids": ("cr-0123456789abcdef0",)}, "reserved", "capacity-block"),
    ],
)
def test_machines_are_bought_as_the_pool_says(
    bought: dict[str, Any], capacity_type: str, reservation_type: str | None
) -> None:
    recording = cluster(Capacity((pool("p", "p5.48xlarge", 8, "NVIDIA-H100-80GB-HBM3", **bought),)))
    wanted = required(node_pools(recording)["p"])
    assert wanted["karpenter.sh/capacity-type"] == [capacity_type]
    assert wanted.get("karpenter.k8s.aws/capacity-reservation-type") == (
        [reservation_type] if reservation_type else None
    )
    reserved = machines(recording)["p"].get("capacityReservationSelectorTerms", [])
    assert [each["id"] for each in reserved] == list(bought.get("reservation_ids", ()))


def test_a_pool_takes_its_machine_types_from_its_zones(recording: Recording) -> None:
    wanted = required(node_pools(recording)["h100"])
    assert wanted["node.kubernetes.io/instance-type"] == ["p5.48xlarge"]
    assert wanted["topology.kubernetes.io/zone"] == ["eu-north-1a"]
    assert wanted["kubernetes.io/arch"] == ["amd64"]
    assert "topology.kubernetes.io/zone" not in required(node_pools(recording)["l4"])


def test_training_on_several_nodes_has_them_close_together_with_adapters(recording: Recording) -> None:
    (group,) = recording.of_type("ec2/placementGroup:PlacementGroup").values()
    assert group.inputs["strategy"] == "cluster"
    assert machines(recording)["h100"]["placementGroupSelector"] == {"name": group.name}
    assert node_pools(recording)["h100"]["template"]["metadata"]["labels"]["mlplatform.dev/efa"] == "true"
    plugin = recording.of_kind("DaemonSet")["aws-efa-k8s-device-plugin"].inputs["spec"]["template"]["spec"]
    assert plugin["nodeSelector"] == {"mlplatform.dev/efa": "true"}
    (container,) = plugin["containers"]
    assert container["image"] == IMAGES["efa-device-plugin"].reference
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_platform_without_adapters_has_no_plugin_for_them() -> None:
    assert not cluster(Capacity((SERVING, SPOT))).of_kind("DaemonSet")


def test_machines_keep_their_role_from_pods_encrypt_their_disks_and_bear_the_tags(recording: Recording) -> None:
    for spec in machines(recording).values():
        assert spec["metadataOptions"]["httpTokens"] == "required"
        assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
        assert spec["associatePublicIPAddress"] is False
        assert {each["ebs"]["encrypted"] for each in spec["blockDeviceMappings"]} == {True}
        assert spec["tags"] == {
            "owner": "platform",
            "cost-centre": "cc-1",
            "environment": "test",
            "managed-by": "pulumi",
        }
        assert spec["amiSelectorTerms"][0]["alias"].startswith("bottlerocket@v")


def test_machines_are_started_in_private_subnets_with_the_clusters_security_group(recording: Recording) -> None:
    for spec in machines(recording).values():
        assert spec["subnetSelectorTerms"] == [{"id": f"cluster-network-private-{i}"} for i in range(3)]
        assert spec["securityGroupSelectorTerms"] == [{"id": "sg-cluster"}]
        assert spec["instanceProfile"] == "cluster-karpenter-node"


def test_a_training_job_is_never_moved_and_ends_before_its_node(recording: Recording) -> None:
    for name in ("h100", "t4"):
        spec = node_pools(recording)[name]
        assert spec["template"]["spec"]["expireAfter"] == "Never"
        assert spec["disruption"]["consolidationPolicy"] == "WhenEmpty"
        assert {"nodes": "0", "reasons": ["Drifted"]} in spec["disruption"]["budgets"]
    assert node_pools(recording)["l4"]["template"]["spec"]["expireAfter"] == "720h"


def test_machines_join_by_an_access_entry_of_their_role(recording: Recording) -> None:
    entry = recording.of_type("eks/accessEntry:AccessEntry")["cluster-karpenter-node"]
    assert entry.inputs["type"] == "EC2_LINUX"
    assert entry.inputs["principalArn"] == "arn:aws:iam:::cluster-karpenter-node"


def test_karpenter_hears_of_every_way_in_which_a_machine_ends(recording: Recording) -> None:
    told = {
        json.loads(rule.inputs["eventPattern"])["detail-type"][0]
        for rule in recording.of_type("cloudwatch/eventRule:EventRule").values()
    }
    assert told == {
        "AWS Health Event",
        "EC2 Spot Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Capacity Reservation Instance Interruption Warning",
    }
    targets = recording.of_type("cloudwatch/eventTarget:EventTarget").values()
    assert {each.inputs["arn"] for each in targets} == {"arn:aws:sqs:::cluster-karpenter"}
    assert len(targets) == len(told)
    assert chart(recording).inputs["values"]["settings"]["interruptionQueue"] == "cluster-karpenter"


def test_only_these_events_are_written_to_the_queue_and_only_encrypted(recording: Recording) -> None:
    (queue,) = recording.of_type("sqs/queue:Queue").values()
    assert queue.inputs["sqsManagedSseEnabled"] is True
    written, refused = statements(recording.of_type("sqs/queuePolicy:QueuePolicy").values())
    assert written["Principal"] == {"Service": "events.amazonaws.com"}
    assert len(written["Condition"]["ArnEquals"]["aws:SourceArn"]) == 5
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def karpenter_rights(recording: Recording) -> dict[str, dict[str, Any]]:
    policy = recording.of_type("iam/rolePolicy:RolePolicy")["cluster-karpenter-policy"]
    return {each["Sid"]: each for each in statements([policy])}


def test_karpenter_touches_only_machines_of_its_cluster(recording: Recording) -> None:
    changing = {"ec2:CreateTags", "ec2:TerminateInstances", "ec2:DeleteLaunchTemplate", "ec2:CreateLaunchTemplate"}
    for name, statement in karpenter_rights(recording).items():
        if changing & set(statement["Action"]):
            condition = statement["Condition"]["StringEquals"]
            assert "mlplatform-test" in condition.values(), name


def test_karpenter_makes_no_roles_and_hands_on_the_nodes_role_alone(recording: Recording) -> None:
    rights = karpenter_rights(recording)
    actions = {action for each in rights.values() for action in each["Action"] if action.startswith("iam:")}
    assert actions == {"iam:PassRole", "iam:GetInstanceProfile", "iam:ListInstanceProfiles"}
    assert rights["PassNodeRole"]["Resource"] == "arn:aws:iam:::cluster-karpenter-node"
    assert rights["PassNodeRole"]["Condition"]["StringEquals"] == {"iam:PassedToService": "ec2.amazonaws.com"}


def test_every_policy_fits_into_what_iam_allows_for_one_role(recording: Recording) -> None:
    for policy in recording.of_type("iam/rolePolicy:RolePolicy").values():
        assert len(json.dumps(json.loads(policy.inputs["policy"]), separators=(",", ":"))) < 10_240, policy.name


def test_pools_go_before_the_controller_that_ends_their_machines(recording: Recording) -> None:
    for name, node_pool in recording.of_kind("NodePool").items():
        needed = recording.all_needed_by(node_pool)
        assert f"kubernetes:karpenter.k8s.aws/v1:EC2NodeClass cluster-karpenter-{name}-machines" in needed
        assert "kubernetes:helm.sh/v4:Chart cluster-karpenter-controller" in needed
    before = recording.all_needed_by(chart(recording))
    assert {
        "kubernetes:helm.sh/v4:Chart cluster-karpenter-definitions",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation cluster-karpenter",
        "aws:eks/accessEntry:AccessEntry cluster-karpenter-node",
        "aws:sqs/queuePolicy:QueuePolicy cluster-karpenter",
        "aws:iam/rolePolicy:RolePolicy cluster-karpenter-policy",
        "aws:eks/nodeGroup:NodeGroup cluster-system",
    } <= before


def test_the_controller_is_told_which_cluster_it_serves(recording: Recording) -> None:
    values = chart(recording).inputs["values"]
    assert values["settings"]["clusterName"] == "mlplatform-test"
    assert values["settings"]["clusterEndpoint"] == "https://cluster.example"
    assert values["settings"]["isolatedVPC"] is False
    image = values["controller"]["image"]
    assert f"{image['repository']}:{image['tag']}" == IMAGES["karpenter"].reference


def test_copies_are_spread_but_one_starts_on_the_last_node_that_is_left(recording: Recording) -> None:
    values = chart(recording).inputs["values"]
    apart = values["affinity"]["podAntiAffinity"]
    assert apart["requiredDuringSchedulingIgnoredDuringExecution"] == []
    assert apart["preferredDuringSchedulingIgnoredDuringExecution"]
    assert {each["whenUnsatisfiable"] for each in values["topologySpreadConstraints"]} == {"ScheduleAnyway"}
