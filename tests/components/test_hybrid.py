"""Machines of one's own as nodes: how they prove who they are, what they may do, and what connects them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES
from tests.components.aws_platform import HYBRID, cluster, statements

if TYPE_CHECKING:
    from tests.components.recorded import Recording

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return cluster(hybrid=HYBRID)


@pytest.fixture(scope="module")
def certified() -> Recording:
    return cluster(hybrid={**HYBRID, "identity": {"kind": "roles_anywhere", "ca_certificate": CERTIFICATE}})


def trust(recording: Recording) -> list[dict[str, Any]]:
    return statements([recording.of_type("iam/role:Role")["cluster-hybrid"]], "assumeRolePolicy")


def test_the_control_plane_knows_the_networks_of_machines_and_pods(recording: Recording) -> None:
    (plane,) = recording.of_type("eks/cluster:Cluster").values()
    assert plane.inputs["remoteNetworkConfig"] == {
        "remoteNodeNetworks": {"cidrs": ["192.168.0.0/20"]},
        "remotePodNetworks": {"cidrs": ["172.16.0.0/16"]},
    }


def test_machines_join_by_an_access_entry_of_their_role(recording: Recording) -> None:
    entry = recording.of_type("eks/accessEntry:AccessEntry")["cluster-hybrid"]
    assert entry.inputs["type"] == "HYBRID_LINUX"
    assert entry.inputs["principalArn"] == "arn:aws:iam:::cluster-hybrid"


def test_a_machine_registers_by_a_code_that_is_kept_secret(recording: Recording) -> None:
    (activation,) = recording.of_type("ssm/activation:Activation").values()
    assert activation.secret_outputs == ("activationCode",)
    assert activation.inputs["iamRole"] == "cluster-hybrid"
    assert activation.inputs["tags"]["EKSClusterARN"] == "arn:aws:eks:::cluster"
    (statement,) = trust(recording)
    assert statement["Principal"] == {"Service": "ssm.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_a_certificate_gives_the_role_under_the_machines_own_name_only(certified: Recording) -> None:
    assert not certified.of_type("ssm/activation:Activation")
    for statement in trust(certified):
        assert statement["Condition"]["ArnEquals"] == {"aws:SourceArn": "arn:aws:rolesanywhere:::cluster-hybrid"}
    (assume,) = (each for each in trust(certified) if "sts:AssumeRole" in each["Action"])
    names = {"sts:RoleSessionName": "${aws:PrincipalTag/x509Subject/CN}"}
    assert assume["Condition"]["StringEquals"] == names
    (anchor,) = certified.of_type("rolesanywhere/trustAnchor:TrustAnchor").values()
    assert anchor.inputs["source"]["sourceData"]["x509CertificateData"] == CERTIFICATE
    (profile,) = certified.of_type("rolesanywhere/profile:Profile").values()
    assert profile.inputs["roleArns"] == ["arn:aws:iam:::cluster-hybrid"]
    assert profile.inputs["acceptRoleSessionName"] is True


def test_a_machine_may_join_this_cluster_and_take_itself_off_its_list(recording: Recording) -> None:
    rights = statements([recording.of_type("iam/rolePolicy:RolePolicy")["cluster-hybrid-policy"]])
    on_cluster = [each["Action"] for each in rights if each["Resource"] == "arn:aws:eks:::cluster"]
    assert on_cluster == [["eks:DescribeCluster", "eks:ListAccessEntries"], "eks-auth:AssumeRoleForPodIdentity"]
    (leaving,) = (each for each in rights if each["Action"] == "ssm:DeregisterManagedInstance")
    assert leaving["Condition"] == {"StringEquals": {"ssm:resourceTag/EKSClusterARN": "arn:aws:eks:::cluster"}}


def test_machines_reach_the_api_and_names_and_their_pods_reach_pods(recording: Recording) -> None:
    rules = {
        (each.inputs["cidrIpv4"], each.inputs["ipProtocol"], each.inputs.get("fromPort"))
        for name, each in recording.of_type("vpc/securityGroupIngressRule:SecurityGroupIngressRule").items()
        if name.startswith("cluster-hybrid")
    }
    machines, pods = HYBRID["node_cidrs"][0], HYBRID["pod_cidrs"][0]
    assert rules == {(machines, "tcp", 443), (machines, "tcp", 53), (machines, "udp", 53), (pods, "-1", None)}


def test_cilium_runs_on_these_machines_and_nowhere_else(recording: Recording) -> None:
    chart = recording.named("cluster-hybrid-cilium")
    values = chart.inputs["values"]
    (term,) = values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "eks.amazonaws.com/compute-type", "operator": "In", "values": ["hybrid"]}
    ]
    assert values["operator"]["affinity"] == values["affinity"]
    assert values["operator"]["tolerations"] == [{"operator": "Exists"}]
    assert values["ipam"]["operator"]["clusterPoolIPv4PodCIDRList"] == HYBRID["pod_cidrs"]
    assert values["image"]["override"] == IMAGES["cilium"].reference


def test_the_first_update_does_not_wait_for_a_machine_that_can_only_join_after_it(recording: Recording) -> None:
    values = recording.named("cluster-hybrid-cilium").inputs["values"]
    assert values["operator"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_pods_on_these_machines_have_their_roles_too(recording: Recording) -> None:
    agent = recording.of_type("eks/addon:Addon")["cluster-eks-pod-identity-agent"]
    assert json.loads(agent.inputs["configurationValues"]) == {"daemonsets": {"hybrid": {"create": True}}}


def test_pods_are_gone_before_what_connects_them(recording: Recording) -> None:
    plugin = "kubernetes:helm.sh/v4:Chart cluster-hybrid-cilium"
    others = [
        each for each in recording.registrations if each.type.startswith("kubernetes:") and "cilium" not in each.name
    ]
    assert others
    for each in others:
        assert plugin in recording.all_needed_by(each), each.name


def test_another_plugin_can_be_used() -> None:
    names = [each.name for each in cluster(hybrid={**HYBRID, "cni": "none"}).registrations]
    assert not [name for name in names if "cilium" in name]


def test_a_cluster_in_the_cloud_alone_has_nothing_of_all_this() -> None:
    names = [each.name for each in cluster().registrations]
    assert not [name for name in names if "hybrid" in name]
