"""Managed stores, queues, topics, registries and logs of the deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.store_faults import (
    cache_faults,
    database_faults,
    instance_faults,
    log_group_faults,
    queue_faults,
    repository_faults,
    topic_faults,
)

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live


def test_the_feature_registry_is_encrypted_backed_up_and_private(deployed: Deployed) -> None:
    aws, disposable = deployed.aws, deployed.cluster.disposable
    if deployed.settings.feature_store.registry.kind != "aurora":
        pytest.skip(f"{deployed.stack} has its registry on the cluster")
    clusters = [
        each
        for each in aws.all("rds", "describe_db_clusters", "DBClusters")
        if each["DBClusterIdentifier"].startswith(deployed.stem)
    ]
    assert clusters
    assert [fault for each in clusters for fault in database_faults(each, disposable=disposable)] == []
    instances = aws.all("rds", "describe_db_instances", "DBInstances")
    own = [each for each in instances if each["DBInstanceIdentifier"].startswith(deployed.stem)]
    assert own
    assert [fault for each in own for fault in instance_faults(each)] == []


def test_the_online_store_is_encrypted_asks_for_a_password_and_outlives_a_machine(deployed: Deployed) -> None:
    aws = deployed.aws
    if deployed.settings.feature_store.online.kind != "elasticache":
        pytest.skip(f"{deployed.stack} has its online store on the cluster")
    groups = aws.all("elasticache", "describe_replication_groups", "ReplicationGroups")
    own = [each for each in groups if each["ReplicationGroupId"].startswith(deployed.stem)]
    assert own
    assert [fault for each in own for fault in cache_faults(each)] == []


def test_every_log_is_encrypted_and_kept(deployed: Deployed) -> None:
    assert len(deployed.log_groups) >= 2
    days = deployed.cluster.log_retention_days
    assert [fault for group in deployed.log_groups for fault in log_group_faults(group, days)] == []


def test_the_queue_of_interruptions_is_encrypted(deployed: Deployed) -> None:
    sqs = deployed.aws.client("sqs")
    urls = sqs.list_queues(QueueNamePrefix="cluster-karpenter").get("QueueUrls", [])
    assert urls
    for url in urls:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert list(queue_faults(url, attributes)) == []


def test_alerts_are_encrypted_on_their_way(deployed: Deployed) -> None:
    topics = [each["TopicArn"] for each in deployed.aws.all("sns", "list_topics", "Topics")]
    own = [arn for arn in topics if arn.rpartition(":")[2].startswith(deployed.stem)]
    if not own and deployed.settings.monitoring.alerting.topic is None:
        pytest.skip(f"{deployed.stack} has no topic")
    assert own
    sns = deployed.aws.client("sns")
    for arn in own:
        assert list(topic_faults(arn, sns.get_topic_attributes(TopicArn=arn)["Attributes"])) == []


def test_registries_are_scanned_encrypted_and_never_rewritten(deployed: Deployed) -> None:
    if deployed.aws and deployed.settings.images.kind != "ecr":
        pytest.skip(f"{deployed.stack} has its images elsewhere")
    repositories = deployed.aws.all("ecr", "describe_repositories", "repositories")
    own = [each for each in repositories if each["repositoryName"].startswith(f"{deployed.stem}/")]
    assert own
    assert [fault for each in own for fault in repository_faults(each)] == []


def test_secrets_are_encrypted_with_the_accounts_own_key(deployed: Deployed) -> None:
    secrets = deployed.aws.all("secretsmanager", "list_secrets", "SecretList")
    own = [each for each in secrets if each["Name"].startswith(deployed.stem)]
    assert [each["Name"] for each in own if not each.get("KmsKeyId")] == []
