"""The artifact bucket on Amazon S3, the bucket for evidence, and the log of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from components.aws.identity import pod_identity
from components.aws.keys import customer_key
from components.aws.names import host, stem
from components.buckets.access import BACKUPS, REGISTRY, REGISTRY_BACKUPS, Bucket, BucketAccess
from components.buckets.s3_bucket import BucketChoices, PrivateBucket
from components.buckets.s3_replica import Copy, replicate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.aws.identity import Statement
    from components.aws.place import AwsPlace
    from components.buckets.s3_bucket import Rule
    from components.specs.artifact_bucket import LifecycleRule, S3BucketSpec

_READ: Final = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"]
_WRITE: Final = [
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
_TEAM_ACCOUNT: Final = "default"
_OLDEST_VERSION_DAYS: Final = 1


class BucketOnS3:
    """A team's pods read and write `teams/<team>/` by the role of their service account and are refused elsewhere."""

    def __init__(self, name: str, spec: S3BucketSpec, place: AwsPlace, parent: pulumi.Resource) -> None:
        self._name, self._spec, self._place, self._parent = name, spec, place, parent
        self._key = customer_key(name, place, purpose="Artifacts, evidence and their versions", parent=parent)
        self._bucket = self._artifacts()
        self._evidence = self._evidence_bucket()
        rules = [_rule(each) for each in spec.lifecycle]
        self._bucket.expire(rules)
        self._evidence.expire()
        for each in (self._bucket, self._evidence):
            each.allow()
        self._write_down_requests()
        if spec.replica_region is not None:
            copy = Copy(self._bucket_name("replica"), spec.replica_region, rules)
            replicate(f"{name}-replica", self._bucket, self._key, copy, place, parent)

    def bucket(self, namespaces: Mapping[str, pulumi.Input[str]]) -> Bucket:
        """The bucket as others use it; pods of the teams' namespaces have their roles."""
        teams = {team: self._access([f"teams/{team}/"]) for team in namespaces}
        for team, access in teams.items():
            pod_identity(
                f"{self._name}-team-{team}",
                self._place,
                namespace=namespaces[team],
                service_account=_TEAM_ACCOUNT,
                statements=access.rights,
                description=f"Pods of team {team}: its folder of the artifact bucket",
                parent=self._parent,
            )
        name = self._bucket.resource.bucket
        endpoint = name.apply(lambda _: f"https://{host('s3', self._place.region)}")
        evidence = self._evidence.resource.bucket
        return Bucket(
            endpoint=endpoint,
            name=name,
            features=self._access(["features/"]),
            backups=self._access([BACKUPS]),
            registry=self._access([REGISTRY]),
            registry_backups=self._access([REGISTRY_BACKUPS]),
            teams=teams,
            models=self.models,
            evidence=evidence,
        )

    def models(self, _team: str, folders: Sequence[str]) -> BucketAccess:
        """Access of model servers, who read these folders and nothing else."""
        return self._access(folders, write=False)

    def _access(self, folders: Sequence[str], *, write: bool = True) -> BucketAccess:
        region = {"AWS_REGION": self._place.region, "AWS_DEFAULT_REGION": self._place.region}
        return BucketAccess(
            self._bucket.resource.bucket,
            folders[0],
            region,
            rights=self._rights(folders, write),
            encryption_key_arn=self._key.arn,
        )

    def _rights(self, folders: Sequence[str], write: bool) -> list[Statement]:
        return [
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": self._bucket.resource.arn,
                "Condition": {"StringLike": {"s3:prefix": [f"{folder}*" for folder in folders]}},
            },
            {
                "Sid": "ReadAndWrite" if write else "Read",
                "Effect": "Allow",
                "Action": [*_READ, *_WRITE] if write else _READ,
                "Resource": [self._bucket.objects(folder) for folder in folders],
            },
            {
                "Sid": "Encrypt",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"] if write else "kms:Decrypt",
                "Resource": self._key.arn,
                "Condition": {"StringEquals": {"kms:ViaService": host("s3", self._place.region)}},
            },
        ]

    def _bucket_name(self, purpose: str) -> pulumi.Input[str]:
        if self._spec.name_prefix is not None:
            return f"{self._spec.name_prefix}-{purpose}"
        return pulumi.Output.concat(stem(), "-", self._place.account_id, f"-{purpose}")

    def _artifacts(self) -> PrivateBucket:
        datasets = self._spec.datasets
        tags = {
            "classification": datasets.classification,
            "legal-basis": datasets.legal_basis,
            "dataset-card": datasets.card,
        }
        choices = BucketChoices(self._bucket_name("artifacts"), self._key.arn, "artifacts", tags=tags)
        return PrivateBucket(self._name, choices, self._place, self._parent)

    def _evidence_bucket(self) -> PrivateBucket:
        choices = BucketChoices(self._bucket_name("evidence"), self._key.arn, "evidence", lock=self._spec.evidence)
        return PrivateBucket(f"{self._name}-evidence", choices, self._place, self._parent)

    def _write_down_requests(self) -> None:
        """S3 delivers its log to no bucket whose default is a KMS key, and to none with Object Lock."""
        choices = BucketChoices(self._bucket_name("access-logs"), key_arn=None, purpose="access-logs")
        logs = PrivateBucket(f"{self._name}-access-logs", choices, self._place, self._parent)
        logs.expire([_keep_days(self._place.log_retention_days)])
        delivery = {
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": logs.objects(),
            "Condition": {
                "ArnLike": {"aws:SourceArn": [self._bucket.resource.arn, self._evidence.resource.arn]},
                "StringEquals": {"aws:SourceAccount": self._place.account_id},
            },
        }
        delivered = logs.allow([delivery])
        self._bucket.log_to(logs, delivered, "artifacts/")
        self._evidence.log_to(logs, delivered, "evidence/")


def _rule(rule: LifecycleRule) -> Rule:
    made: Rule = {"id": rule.prefix.strip("/"), "status": "Enabled", "filter": {"prefix": rule.prefix}}
    if rule.expire_days is not None:
        made["expiration"] = {"days": rule.expire_days}
    if rule.expire_noncurrent_days is not None:
        made["noncurrent_version_expiration"] = {"noncurrent_days": rule.expire_noncurrent_days}
    return made


def _keep_days(days: int) -> Rule:
    return {
        "id": "keep",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": days},
        "noncurrent_version_expiration": {"noncurrent_days": _OLDEST_VERSION_DAYS},
    }
