"""RDS: Aurora clusters and their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.errors import AwsError
from rehearsal.aws.kind import Call, Kind, Problem, Tagging, Template, Update
from rehearsal.aws.shapes import translate
from rehearsal.aws.stores import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

TAGS = Tagging("rds", "add_tags_to_resource", "remove_tags_from_resource", {"ResourceName": "{arn}"})


def _make(operation: str, answer: str = "", parameters: Template | None = None) -> Call:
    return Call("rds", operation, parameters or {}, inputs=True, answer=answer)


def _on(operation: str, parameters: Template, answer: str = "") -> Call:
    return Call("rds", operation, parameters, answer=answer)


SUBNET_GROUP = Kind(
    "aws:rds/subnetGroup:SubnetGroup",
    create=_make("create_db_subnet_group", "DBSubnetGroup"),
    read=_on("describe_db_subnet_groups", {"DBSubnetGroupName": "{id}"}, "DBSubnetGroups[0]"),
    delete=_on("delete_db_subnet_group", {"DBSubnetGroupName": "{id}"}),
    id="{name}",
    updates=(Update(("subnetIds", "description"), _make("modify_db_subnet_group")),),
    names={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
    replace=("name", "namePrefix"),
    outputs={"arn": "DBSubnetGroupArn", "vpcId": "VpcId", "supportedNetworkTypes": "SupportedNetworkTypes"},
    forms={"supportedNetworkTypes": ["IPV4"]},
    name="name",
    tagging=TAGS,
    local=("namePrefix",),
    references={"subnetIds": "subnet"},
)


def _set_parameters(work: Work) -> None:
    given = [
        {
            "ParameterName": each["name"],
            "ParameterValue": each["value"],
            "ApplyMethod": each.get("applyMethod", "immediate"),
        }
        for each in work.inputs.get("parameters") or ()
    ]
    if given:
        work.call("rds", "modify_db_cluster_parameter_group", DBClusterParameterGroupName=work.id, Parameters=given)


PARAMETER_GROUP = Kind(
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    create=_make("create_db_cluster_parameter_group", "DBClusterParameterGroup", {"Description": "{description}"}),
    read=_on(
        "describe_db_cluster_parameter_groups", {"DBClusterParameterGroupName": "{id}"}, "DBClusterParameterGroups[0]"
    ),
    delete=_on("delete_db_cluster_parameter_group", {"DBClusterParameterGroupName": "{id}"}),
    id="{name}",
    updates=(Update(("parameters",), _set_parameters, at_create=True),),
    names={"name": "DBClusterParameterGroupName", "family": "DBParameterGroupFamily"},
    replace=("name", "namePrefix", "family", "description"),
    outputs={"arn": "DBClusterParameterGroupArn"},
    name="name",
    tagging=TAGS,
    local=("namePrefix",),
)


def _check_snapshot(inputs: Mapping[str, Any]) -> list[Problem]:
    """As the real provider at the deletion, but before anything is created."""
    if inputs.get("skipFinalSnapshot") or inputs.get("finalSnapshotIdentifier"):
        return []
    reason = "final_snapshot_identifier is required when skip_final_snapshot is false"
    return [Problem("finalSnapshotIdentifier", f"InvalidParameterCombination: {reason}")]


def _delete_cluster(work: Work) -> None:
    given = work.inputs
    skip = bool(given.get("skipFinalSnapshot"))
    final = {} if skip else {"FinalDBSnapshotIdentifier": given["finalSnapshotIdentifier"]}
    if work.call("rds", "describe_db_clusters", DBClusterIdentifier=work.id)["DBClusters"][0].get("DeletionProtection"):
        raise AwsError(
            "InvalidParameterCombination", "Cannot delete protected Cluster, please disable deletion protection"
        )
    work.call("rds", "delete_db_cluster", DBClusterIdentifier=work.id, SkipFinalSnapshot=skip, **final)


def _answer_as_postgres(work: Work, created: bool) -> None:
    if work.stores is None:
        return
    if not created:
        work.stores.store_deleted("postgres", work.id)
        return
    given = work.inputs
    credentials = {
        name: str(given[key])
        for name, key in (("username", "masterUsername"), ("password", "masterPassword"), ("database", "databaseName"))
        if given.get(key)
    }
    reader = work.state.get("readerEndpoint")
    work.stores.store_created(
        Store(
            "postgres",
            work.id,
            str(work.state["endpoint"]),
            int(given.get("port") or 5432),
            credentials,
            more_names=(str(reader),) if reader else (),
        )
    )


_CHANGEABLE = (
    "backupRetentionPeriod",
    "copyTagsToSnapshot",
    "dbClusterParameterGroupName",
    "deletionProtection",
    "enableHttpEndpoint",
    "engineVersion",
    "iamDatabaseAuthenticationEnabled",
    "masterPassword",
    "performanceInsightsEnabled",
    "preferredBackupWindow",
    "preferredMaintenanceWindow",
    "serverlessv2ScalingConfiguration",
    "vpcSecurityGroupIds",
)


def _change_cluster(work: Work) -> None:
    """Only what changed: a call with everything would be refused for what cannot change."""
    changed = {name: work.inputs.get(name) for name in _CHANGEABLE if work.inputs.get(name) != work.old.get(name)}
    shape = work.account.operation("rds", "modify_db_cluster").input_shape
    parameters = translate(changed, shape, CLUSTER.names, ()).parameters
    work.call("rds", "modify_db_cluster", DBClusterIdentifier=work.id, ApplyImmediately=True, **parameters)


CLUSTER = Kind(
    "aws:rds/cluster:Cluster",
    create=_make("create_db_cluster", "DBCluster"),
    read=_on("describe_db_clusters", {"DBClusterIdentifier": "{id}"}, "DBClusters[0]"),
    delete=_delete_cluster,
    id="{clusterIdentifier}",
    updates=(Update(_CHANGEABLE, _change_cluster),),
    names={
        "clusterIdentifier": "DBClusterIdentifier",
        "masterPassword": "MasterUserPassword",
        "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
        "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
        "performanceInsightsEnabled": "EnablePerformanceInsights",
    },
    replace=(
        "clusterIdentifier",
        "clusterIdentifierPrefix",
        "engine",
        "engineMode",
        "databaseName",
        "masterUsername",
        "dbSubnetGroupName",
        "storageEncrypted",
        "kmsKeyId",
        "availabilityZones",
        "snapshotIdentifier",
    ),
    outputs={
        "arn": "DBClusterArn",
        "clusterResourceId": "DbClusterResourceId",
        "endpoint": "Endpoint",
        "readerEndpoint": "ReaderEndpoint",
        "engineVersionActual": "EngineVersion",
        "engineVersion": "EngineVersion",
        "hostedZoneId": "HostedZoneId",
        "port": "Port",
        "availabilityZones": "AvailabilityZones",
        "clusterMembers": "DBClusterMembers[].DBInstanceIdentifier",
        "masterUserSecrets": "[MasterUserSecret.{secretArn: SecretArn, secretStatus: SecretStatus}][?secretArn]",
    },
    name="clusterIdentifier",
    name_length=63,
    tagging=TAGS,
    local=("applyImmediately", "skipFinalSnapshot", "finalSnapshotIdentifier", "clusterIdentifierPrefix"),
    references={"vpcSecurityGroupIds": "security group", "kmsKeyId": "key"},
    checks=(_check_snapshot,),
    hook=_answer_as_postgres,
)


KINDS = (SUBNET_GROUP, PARAMETER_GROUP, CLUSTER)
