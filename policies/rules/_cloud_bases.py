"""The AWS resources that the rules' examples start from, by Pulumi type.

Each passes, as it stands, every rule that asks neither for other resources nor for the program's options.
"""

from __future__ import annotations

from typing import Any, Final

Properties = dict[str, Any]

KEY_ARN: Final = "arn:aws:kms:eu-central-1:111122223333:key/1c5dcb5f-1d5e-4d8e-8f5b-0a1b2c3d4e5f"
_TAGS: Final = {"owner": "platform", "cost-centre": "cc-1"}
_SUBNETS: Final = ["subnet-0a", "subnet-0b"]


def allow(actions: list[str], on: list[str], **more: object) -> Properties:
    """A statement of an IAM policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": on, **more}


def policy(*statements: Properties) -> Properties:
    """An IAM policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


_EKS: Final[dict[str, tuple[str, Properties]]] = {
    "cluster": (
        "aws:eks/cluster:Cluster",
        {
            "name": "main",
            "version": "1.35",
            "deletionProtection": True,
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
            "encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY_ARN}},
            "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False, "subnetIds": _SUBNETS},
        },
    ),
    "log group": (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/aws/eks/main/cluster", "retentionInDays": 400, "kmsKeyId": KEY_ARN},
    ),
}

_STORES: Final[dict[str, tuple[str, Properties]]] = {
    "database": (
        "aws:rds/cluster:Cluster",
        {
            "engine": "aurora-postgresql",
            "storageEncrypted": True,
            "backupRetentionPeriod": 7,
            "deletionProtection": True,
        },
    ),
    "database instance": (
        "aws:rds/clusterInstance:ClusterInstance",
        {"clusterIdentifier": "features", "instanceClass": "db.serverless", "publiclyAccessible": False},
    ),
    "db": (
        "aws:rds/instance:Instance",
        {
            "engine": "postgres",
            "storageEncrypted": True,
            "backupRetentionPeriod": 7,
            "deletionProtection": True,
            "publiclyAccessible": False,
        },
    ),
    "cache": (
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {
            "engine": "valkey",
            "transitEncryptionEnabled": True,
            "atRestEncryptionEnabled": True,
            "automaticFailoverEnabled": True,
            "userGroupIds": ["features"],
        },
    ),
    "serverless cache": (
        "aws:elasticache/serverlessCache:ServerlessCache",
        {"engine": "valkey", "name": "features", "userGroupId": "features"},
    ),
    "cache cluster": ("aws:elasticache/cluster:Cluster", {"clusterId": "a", "replicationGroupId": "features"}),
    "repository": (
        "aws:ecr/repository:Repository",
        {
            "name": "mlplatform/controllers",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY_ARN}],
        },
    ),
    "key": (
        "aws:kms/key:Key",
        {
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "policy": policy(
                allow(["kms:*"], ["*"], Principal={"AWS": "arn:aws:iam::111122223333:root"}),
                allow(["kms:Decrypt"], ["*"], Principal={"Service": "logs.eu-central-1.amazonaws.com"}),
            ),
        },
    ),
    "key policy": (
        "aws:kms/keyPolicy:KeyPolicy",
        {"keyId": "a", "policy": policy(allow(["kms:*"], ["*"], Principal={"AWS": ["111122223333"]}))},
    ),
    "replica key": ("aws:kms/replicaKey:ReplicaKey", {"primaryKeyArn": KEY_ARN, "deletionWindowInDays": 30}),
}

_BUCKETS: Final[dict[str, tuple[str, Properties]]] = {
    "bucket": ("aws:s3/bucket:Bucket", {"bucket": "models", "tags": {"purpose": "models"}}),
}

CLOUD_BASES: Final[dict[str, tuple[str, Properties]]] = {**_EKS, **_STORES, **_BUCKETS}
