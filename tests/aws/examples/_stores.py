"""Examples of managed stores."""

from __future__ import annotations

from tests.aws.examples._example import ACCOUNT, TAGS, Example, policy

STORES = [
    Example(
        "aws:elasticache/subnetGroup:SubnetGroup",
        {"name": "caches-#", "description": "private", "subnetIds": ["$subnet", "$subnet-b"], "tags": TAGS},
        {"tags": {}},
        {"name": "other"},
    ),
    Example(
        "aws:elasticache/parameterGroup:ParameterGroup",
        {
            "name": "parameters-#",
            "family": "valkey8",
            "description": "no eviction",
            "parameters": [{"name": "maxmemory-policy", "value": "noeviction"}],
            "tags": TAGS,
        },
        {"parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]},
        {"family": "valkey7"},
        recorded=True,
    ),
    Example(
        "aws:elasticache/user:User",
        {
            "userId": "user-#",
            "userName": "feast",
            "engine": "valkey",
            "accessString": "on ~* +@read",
            "passwords": ["a-password-of-sixteen"],
            "tags": TAGS,
        },
        {"accessString": "on ~* +@read +@write"},
        {"userName": "other"},
    ),
    Example(
        "aws:elasticache/userGroup:UserGroup",
        {"userGroupId": "users-#", "engine": "valkey", "userIds": ["$user"], "tags": TAGS},
        {"tags": {"team": "speech"}},
        {"userGroupId": "other"},
        recorded=True,
    ),
    Example(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {
            "replicationGroupId": "online-#",
            "description": "newest values of features",
            "engine": "valkey",
            "engineVersion": "8.0",
            "nodeType": "cache.r7g.large",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "multiAzEnabled": True,
            "port": 6379,
            "securityGroupIds": ["$group"],
            "atRestEncryptionEnabled": True,
            "kmsKeyId": "$key.arn",
            "transitEncryptionEnabled": True,
            "transitEncryptionMode": "required",
            "snapshotRetentionLimit": 7,
            "logDeliveryConfigurations": [
                {
                    "destination": "$log-group",
                    "destinationType": "cloudwatch-logs",
                    "logFormat": "json",
                    "logType": "slow-log",
                }
            ],
            "tags": TAGS,
        },
        {"description": "newer values"},
        {"port": 6380},
    ),
    Example(
        "aws:rds/subnetGroup:SubnetGroup",
        {"name": "databases-#", "description": "private", "subnetIds": ["$subnet", "$subnet-b"], "tags": TAGS},
        {"description": "still private"},
        {"name": "other"},
    ),
    Example(
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
        {
            "name": "parameters-#",
            "family": "aurora-postgresql16",
            "description": "TLS",
            "parameters": [{"name": "rds.force_ssl", "value": "1"}],
            "tags": TAGS,
        },
        {"parameters": [{"name": "rds.force_ssl", "value": "0"}]},
        {"family": "aurora-postgresql17"},
    ),
    Example(
        "aws:rds/cluster:Cluster",
        {
            "clusterIdentifier": "registry-#",
            "engine": "aurora-postgresql",
            "engineVersion": "16.4",
            "databaseName": "feast",
            "masterUsername": "feast",
            "masterPassword": "not-so-secret",
            "serverlessv2ScalingConfiguration": {"minCapacity": 0.5, "maxCapacity": 2},
            "storageEncrypted": True,
            "kmsKeyId": "$key.arn",
            "backupRetentionPeriod": 7,
            "vpcSecurityGroupIds": ["$group"],
            "enabledCloudwatchLogsExports": ["postgresql"],
            "deletionProtection": True,
            "skipFinalSnapshot": True,
            "tags": TAGS,
        },
        {"deletionProtection": False, "backupRetentionPeriod": 14},
        {"masterUsername": "other"},
    ),
    Example(
        "aws:rds/clusterInstance:ClusterInstance",
        {
            "identifier": "registry-instance-#",
            "clusterIdentifier": "$database",
            "engine": "aurora-postgresql",
            "instanceClass": "db.serverless",
            "performanceInsightsEnabled": True,
            "tags": TAGS,
        },
        {"instanceClass": "db.r7g.large"},
        {"identifier": "other"},
    ),
    Example(
        "aws:secretsmanager/secret:Secret",
        {"name": "secret-#", "description": "a login", "kmsKeyId": "$key.arn", "recoveryWindowInDays": 7, "tags": TAGS},
        {"description": "another login", "policy": policy("secretsmanager:GetSecretValue", principal=ACCOUNT)},
        {"name": "other"},
    ),
    Example(
        "aws:secretsmanager/secretVersion:SecretVersion",
        {"secretId": "$secret.arn", "secretString": "s3cr3t"},
        replaces={"secretString": "other"},
        stays=True,
    ),
    Example(
        "aws:athena/workgroup:Workgroup",
        {
            "name": "workgroup-#",
            "configuration": {
                "enforceWorkgroupConfiguration": True,
                "resultConfiguration": {
                    "outputLocation": "s3://bucket/results/",
                    "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": "$key.arn"},
                },
            },
            "forceDestroy": True,
            "tags": TAGS,
        },
        {"description": "changed"},
        {"name": "other"},
    ),
    Example(
        "aws:glue/catalogDatabase:CatalogDatabase",
        {"name": "features_#", "description": "offline store", "tags": TAGS},
        {"description": "changed"},
        {"name": "other"},
    ),
]
