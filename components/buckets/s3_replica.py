"""A copy of a bucket in a second region, which outlives the first one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_aws import s3

from components.aws.identity import service_role, trust
from components.aws.keys import customer_key
from components.aws.names import host
from components.buckets.s3_bucket import BucketChoices, PrivateBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_aws import kms

    from components.aws.identity import Statement
    from components.aws.place import AwsPlace
    from components.buckets.s3_bucket import Rule


@dataclass(frozen=True)
class Copy:
    """What the copy is to be."""

    name: pulumi.Input[str]
    """The bucket's name, unique in the world."""
    region: str
    """A region other than the first bucket's."""
    lifecycle: Sequence[Rule]
    """What is removed when: S3 does not copy removals that its lifecycle rules make."""


def replicate(
    name: str, source: PrivateBucket, source_key: kms.Key, copy: Copy, place: AwsPlace, parent: pulumi.Resource
) -> None:
    """Have everything that is written or deleted in `source` from now on done in a second bucket too."""
    key = customer_key(name, place, purpose="The copy of the artifacts", parent=parent, region=copy.region)
    replica = PrivateBucket(name, BucketChoices(copy.name, key.arn, "artifacts", region=copy.region), place, parent)
    replica.allow()
    replica.expire(copy.lifecycle)
    role, rights = service_role(
        name,
        place,
        trust("s3.amazonaws.com"),
        description="S3: copies the artifact bucket to a second region",
        parent=parent,
        statements=[
            *_reading(source, source_key, place.region),
            *_writing(replica, key, copy.region),
        ],
    )
    everything: s3.BucketReplicationConfigRuleArgsDict = {
        "id": "everything",
        "status": "Enabled",
        "priority": 1,
        "filter": {"prefix": ""},
        "delete_marker_replication": {"status": "Enabled"},
        "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
        "destination": {
            "bucket": replica.resource.arn,
            "encryption_configuration": {"replica_kms_key_id": key.arn},
        },
    }
    s3.BucketReplicationConfig(
        f"{name}-replication",
        bucket=source.resource.id,
        role=role.arn,
        rules=[everything],
        opts=place.options(parent, source.versioning, replica.versioning, *rights),
    )


def _reading(source: PrivateBucket, key: kms.Key, region: str) -> list[Statement]:
    versions = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    whole = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    return [
        {"Effect": "Allow", "Action": whole, "Resource": source.resource.arn},
        {"Effect": "Allow", "Action": versions, "Resource": source.objects()},
        _through_s3("kms:Decrypt", key, region),
    ]


def _writing(replica: PrivateBucket, key: kms.Key, region: str) -> list[Statement]:
    copying = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    return [
        {"Effect": "Allow", "Action": copying, "Resource": replica.objects()},
        _through_s3(["kms:Encrypt", "kms:GenerateDataKey"], key, region),
    ]


def _through_s3(actions: str | list[str], key: kms.Key, region: str) -> Statement:
    condition = {"StringEquals": {"kms:ViaService": host("s3", region)}}
    return {"Effect": "Allow", "Action": actions, "Resource": key.arn, "Condition": condition}
