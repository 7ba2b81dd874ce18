"""The machines of Aurora clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Update
from rehearsal.aws.services.rds import TAGS

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _read_instance(work: Work) -> dict[str, Any]:
    instance: dict[str, Any] = work.call("rds", "describe_db_instances", DBInstanceIdentifier=work.id)["DBInstances"][0]
    cluster = work.call("rds", "describe_db_clusters", DBClusterIdentifier=instance["DBClusterIdentifier"])[
        "DBClusters"
    ]
    members = {each["DBInstanceIdentifier"]: each["IsClusterWriter"] for each in cluster[0]["DBClusterMembers"]}
    return {**instance, "writer": members.get(work.id)}


CLUSTER_INSTANCE = Kind(
    "aws:rds/clusterInstance:ClusterInstance",
    create=Call("rds", "create_db_instance", inputs=True, answer="DBInstance"),
    read=_read_instance,
    described=Call("rds", "describe_db_instances", answer="DBInstances[0]"),
    delete=Call("rds", "delete_db_instance", {"DBInstanceIdentifier": "{id}", "SkipFinalSnapshot": True}),
    id="{identifier}",
    updates=(
        Update(
            ("instanceClass", "promotionTier", "autoMinorVersionUpgrade", "performanceInsightsEnabled"),
            Call(
                "rds",
                "modify_db_instance",
                {
                    "DBInstanceIdentifier": "{id}",
                    "DBInstanceClass": "{instanceClass}",
                    "PromotionTier": "{promotionTier}",
                    "AutoMinorVersionUpgrade": "{autoMinorVersionUpgrade}",
                    "EnablePerformanceInsights": "{performanceInsightsEnabled}",
                    "ApplyImmediately": True,
                },
            ),
        ),
    ),
    names={
        "identifier": "DBInstanceIdentifier",
        "clusterIdentifier": "DBClusterIdentifier",
        "instanceClass": "DBInstanceClass",
        "caCertIdentifier": "CACertificateIdentifier",
        "performanceInsightsEnabled": "EnablePerformanceInsights",
    },
    replace=("identifier", "identifierPrefix", "clusterIdentifier", "engine", "availabilityZone", "dbSubnetGroupName"),
    outputs={
        "arn": "DBInstanceArn",
        "dbiResourceId": "DbiResourceId",
        "endpoint": "Endpoint.Address",
        "port": "Endpoint.Port",
        "engineVersionActual": "EngineVersion",
        "engineVersion": "EngineVersion",
        "availabilityZone": "AvailabilityZone",
        "kmsKeyId": "KmsKeyId",
        "storageEncrypted": "StorageEncrypted",
        "writer": "writer",
    },
    name="identifier",
    name_length=63,
    tagging=TAGS,
    local=("applyImmediately", "forceDestroy", "identifierPrefix"),
    references={"monitoringRoleArn": "role", "performanceInsightsKmsKeyId": "key"},
)

KINDS = (CLUSTER_INSTANCE,)
