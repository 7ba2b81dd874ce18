"""What is wrong with managed stores, queues, topics, registries and logs; nothing where all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BACKUP_DAYS: Final = 7


def database_faults(cluster: Mapping[str, Any], *, disposable: bool) -> Iterator[str]:
    """What an Aurora cluster, as `DescribeDBClusters` has it, must be."""
    name = cluster["DBClusterIdentifier"]
    if not cluster.get("StorageEncrypted") or not cluster.get("KmsKeyId"):
        yield f"{name}: is not encrypted with a key of the account's own"
    if cluster.get("BackupRetentionPeriod", 0) < BACKUP_DAYS:
        yield f"{name}: keeps backups for {cluster.get('BackupRetentionPeriod', 0)} days, not for {BACKUP_DAYS}"
    if not disposable and not cluster.get("DeletionProtection"):
        yield f"{name}: is not protected from deletion"
    if not cluster.get("EnabledCloudwatchLogsExports"):
        yield f"{name}: its log stays where it is"


def instance_faults(instance: Mapping[str, Any]) -> Iterator[str]:
    """What an instance of it must be."""
    if instance.get("PubliclyAccessible"):
        yield f"{instance['DBInstanceIdentifier']}: can be reached from the internet"


def cache_faults(group: Mapping[str, Any]) -> Iterator[str]:
    """What a replication group of ElastiCache must be."""
    name = group["ReplicationGroupId"]
    wanted = {
        "TransitEncryptionEnabled": "is reached without TLS",
        "AtRestEncryptionEnabled": "is not encrypted",
    }
    for setting, wrong in wanted.items():
        if not group.get(setting):
            yield f"{name}: {wrong}"
    if not group.get("UserGroupIds") and not group.get("AuthTokenEnabled"):
        yield f"{name}: asks nobody for a password"
    if group.get("AutomaticFailover") != "enabled":
        yield f"{name}: is lost with one machine"


def repository_faults(repository: Mapping[str, Any]) -> Iterator[str]:
    """What a repository of ECR must be."""
    name = repository["repositoryName"]
    if repository.get("imageTagMutability") != "IMMUTABLE":
        yield f"{name}: a tag can come to mean another image"
    if not repository.get("imageScanningConfiguration", {}).get("scanOnPush"):
        yield f"{name}: images are not searched for known vulnerabilities"
    if repository.get("encryptionConfiguration", {}).get("encryptionType") != "KMS":
        yield f"{name}: is not encrypted with a key of the account's own"


def log_group_faults(group: Mapping[str, Any], days: int) -> Iterator[str]:
    """What a log group must be: kept for as long as the stack file says, encrypted with a key of the account's own."""
    name = group["logGroupName"]
    if group.get("retentionInDays", 0) < days:
        yield f"{name}: is kept for {group.get('retentionInDays', 'ever')} days, not for {days}"
    if not group.get("kmsKeyId"):
        yield f"{name}: is not encrypted with a key of the account's own"


def queue_faults(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """What a queue must be."""
    if not attributes.get("KmsMasterKeyId") and attributes.get("SqsManagedSseEnabled") != "true":
        yield f"{name}: is not encrypted"


def topic_faults(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """What a topic must be."""
    if not attributes.get("KmsMasterKeyId"):
        yield f"{name}: is not encrypted"


def tag_faults(name: str, tags: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    """Whether a resource says whose it is."""
    wrong = {key: tags.get(key) for key, value in wanted.items() if tags.get(key) != value}
    if wrong:
        yield f"{name}: has tags {wrong}"
