"""ElastiCache: replication groups, and who may use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.aws.kind import Call, Kind, Tagging, Template, Update
from rehearsal.aws.stores import Store

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

_TAGS = Tagging("elasticache", "add_tags_to_resource", "remove_tags_from_resource", {"ResourceName": "{arn}"})


def _make(operation: str, answer: str = "") -> Call:
    return Call("elasticache", operation, inputs=True, answer=answer)


def _on(operation: str, parameters: Template, answer: str = "") -> Call:
    return Call("elasticache", operation, parameters, answer=answer)


def _arn(kind: str, name: str) -> str:
    return f"arn:{{partition}}:elasticache:{{region}}:{{account}}:{kind}:{{{name}}}"


SUBNET_GROUP = Kind(
    "aws:elasticache/subnetGroup:SubnetGroup",
    create=Call(
        "elasticache",
        "create_cache_subnet_group",
        {"CacheSubnetGroupDescription": "{description}"},
        inputs=True,
        answer="CacheSubnetGroup",
    ),
    read=_on("describe_cache_subnet_groups", {"CacheSubnetGroupName": "{id}"}, "CacheSubnetGroups[0]"),
    delete=_on("delete_cache_subnet_group", {"CacheSubnetGroupName": "{id}"}),
    id="{name}",
    updates=(Update(("subnetIds", "description"), _make("modify_cache_subnet_group")),),
    names={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription"},
    replace=("name",),
    outputs={"arn": "ARN", "vpcId": "VpcId"},
    forms={"arn": _arn("subnetgroup", "name")},
    name="name",
    tagging=_TAGS,
    references={"subnetIds": "subnet"},
)


def _pairs(work: Work) -> list[dict[str, str]]:
    return [
        {"ParameterName": each["name"], "ParameterValue": each["value"]} for each in work.inputs.get("parameters") or ()
    ]


PARAMETER_GROUP = Kind(
    "aws:elasticache/parameterGroup:ParameterGroup",
    create=_make("create_cache_parameter_group", "CacheParameterGroup"),
    read=_on("describe_cache_parameter_groups", {"CacheParameterGroupName": "{id}"}, "CacheParameterGroups[0]"),
    delete=_on("delete_cache_parameter_group", {"CacheParameterGroupName": "{id}"}),
    id="{name}",
    updates=(
        Update(
            ("parameters",),
            _on(
                "modify_cache_parameter_group",
                {"CacheParameterGroupName": "{id}", "ParameterNameValues": _pairs},
            ),
            at_create=True,
        ),
    ),
    names={"name": "CacheParameterGroupName", "family": "CacheParameterGroupFamily"},
    replace=("name", "family", "description"),
    outputs={"arn": "ARN"},
    forms={"arn": _arn("parametergroup", "name")},
    name="name",
    tagging=_TAGS,
)


USER = Kind(
    "aws:elasticache/user:User",
    create=_make("create_user"),
    read=_on("describe_users", {"UserId": "{id}"}, "Users[?Status!='deleting'] | [0]"),
    delete=_on("delete_user", {"UserId": "{id}"}),
    id="{userId}",
    updates=(Update(("accessString", "passwords", "noPasswordRequired", "authenticationMode"), _make("modify_user")),),
    replace=("userId", "userName", "engine"),
    outputs={"arn": "ARN"},
    forms={"arn": _arn("user", "userId")},
    tagging=_TAGS,
)

USER_GROUP = Kind(
    "aws:elasticache/userGroup:UserGroup",
    create=_make("create_user_group"),
    read=_on("describe_user_groups", {"UserGroupId": "{id}"}, "UserGroups[0]"),
    delete=_on("delete_user_group", {"UserGroupId": "{id}"}),
    id="{userGroupId}",
    updates=(Update(("userIds",), _make("modify_user_group")),),
    replace=("userGroupId", "engine"),
    outputs={"arn": "ARN"},
    forms={"arn": _arn("usergroup", "userGroupId")},
    tagging=_TAGS,
)


def _answer_as_valkey(work: Work, created: bool) -> None:
    if work.stores is None:
        return
    if not created:
        work.stores.store_deleted("valkey", work.id)
        return
    given = work.inputs
    credentials = {"password": given["authToken"]} if given.get("authToken") else {}
    more = work.state.get("readerEndpointAddress")
    work.stores.store_created(
        Store(
            "valkey",
            work.id,
            str(work.state.get("primaryEndpointAddress") or work.state.get("configurationEndpointAddress")),
            int(given.get("port") or 6379),
            credentials,
            more_names=(str(more),) if more else (),
        )
    )


REPLICATION_GROUP = Kind(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    create=_make("create_replication_group", "ReplicationGroup"),
    read=_on("describe_replication_groups", {"ReplicationGroupId": "{id}"}, "ReplicationGroups[0]"),
    delete=_on(
        "delete_replication_group",
        {"ReplicationGroupId": "{id}", "FinalSnapshotIdentifier": "{finalSnapshotIdentifier}"},
    ),
    id="{replicationGroupId}",
    updates=(
        Update(
            (
                "description",
                "autoMinorVersionUpgrade",
                "automaticFailoverEnabled",
                "authToken",
                "engineVersion",
                "logDeliveryConfigurations",
                "maintenanceWindow",
                "multiAzEnabled",
                "nodeType",
                "parameterGroupName",
                "securityGroupIds",
                "snapshotRetentionLimit",
                "snapshotWindow",
                "transitEncryptionMode",
                "userGroupIds",
            ),
            _on(
                "modify_replication_group",
                {
                    "ReplicationGroupId": "{id}",
                    "ReplicationGroupDescription": "{description}",
                    "SnapshotRetentionLimit": "{snapshotRetentionLimit}",
                    "SnapshotWindow": "{snapshotWindow}",
                    "CacheNodeType": "{nodeType}",
                    "AuthToken": "{authToken}",
                    "EngineVersion": "{engineVersion}",
                    "SecurityGroupIds": "{securityGroupIds}",
                    "ApplyImmediately": True,
                },
            ),
        ),
    ),
    names={
        "description": "ReplicationGroupDescription",
        "nodeType": "CacheNodeType",
        "parameterGroupName": "CacheParameterGroupName",
        "subnetGroupName": "CacheSubnetGroupName",
        "securityGroupNames": "CacheSecurityGroupNames",
        "maintenanceWindow": "PreferredMaintenanceWindow",
        "logDeliveryConfigurations.destination": "DestinationDetails.CloudWatchLogsDetails.LogGroup",
    },
    replace=(
        "replicationGroupId",
        "engine",
        "atRestEncryptionEnabled",
        "kmsKeyId",
        "port",
        "subnetGroupName",
        "dataTieringEnabled",
        "networkType",
        "snapshotName",
        "globalReplicationGroupId",
    ),
    outputs={
        "arn": "ARN",
        "clusterEnabled": "ClusterEnabled",
        "memberClusters": "MemberClusters",
        "primaryEndpointAddress": "NodeGroups[0].PrimaryEndpoint.Address",
        "readerEndpointAddress": "NodeGroups[0].ReaderEndpoint.Address",
        "configurationEndpointAddress": "ConfigurationEndpoint.Address",
    },
    forms={"engineVersionActual": "{engineVersion}"},
    name="replicationGroupId",
    name_length=40,
    tagging=_TAGS,
    local=("applyImmediately", "authTokenUpdateStrategy", "finalSnapshotIdentifier"),
    references={"securityGroupIds": "security group", "kmsKeyId": "key"},
    hook=_answer_as_valkey,
)

KINDS = (SUBNET_GROUP, PARAMETER_GROUP, USER, USER_GROUP, REPLICATION_GROUP)
