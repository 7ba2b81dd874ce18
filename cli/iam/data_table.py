"""What buckets, managed stores, registries and what watches over them need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli.iam.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUCKET: Final = "arn:{partition}:s3:::{name}"
_CACHE: Final = ("arn:{partition}:elasticache:{region}:{account}:*:{name}",)
_CACHE_TAGS: Final = "elasticache:AddTagsToResource elasticache:RemoveTagsFromResource elasticache:ListTagsForResource"
_DATABASE: Final = ("arn:{partition}:rds:{region}:{account}:*:{name}",)
_DATABASE_TAGS: Final = "rds:AddTagsToResource rds:RemoveTagsFromResource rds:ListTagsForResource"
_DATA_KEYS: Final = "kms:CreateGrant kms:Decrypt kms:GenerateDataKey"
"""What a service does with a key of ours on the deployer's behalf."""

EMPTYING: Final = Needs(
    named="s3:ListBucketVersions s3:DeleteObject s3:DeleteObjectVersion",
    arns=(_BUCKET, f"{_BUCKET}/*"),
    name="bucket",
)
"""Of a bucket that destroy empties first."""

DATA: Final[Mapping[str, Needs]] = {
    "aws:s3/bucket:Bucket": Needs(
        # The provider reads every setting that a bucket can have, also those that other resources make.
        named="s3:CreateBucket s3:DeleteBucket s3:ListBucket s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation "
        "s3:GetBucketLogging s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy s3:GetBucketRequestPayment "
        "s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite s3:GetAccelerateConfiguration "
        "s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration "
        "s3:PutBucketTagging s3:PutBucketObjectLockConfiguration s3:TagResource s3:UntagResource "
        "s3:ListTagsForResource",
        arns=(_BUCKET,),
        name="bucket",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Needs(named="s3:GetBucketVersioning s3:PutBucketVersioning"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Needs(
        named="s3:GetEncryptionConfiguration s3:PutEncryptionConfiguration"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Needs(
        named="s3:GetBucketPublicAccessBlock s3:PutBucketPublicAccessBlock"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Needs(named="s3:GetBucketPolicy s3:PutBucketPolicy s3:DeleteBucketPolicy"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Needs(
        named="s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration"
    ),
    "aws:s3/bucketLogging:BucketLogging": Needs(named="s3:GetBucketLogging s3:PutBucketLogging"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Needs(
        named="s3:GetBucketOwnershipControls s3:PutBucketOwnershipControls"
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Needs(
        named="s3:GetBucketObjectLockConfiguration s3:PutBucketObjectLockConfiguration"
    ),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": Needs(
        named="s3:GetReplicationConfiguration s3:PutReplicationConfiguration", passed_to=("s3.amazonaws.com",)
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Needs(
        read="elasticache:DescribeCacheSubnetGroups ec2:DescribeSubnets ec2:DescribeVpcs",
        named="elasticache:CreateCacheSubnetGroup elasticache:ModifyCacheSubnetGroup "
        f"elasticache:DeleteCacheSubnetGroup {_CACHE_TAGS}",
        arns=_CACHE,
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Needs(
        read="elasticache:DescribeCacheParameterGroups elasticache:DescribeCacheParameters",
        named="elasticache:CreateCacheParameterGroup elasticache:ModifyCacheParameterGroup "
        f"elasticache:ResetCacheParameterGroup elasticache:DeleteCacheParameterGroup {_CACHE_TAGS}",
        arns=_CACHE,
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Needs(
        read="elasticache:DescribeReplicationGroups elasticache:DescribeCacheClusters",
        named="elasticache:CreateReplicationGroup elasticache:ModifyReplicationGroup "
        "elasticache:DeleteReplicationGroup elasticache:IncreaseReplicaCount elasticache:DecreaseReplicaCount "
        f"elasticache:ModifyReplicationGroupShardConfiguration elasticache:CreateSnapshot {_CACHE_TAGS}",
        arns=_CACHE,
        name="replicationGroupId",
        tagged=_DATA_KEYS,
        free="ec2:CreateNetworkInterface ec2:DeleteNetworkInterface",
        linked=("elasticache.amazonaws.com",),
    ),
    "aws:elasticache/user:User": Needs(
        read="elasticache:DescribeUsers",
        named=f"elasticache:CreateUser elasticache:ModifyUser elasticache:DeleteUser {_CACHE_TAGS}",
        arns=_CACHE,
        name="userId",
    ),
    "aws:elasticache/userGroup:UserGroup": Needs(
        read="elasticache:DescribeUserGroups",
        named=f"elasticache:CreateUserGroup elasticache:ModifyUserGroup elasticache:DeleteUserGroup {_CACHE_TAGS}",
        arns=_CACHE,
        name="userGroupId",
    ),
    "aws:rds/subnetGroup:SubnetGroup": Needs(
        read="rds:DescribeDBSubnetGroups ec2:DescribeSubnets ec2:DescribeVpcs",
        named=f"rds:CreateDBSubnetGroup rds:ModifyDBSubnetGroup rds:DeleteDBSubnetGroup {_DATABASE_TAGS}",
        arns=_DATABASE,
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": Needs(
        read="rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters",
        named="rds:CreateDBClusterParameterGroup rds:ModifyDBClusterParameterGroup rds:ResetDBClusterParameterGroup "
        f"rds:DeleteDBClusterParameterGroup {_DATABASE_TAGS}",
        arns=_DATABASE,
    ),
    "aws:rds/cluster:Cluster": Needs(
        read="rds:DescribeDBClusters rds:DescribeGlobalClusters",
        named="rds:CreateDBCluster rds:ModifyDBCluster rds:DeleteDBCluster rds:CreateDBClusterSnapshot "
        f"rds:EnableHttpEndpoint rds:DisableHttpEndpoint {_DATABASE_TAGS}",
        # The option group of an engine without options is AWS's own.
        arns=(*_DATABASE, "arn:{partition}:rds:{region}:{account}:og:default:*"),
        name="clusterIdentifier",
        tagged=_DATA_KEYS,
        linked=("rds.amazonaws.com",),
    ),
    "aws:rds/clusterInstance:ClusterInstance": Needs(
        read="rds:DescribeDBInstances",
        named=f"rds:CreateDBInstance rds:ModifyDBInstance rds:DeleteDBInstance {_DATABASE_TAGS}",
        arns=_DATABASE,
        name="identifier",
        passed_to=("monitoring.rds.amazonaws.com",),
    ),
    "aws:secretsmanager/secret:Secret": Needs(
        named="secretsmanager:CreateSecret secretsmanager:DeleteSecret secretsmanager:DescribeSecret "
        "secretsmanager:UpdateSecret secretsmanager:GetResourcePolicy secretsmanager:TagResource "
        "secretsmanager:UntagResource",
        # Secrets Manager adds six characters to every name.
        arns=("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Needs(
        named="secretsmanager:PutSecretValue secretsmanager:GetSecretValue secretsmanager:UpdateSecretVersionStage",
        tagged=_DATA_KEYS,
    ),
    "aws:ecr/repository:Repository": Needs(
        read="ecr:GetAuthorizationToken",
        named="ecr:CreateRepository ecr:DeleteRepository ecr:DescribeRepositories ecr:PutImageTagMutability "
        "ecr:PutImageScanningConfiguration ecr:TagResource ecr:UntagResource ecr:ListTagsForResource "
        # `mlplatform images push`
        "ecr:BatchCheckLayerAvailability ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload "
        "ecr:PutImage ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
        arns=("arn:{partition}:ecr:{region}:{account}:repository/{name}",),
        tagged=_DATA_KEYS,
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Needs(
        named="ecr:PutLifecyclePolicy ecr:GetLifecyclePolicy ecr:DeleteLifecyclePolicy"
    ),
    "aws:athena/workgroup:Workgroup": Needs(
        named="athena:CreateWorkGroup athena:GetWorkGroup athena:UpdateWorkGroup athena:DeleteWorkGroup "
        "athena:TagResource athena:UntagResource athena:ListTagsForResource",
        arns=("arn:{partition}:athena:{region}:{account}:workgroup/{name}",),
    ),
    "aws:glue/catalogDatabase:CatalogDatabase": Needs(
        named="glue:CreateDatabase glue:GetDatabase glue:UpdateDatabase glue:DeleteDatabase glue:GetTags "
        "glue:TagResource glue:UntagResource",
        arns=tuple(
            f"arn:{{partition}}:glue:{{region}}:{{account}}:{part}"
            for part in ("catalog", "database/{name}", "table/{name}/*", "userDefinedFunction/{name}/*")
        ),
    ),
}
