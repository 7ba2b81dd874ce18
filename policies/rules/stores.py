"""Databases and caches: encrypted, private, recoverable."""

from __future__ import annotations

from typing import Final

from policies.language import ABSENT, UNKNOWN, all_of, any_of, parameter, resource
from policies.rule import Example, Level, Rule
from policies.rules._examples import variants

_CLUSTER: Final = "aws:rds/cluster:Cluster"
_INSTANCE: Final = "aws:rds/instance:Instance"
_MEMBER: Final = "aws:rds/clusterInstance:ClusterInstance"

_private: Final = ~resource["publiclyAccessible"].is_true()
_recoverable: Final = all_of(
    resource["storageEncrypted"].is_true(),
    resource["backupRetentionPeriod"].at_least(parameter("backup_retention_days")),
    parameter("deletion_protection").is_true().implies(resource["deletionProtection"].is_true()),
)
_STORAGE: Final = (
    ("storageEncrypted", False),
    ("storageEncrypted", ABSENT),
    ("backupRetentionPeriod", 6),
    ("backupRetentionPeriod", ABSENT),
    ("deletionProtection", False),
    ("deletionProtection", ABSENT),
)

DATABASES = Rule(
    id="DATA-01",
    title="Databases are encrypted, out of reach of the internet, backed up for a week and protected from deletion",
    why="The registries of features and models are what everything else is rebuilt from; nobody can rebuild them.",
    fix="set storageEncrypted and deletionProtection true, backupRetentionPeriod to what the stack's parameters ask "
    "for (backup_retention_days), and publiclyAccessible false",
    level=Level.MANDATORY,
    conditions={_CLUSTER: _recoverable & _private, _INSTANCE: _recoverable & _private, _MEMBER: _private},
    frameworks={"AWS Security Hub": ("RDS.2", "RDS.3", "RDS.8", "RDS.11")},
    peers=("CKV_AWS_16/17/133/293",),
    good=(
        *(Example(base) for base in ("database", "db", "database instance")),
        *(Example(base, {"publiclyAccessible": ABSENT}) for base in ("database", "db", "database instance")),
        *(
            Example(base, {"deletionProtection": False}, parameters={"deletion_protection": False})
            for base in ("database", "db")
        ),
    ),
    bad=(
        *(example for base in ("database", "db") for example in variants(base, *_STORAGE)),
        *(Example(base, {"publiclyAccessible": True}) for base in ("database", "db", "database instance")),
    ),
    unknown=(
        Example("database", {"storageEncrypted": UNKNOWN}),
        Example("db", {"backupRetentionPeriod": UNKNOWN}),
        Example("database instance", {"publiclyAccessible": UNKNOWN}),
    ),
)

_GROUP: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_SERVERLESS: Final = "aws:elasticache/serverlessCache:ServerlessCache"
_SINGLE: Final = "aws:elasticache/cluster:Cluster"

CACHES = Rule(
    id="DATA-02",
    title="Caches are encrypted on the wire and at rest, ask who is there, and survive the loss of a node",
    why="The online feature store holds personal data of the present moment, and every prediction waits for it.",
    fix="set transitEncryptionEnabled, atRestEncryptionEnabled and automaticFailoverEnabled true and name userGroupIds "
    "(or an authToken); use a ReplicationGroup or ServerlessCache, not a single Cluster",
    level=Level.MANDATORY,
    conditions={
        _GROUP: all_of(
            resource["transitEncryptionEnabled"].is_true(),
            ~resource["transitEncryptionMode"].equals("preferred"),
            resource["atRestEncryptionEnabled"].is_true(),
            parameter("high_availability").is_true().implies(resource["automaticFailoverEnabled"].is_true()),
            any_of(
                resource["userGroupIds"].is_filled(),
                resource["authToken"].exists(),
                resource["authTokenWo"].exists(),
            ),
        ),
        _SERVERLESS: resource["userGroupId"].exists(),
        _SINGLE: resource["replicationGroupId"].exists(),
    },
    frameworks={"AWS Security Hub": ("ElastiCache.3", "ElastiCache.4", "ElastiCache.5", "ElastiCache.6")},
    peers=("CKV_AWS_29-31", "cdk-nag AEC3/4/6"),
    differs="A serverless cache is always encrypted and spread, so only its users are asked for. Where the parameters "
    "ask for no high availability, a group may have one node.",
    good=(
        *(Example(base) for base in ("cache", "serverless cache", "cache cluster")),
        Example("cache", {"userGroupIds": ABSENT, "authToken": "a-long-one-from-secrets-manager"}),
        Example("cache", {"userGroupIds": ABSENT, "authTokenWo": "a-long-one-from-secrets-manager"}),
        Example("cache", {"transitEncryptionMode": "required"}),
        Example("cache", {"automaticFailoverEnabled": False}, parameters={"high_availability": False}),
    ),
    bad=(
        *variants(
            "cache",
            *(
                (path, value)
                for path in ("transitEncryptionEnabled", "atRestEncryptionEnabled", "automaticFailoverEnabled")
                for value in (False, ABSENT)
            ),
            ("transitEncryptionMode", "preferred"),
            ("userGroupIds", ABSENT),
            ("userGroupIds", []),
        ),
        Example("serverless cache", {"userGroupId": ABSENT}),
        Example("cache cluster", {"replicationGroupId": ABSENT}),
    ),
    unknown=(
        Example("cache", {"transitEncryptionEnabled": UNKNOWN}),
        Example("cache", {"userGroupIds": UNKNOWN}),
        Example("serverless cache", {"userGroupId": UNKNOWN}),
    ),
)

RULES: Final = (DATABASES, CACHES)
