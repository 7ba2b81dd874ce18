"""The cluster on AWS: who may reach it, what it keeps, what its nodes are, and in which order it comes and goes."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from components.specs.eks_versions import RELEASES
from tests.components import cloud
from tests.components.aws_platform import ADMIN, cluster, statements

if TYPE_CHECKING:
    from tests.components.recorded import Recording, Registration

ADDONS = {
    "aws-ebs-csi-driver",
    "cert-manager",
    "coredns",
    "eks-node-monitoring-agent",
    "eks-pod-identity-agent",
    "kube-proxy",
    "vpc-cni",
}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return cluster()


def control_plane(recording: Recording) -> dict[str, Any]:
    (found,) = recording.of_type("eks/cluster:Cluster").values()
    return found.inputs


def test_nobody_is_an_administrator_for_having_created_the_cluster(recording: Recording) -> None:
    access = control_plane(recording)["accessConfig"]
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}


def test_administrators_and_groups_are_those_of_the_stack_file(recording: Recording) -> None:
    entries = {
        each.inputs["principalArn"]: each.inputs.get("kubernetesGroups")
        for each in recording.of_type("eks/accessEntry:AccessEntry").values()
        if each.inputs["type"] == "STANDARD"
    }
    assert entries == {ADMIN: None, "arn:aws:iam::123456789012:role/research": ["scientists"]}
    (policy,) = recording.of_type("eks/accessPolicyAssociation:AccessPolicyAssociation").values()
    assert policy.inputs["principalArn"] == ADMIN
    assert policy.inputs["accessScope"] == {"type": "cluster"}


def test_the_api_server_is_reached_from_the_vpc_unless_networks_are_named(recording: Recording) -> None:
    assert control_plane(recording)["vpcConfig"]["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in control_plane(recording)["vpcConfig"]
    office = control_plane(cluster(endpoint={"allowed_cidrs": ["203.0.113.0/24"]}))["vpcConfig"]
    assert (office["endpointPublicAccess"], office["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])
    assert office["endpointPrivateAccess"] is True


def test_secrets_are_encrypted_with_a_key_of_their_own(recording: Recording) -> None:
    assert control_plane(recording)["encryptionConfig"] == {
        "provider": {"keyArn": "arn:aws:kms:::cluster-secrets"},
        "resources": ["secrets"],
    }


def test_all_logs_go_to_a_group_that_is_there_before_the_cluster(recording: Recording) -> None:
    logs = set(control_plane(recording)["enabledClusterLogTypes"])
    assert logs == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    group = recording.of_type("cloudwatch/logGroup:LogGroup")["cluster-logs"]
    assert group.inputs["name"] == "/aws/eks/mlplatform-test/cluster"
    assert group.inputs["retentionInDays"] >= 365
    assert group.inputs["kmsKeyId"] == "arn:aws:kms:::cluster-logs"
    (plane,) = recording.of_type("eks/cluster:Cluster").values()
    assert group.urn in plane.needs


def test_every_key_is_changed_yearly_and_names_whom_it_trusts(recording: Recording) -> None:
    keys = recording.of_type("kms/key:Key")
    assert set(keys) == {"cluster-logs", "cluster-secrets", "cluster-volumes"}
    for key in keys.values():
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["deletionWindowInDays"] == 30
        for statement in statements([key]):
            assert "*" not in json.dumps(statement["Principal"])
    account, logs = statements([keys["cluster-logs"]])
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{cloud.ACCOUNT}:root"}
    assert logs["Principal"] == {"Service": f"logs.{cloud.REGION}.amazonaws.com"}
    assert f":{cloud.ACCOUNT}:log-group:*" in json.dumps(logs["Condition"])


def test_what_cannot_be_had_back_is_protected_unless_the_stack_is_disposable(recording: Recording) -> None:
    kept = {each.type for each in recording.registrations if each.protect}
    assert kept == {"aws:eks/cluster:Cluster", "aws:kms/key:Key", "aws:cloudwatch/logGroup:LogGroup"}
    assert control_plane(recording)["deletionProtection"] is True
    disposable = cluster(disposable=True)
    assert not [each for each in disposable.registrations if each.protect]
    assert control_plane(disposable)["deletionProtection"] is False


def test_volumes_of_a_lasting_stack_outlive_their_claims(recording: Recording) -> None:
    (lasting,) = recording.of_kind("StorageClass").values()
    assert lasting.inputs["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    assert lasting.inputs["parameters"] == {
        "type": "gp3",
        "encrypted": "true",
        "kmsKeyId": "arn:aws:kms:::cluster-volumes",
    }
    (passing,) = cluster(disposable=True).of_kind("StorageClass").values()
    assert (lasting.inputs["reclaimPolicy"], passing.inputs["reclaimPolicy"]) == ("Retain", "Delete")


def test_tags_are_put_on_everything_by_the_provider(recording: Recording) -> None:
    provider = recording.named("cluster-network-s3").provider
    (aws,) = (each for each in recording.registrations if each.type == "pulumi:providers:aws")
    assert json.loads(aws.inputs["defaultTags"])["tags"] == {
        "owner": "platform",
        "cost-centre": "cc-1",
        "environment": "test",
        "managed-by": "pulumi",
    }
    resources = [each for each in recording.registrations if each.type.startswith("aws:")]
    assert {each.provider for each in resources} == {provider}


def test_an_account_can_be_named_that_no_other_is_taken_for() -> None:
    recording = cluster(account_id="210987654321")
    (aws,) = (each for each in recording.registrations if each.type == "pulumi:providers:aws")
    assert json.loads(aws.inputs["allowedAccountIds"]) == ["210987654321"]


@pytest.mark.parametrize("version", RELEASES)
def test_every_add_on_has_a_version_for_every_release(version: str) -> None:
    addons = cluster(kubernetes_version=version).of_type("eks/addon:Addon")
    assert {each.inputs["addonName"] for each in addons.values()} == ADDONS
    kube_proxy = addons["cluster-kube-proxy"].inputs["addonVersion"]
    assert kube_proxy.startswith(f"v{version}.")


def test_an_add_on_can_have_another_version_and_lustre_can_be_had() -> None:
    wanted = {"fsx_lustre": True, "versions": {"coredns": "v1.99.0-eksbuild.1"}}
    addons = cluster(addons=wanted).of_type("eks/addon:Addon")
    assert addons["cluster-coredns"].inputs["addonVersion"] == "v1.99.0-eksbuild.1"
    assert "cluster-aws-fsx-csi-driver" in addons


def test_add_ons_that_nodes_wait_for_do_not_wait_for_nodes(recording: Recording) -> None:
    nodes = "aws:eks/nodeGroup:NodeGroup cluster-system"
    addons = recording.of_type("eks/addon:Addon")
    waiting = {name for name, addon in addons.items() if nodes in recording.all_needed_by(addon)}
    assert waiting == {
        "cluster-aws-ebs-csi-driver",
        "cluster-cert-manager",
        "cluster-coredns",
        "cluster-eks-node-monitoring-agent",
    }
    (group,) = recording.of_type("eks/nodeGroup:NodeGroup").values()
    assert {addons[name].urn for name in set(addons) - waiting} <= group.needs


def test_network_policies_are_enforced(recording: Recording) -> None:
    values = json.loads(recording.of_type("eks/addon:Addon")["cluster-vpc-cni"].inputs["configurationValues"])
    assert values["enableNetworkPolicy"] == "true"


def test_nodes_keep_their_role_from_pods_and_encrypt_their_disks(recording: Recording) -> None:
    (template,) = recording.of_type("ec2/launchTemplate:LaunchTemplate").values()
    assert template.inputs["metadataOptions"]["httpTokens"] == "required"
    assert template.inputs["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert {each["ebs"]["encrypted"] for each in template.inputs["blockDeviceMappings"]} == {"true"}
    assert "keyName" not in template.inputs
    assert b"max-pods = 110" in base64.b64decode(template.inputs["userData"])
    for each in template.inputs["tagSpecifications"]:
        assert each["tags"]["owner"] == "platform"


def test_nodes_of_the_platform_lie_in_private_subnets_and_nobody_logs_in(recording: Recording) -> None:
    (group,) = recording.of_type("eks/nodeGroup:NodeGroup").values()
    assert group.inputs["subnetIds"] == [f"cluster-network-private-{i}" for i in range(3)]
    assert "remoteAccess" not in group.inputs
    assert group.inputs["launchTemplate"] == {"id": "cluster-system", "version": "1"}
    assert group.inputs["amiType"] == "BOTTLEROCKET_x86_64"


def test_graviton_nodes_get_the_image_for_them() -> None:
    recording = cluster(system_nodes={"instance_types": ["m8g.2xlarge", "m7g.2xlarge"]})
    (group,) = recording.of_type("eks/nodeGroup:NodeGroup").values()
    assert group.inputs["amiType"] == "BOTTLEROCKET_ARM_64"


def test_a_role_for_pods_is_taken_by_one_service_account_only(recording: Recording) -> None:
    roles = recording.of_type("iam/role:Role")
    for each in recording.of_type("eks/podIdentityAssociation:PodIdentityAssociation").values():
        (trust,) = statements([roles[each.name]], "assumeRolePolicy")
        assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {
            "aws:RequestTag/kubernetes-namespace": each.inputs["namespace"],
            "aws:RequestTag/kubernetes-service-account": each.inputs["serviceAccount"],
        }


def test_no_policy_allows_everything_and_none_of_aws_gives_administration(recording: Recording) -> None:
    for statement in statements(recording.of_type("iam/rolePolicy:RolePolicy").values()):
        assert statement["Action"] not in ("*", ["*"])
    attached = {
        each.inputs["policyArn"].rpartition("/")[2]
        for each in recording.of_type("iam/rolePolicyAttachment:RolePolicyAttachment").values()
    }
    assert not attached & {"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"}


def test_the_kubeconfig_holds_no_secret_and_asks_aws_for_a_token(recording: Recording) -> None:
    (provider,) = (each for each in recording.registrations if each.type == "pulumi:providers:kubernetes")
    kubeconfig = json.loads(provider.inputs["kubeconfig"])
    (user,) = kubeconfig["users"]
    assert user["user"]["exec"]["command"] == "aws"
    assert user["user"]["exec"]["args"] == [
        *("eks", "get-token", "--cluster-name", "mlplatform-test"),
        *("--region", cloud.REGION, "--output", "json"),
    ]
    assert provider.inputs["clusterIdentifier"] == "arn:aws:eks:::cluster"


def in_cluster(recording: Recording) -> list[Registration]:
    return [each for each in recording.registrations if each.type.startswith("kubernetes:")]


def test_what_runs_in_the_cluster_goes_before_access_nodes_and_network(recording: Recording) -> None:
    for each in in_cluster(recording):
        needed = recording.all_needed_by(each)
        assert {
            "aws:eks/accessPolicyAssociation:AccessPolicyAssociation cluster-123456789012-platform-operator",
            "aws:eks/nodeGroup:NodeGroup cluster-system",
            "aws:eks/addon:Addon cluster-aws-ebs-csi-driver",
            "aws:eks/addon:Addon cluster-cert-manager",
            "aws:ec2/route:Route cluster-network-private-0-out",
            "aws:ec2/vpcEndpoint:VpcEndpoint cluster-network-sts",
        } <= needed, each.name


def test_the_cluster_is_named_after_the_stack_unless_it_has_a_name() -> None:
    assert control_plane(cluster())["name"] == "mlplatform-test"
    assert control_plane(cluster(name="research"))["name"] == "research"
