"""EKS clusters and node groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.errors import AwsError
from rehearsal.aws.kind import Call, Kind, Tagging, Update
from rehearsal.aws.services.network import cidr

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

TAGGING = Tagging("eks", "tag_resource", "untag_resource", {"resourceArn": "{arn}"})
_ALL_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def _logging(work: Work) -> dict[str, Any]:
    wanted = work.inputs.get("enabledClusterLogTypes") or []
    parts = [{"types": sorted(wanted), "enabled": True}] if wanted else []
    others = [each for each in _ALL_LOGS if each not in wanted]
    return {"clusterLogging": [*parts, *([{"types": others, "enabled": False}] if others else [])]}


def _create_cluster(work: Work) -> dict[str, Any]:
    """The cluster, and the security group that EKS makes for each."""
    answer: dict[str, Any] = work.run(_CREATE_CLUSTER)
    name, subnets = answer["name"], work.inputs["vpcConfig"]["subnetIds"]
    vpc = work.call("ec2", "describe_subnets", SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    work.call(
        "ec2",
        "create_security_group",
        GroupName=f"eks-cluster-sg-{name}-{work.made['hex17'][:9]}",
        Description="EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
        "as well as any managed workloads.",
        VpcId=vpc,
        TagSpecifications=[
            {"ResourceType": "security-group", "Tags": [{"Key": f"kubernetes.io/cluster/{name}", "Value": "owned"}]}
        ],
    )
    return answer


def _security_groups(work: Work, name: str) -> list[dict[str, Any]]:
    filters = [
        {"Name": f"tag:kubernetes.io/cluster/{name}", "Values": ["owned"]},
        {"Name": "group-name", "Values": [f"eks-cluster-sg-{name}-*"]},
    ]
    found: list[dict[str, Any]] = work.call("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"]
    return found


def _read_cluster(work: Work) -> dict[str, Any]:
    """The cluster, with the rehearsal's control plane in the place of the one that EKS would run."""
    cluster: dict[str, Any] = work.call("eks", "describe_cluster", name=work.id)["cluster"]
    if work.control_plane:
        cluster["endpoint"] = work.control_plane["endpoint"]
        cluster["certificateAuthority"] = {"data": work.control_plane["certificate_authority"]}
    group = next(iter(_security_groups(work, work.id)), {})
    return {**cluster, "group": group}


def _delete_cluster(work: Work) -> None:
    if work.inputs.get("deletionProtection"):
        raise AwsError("InvalidRequestException", f"Cluster {work.id} has deletion protection enabled")
    work.call("eks", "delete_cluster", name=work.id)
    for group in _security_groups(work, work.id):
        work.call("ec2", "delete_security_group", GroupId=group["GroupId"])


def _configure(*properties: str, **parameters: Any) -> Update:  # noqa: ANN401 - templates
    return Update(properties, Call("eks", "update_cluster_config", {"name": "{id}", **parameters}))


def _network(work: Work) -> dict[str, Any]:
    chosen = work.inputs["vpcConfig"]
    names = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs", "subnetIds", "securityGroupIds")
    return {name: chosen[name] for name in names if chosen.get(name) is not None}


def _access(work: Work) -> dict[str, Any]:
    return {"authenticationMode": (work.inputs.get("accessConfig") or {}).get("authenticationMode")}


def _remote(work: Work) -> dict[str, Any]:
    chosen = work.inputs.get("remoteNetworkConfig") or {}
    return {
        name: [networks] if (networks := chosen.get(name)) else []
        for name in ("remoteNodeNetworks", "remotePodNetworks")
    }


_CREATE_CLUSTER = Call("eks", "create_cluster", {"logging": _logging}, inputs=True, answer="cluster")

CLUSTER = Kind(
    "aws:eks/cluster:Cluster",
    create=_create_cluster,
    created=_CREATE_CLUSTER,
    read=_read_cluster,
    described=Call("eks", "describe_cluster", answer="cluster"),
    delete=_delete_cluster,
    id="{name}",
    updates=(
        _configure("vpcConfig", resourcesVpcConfig=_network),
        _configure("enabledClusterLogTypes", logging=_logging),
        _configure("accessConfig", accessConfig=_access),
        _configure("upgradePolicy", upgradePolicy="{upgradePolicy}"),
        _configure("zonalShiftConfig", zonalShiftConfig="{zonalShiftConfig}"),
        _configure("deletionProtection", deletionProtection="{deletionProtection}"),
        _configure("remoteNetworkConfig", remoteNetworkConfig=_remote),
        Update(("version",), Call("eks", "update_cluster_version", {"name": "{id}", "version": "{version}"})),
        Update(
            ("encryptionConfig",),
            Call(
                "eks",
                "associate_encryption_config",
                {"clusterName": "{id}", "encryptionConfig": ["{encryptionConfig}"]},
            ),
        ),
    ),
    names={"vpcConfig": "resourcesVpcConfig"},
    replace=(
        "name",
        "roleArn",
        "vpcConfig.vpcId",
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
        "encryptionConfig.resources",
        "kubernetesNetworkConfig.ipFamily",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "outpostConfig",
    ),
    outputs={
        "arn": "arn",
        "endpoint": "endpoint",
        "certificateAuthority": "certificateAuthority.{data: data}",
        "createdAt": "createdAt",
        "identities": "[{oidcs: [{issuer: identity.oidc.issuer}]}]",
        "platformVersion": "platformVersion",
        "status": "status",
        "version": "version",
    },
    inside={"vpcConfig.clusterSecurityGroupId": "group.GroupId", "vpcConfig.vpcId": "group.VpcId"},
    name="name",
    name_length=100,
    tagging=TAGGING,
    local=("enabledClusterLogTypes", "forceUpdateVersion", "defaultAddonsToRemoves"),
    references={
        "roleArn": "role",
        "vpcConfig.subnetIds": "subnet",
        "vpcConfig.securityGroupIds": "security group",
        "encryptionConfig.provider.keyArn": "key",
    },
    checks=(cidr("kubernetesNetworkConfig.serviceIpv4Cidr", 12, 24),),
)


def _change_node_group(work: Work) -> None:
    given, old = work.inputs, work.old
    gone = sorted(set(old.get("labels") or ()) - set(given.get("labels") or ()))
    kept_taints = given.get("taints") or []
    work.call(
        "eks",
        "update_nodegroup_config",
        clusterName=given["clusterName"],
        nodegroupName=given["nodeGroupName"],
        scalingConfig=given["scalingConfig"],
        labels={"addOrUpdateLabels": given.get("labels") or {}, "removeLabels": gone},
        taints={
            "addOrUpdateTaints": kept_taints,
            "removeTaints": [taint for taint in old.get("taints") or [] if taint not in kept_taints],
        },
        **({"updateConfig": given["updateConfig"]} if given.get("updateConfig") else {}),
    )


_NODE_GROUP = {"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"}

NODE_GROUP = Kind(
    "aws:eks/nodeGroup:NodeGroup",
    create=Call("eks", "create_nodegroup", inputs=True, answer="nodegroup"),
    read=Call("eks", "describe_nodegroup", _NODE_GROUP, answer="nodegroup"),
    delete=Call("eks", "delete_nodegroup", _NODE_GROUP),
    id="{clusterName}:{nodeGroupName}",
    updates=(
        Update(("scalingConfig", "labels", "taints", "updateConfig"), _change_node_group),
        Update(
            ("version", "releaseVersion", "launchTemplate"),
            Call(
                "eks",
                "update_nodegroup_version",
                {
                    **_NODE_GROUP,
                    "version": "{version}",
                    "releaseVersion": "{releaseVersion}",
                    "launchTemplate": "{launchTemplate}",
                },
            ),
        ),
    ),
    names={"nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
    replace=(
        "clusterName",
        "nodeGroupName",
        "nodeGroupNamePrefix",
        "nodeRoleArn",
        "subnetIds",
        "amiType",
        "capacityType",
        "diskSize",
        "instanceTypes",
        "remoteAccess",
        "launchTemplate.id",
        "launchTemplate.name",
    ),
    outputs={
        "arn": "nodegroupArn",
        "status": "status",
        "version": "version",
        "releaseVersion": "releaseVersion",
        "capacityType": "capacityType",
        "resources": "[{autoscalingGroups: resources.autoScalingGroups[].{name: name}}]",
    },
    name="nodeGroupName",
    name_length=63,
    tagging=TAGGING,
    local=("forceUpdateVersion", "nodeGroupNamePrefix"),
    references={
        "clusterName": "cluster",
        "nodeRoleArn": "role",
        "subnetIds": "subnet",
        "instanceTypes": "instance type",
    },
)

KINDS = (CLUSTER, NODE_GROUP)
