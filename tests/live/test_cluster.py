"""The EKS cluster of the deployed stack, its network, its machines and who may enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.live.cluster_faults import (
    cluster_faults,
    default_group_faults,
    deletion_faults,
    entry_faults,
    launch_template_faults,
    node_group_faults,
    security_group_faults,
)

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def cluster(deployed: Deployed) -> dict[str, Any]:
    """The cluster as EKS has it."""
    return dict(deployed.aws.client("eks").describe_cluster(name=deployed.cluster_name)["cluster"])


@pytest.fixture(scope="module")
def vpc_id(deployed: Deployed, cluster: dict[str, Any]) -> str:
    """The network that the cluster is in."""
    subnets = deployed.aws.all(
        "ec2", "describe_subnets", "Subnets", SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"]
    )
    (vpc,) = {subnet["VpcId"] for subnet in subnets}
    return str(vpc)


def of_the_network(vpc_id: str) -> list[dict[str, Any]]:
    """A filter of EC2."""
    return [{"Name": "vpc-id", "Values": [vpc_id]}]


def test_the_control_plane_is_as_the_stack_file_wants_it(deployed: Deployed, cluster: dict[str, Any]) -> None:
    assert list(cluster_faults(cluster, deployed.cluster)) == []


def test_access_entries_alone_decide_who_may_enter(deployed: Deployed, cluster: dict[str, Any]) -> None:
    if not deployed.real and "accessConfig" not in cluster:
        pytest.skip("recorded only in a rehearsal: eks DescribeCluster accessConfig")
    assert list(entry_faults(cluster)) == []


def test_a_cluster_that_is_not_disposable_is_protected_from_deletion(
    deployed: Deployed, cluster: dict[str, Any]
) -> None:
    if deployed.cluster.disposable:
        pytest.skip(f"{deployed.stack} is disposable")
    if not deployed.real and "deletionProtection" not in cluster:
        pytest.skip("recorded only in a rehearsal: eks DescribeCluster deletionProtection")
    assert list(deletion_faults(cluster)) == []


def test_system_nodes_live_in_private_subnets_and_cannot_be_entered(deployed: Deployed, vpc_id: str) -> None:
    eks = deployed.aws.client("eks")
    subnets = deployed.aws.all("ec2", "describe_subnets", "Subnets", Filters=of_the_network(vpc_id))
    public = {subnet["SubnetId"] for subnet in subnets if subnet["MapPublicIpOnLaunch"]}
    names = eks.list_nodegroups(clusterName=deployed.cluster_name)["nodegroups"]
    assert names
    groups = [eks.describe_nodegroup(clusterName=deployed.cluster_name, nodegroupName=name) for name in names]
    assert [fault for group in groups for fault in node_group_faults(group["nodegroup"], public)] == []


def test_machines_ask_for_a_session_and_have_encrypted_disks(deployed: Deployed) -> None:
    ec2, templates = deployed.aws.client("ec2"), deployed.ec2("describe_launch_templates", "LaunchTemplates")
    assert templates
    for template in templates:
        (version,) = ec2.describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"]
        )["LaunchTemplateVersions"]
        assert list(launch_template_faults(template["LaunchTemplateName"], version["LaunchTemplateData"])) == []


def test_every_disk_is_encrypted(deployed: Deployed) -> None:
    assert [disk["VolumeId"] for disk in deployed.ec2("describe_volumes", "Volumes") if not disk["Encrypted"]] == []


def test_the_internet_is_let_in_nowhere(deployed: Deployed, vpc_id: str) -> None:
    groups = deployed.aws.all("ec2", "describe_security_groups", "SecurityGroups", Filters=of_the_network(vpc_id))
    assert [fault for group in groups for fault in security_group_faults(group)] == []
    if deployed.cluster.network.kind == "new":
        (unused,) = (group for group in groups if group["GroupName"] == "default")
        assert list(default_group_faults(unused)) == []


def test_traffic_of_the_network_is_written_down(deployed: Deployed, vpc_id: str) -> None:
    if deployed.cluster.network.kind != "new":
        pytest.skip("the network is somebody else's")
    flow_logs = deployed.ec2("describe_flow_logs", "FlowLogs")
    assert [log["TrafficType"] for log in flow_logs if log["ResourceId"] == vpc_id] == ["ALL"]


def test_add_ons_run(deployed: Deployed) -> None:
    eks = deployed.aws.client("eks")
    names = eks.list_addons(clusterName=deployed.cluster_name)["addons"]
    states = {
        name: eks.describe_addon(clusterName=deployed.cluster_name, addonName=name)["addon"]["status"] for name in names
    }
    assert {"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent"} <= set(states)
    assert set(states.values()) == {"ACTIVE"}


def test_nobody_enters_but_who_the_stack_file_names(deployed: Deployed) -> None:
    entries = deployed.aws.all("eks", "list_access_entries", "accessEntries", clusterName=deployed.cluster_name)
    access = deployed.cluster.access
    named = {
        role.rpartition("/")[2] for role in (*access.admins, *(r for group in access.groups.values() for r in group))
    }
    people = {entry.rpartition("/")[2] for entry in entries if ":role/aws-service-role/" not in entry}
    # The others are roles of nodes, which the stack makes itself.
    assert named <= people
    assert {role for role in people - named if not role.startswith("cluster-")} == set()
