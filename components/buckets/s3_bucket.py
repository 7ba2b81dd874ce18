"""A bucket on Amazon S3 as the platform makes every one of them: closed, encrypted, with all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pulumi
from pulumi_aws import ec2, s3

from components.aws.identity import policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.aws.identity import Statement
    from components.aws.place import AwsAccount
    from components.specs.artifact_bucket import Evidence

    Rule: TypeAlias = s3.BucketLifecycleConfigurationRuleArgsDict

_UNFINISHED_UPLOAD_DAYS: Final = 7
_KEY_HEADER: Final = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_ALGORITHM_HEADER: Final = "s3:x-amz-server-side-encryption"


def service_cidrs(account: AwsAccount) -> pulumi.Output[Sequence[str]]:
    """The addresses of S3 in the account's region, which every way to a bucket of it ends at."""
    return ec2.get_prefix_list_output(
        name=f"com.amazonaws.{account.region}.s3",
        opts=pulumi.InvokeOutputOptions(provider=account.provider),
    ).cidr_blocks


@dataclass(frozen=True)
class BucketChoices:
    """In what one bucket differs from the others."""

    name: pulumi.Input[str]
    """Unique in the world."""
    key_arn: pulumi.Input[str] | None
    """The KMS key that encrypts it; None: S3's own, for the one kind of bucket that can have no other."""
    purpose: str
    """What it is for, as its tag says."""
    lock: Evidence | None = None
    """How long nothing in it can be changed; None: not at all."""
    region: str | None = None
    """None: the account's."""
    tags: Mapping[str, str] | None = None
    """Beside those that everything in the account has."""


class PrivateBucket:
    """A bucket that only this account's policies open, and only over TLS; it keeps what is replaced and deleted."""

    def __init__(self, name: str, choices: BucketChoices, account: AwsAccount, parent: pulumi.Resource) -> None:
        self._name, self._choices, self._account = name, choices, account
        self.resource = s3.Bucket(
            name,
            bucket=choices.name,
            object_lock_enabled=choices.lock is not None,
            # Locked objects cannot be removed before their time, nor can their bucket.
            force_destroy=account.disposable,
            region=choices.region,
            tags={"purpose": choices.purpose, **(choices.tags or {})},
            opts=account.protected(parent),
        )
        self._target: dict[str, Any] = {"bucket": self.resource.id, "region": choices.region}
        self._options = account.options(parent)
        self._closed = self._close()
        self.versioning = s3.BucketVersioning(
            f"{name}-versioning",
            versioning_configuration={"status": "Enabled"},
            **self._target,
            opts=self._options,
        )
        self._encrypt()
        if choices.lock is not None:
            self._lock(choices.lock)

    def _close(self) -> s3.BucketPublicAccessBlock:
        s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            # No access lists: policies alone decide.
            rule={"object_ownership": "BucketOwnerEnforced"},
            **self._target,
            opts=self._options,
        )
        return s3.BucketPublicAccessBlock(
            f"{self._name}-public-access",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            **self._target,
            opts=self._options,
        )

    def _encrypt(self) -> None:
        key_arn = self._choices.key_arn
        algorithm = "AES256" if key_arn is None else "aws:kms"
        s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            # With a bucket key, KMS is called once in a while instead of once an object.
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": algorithm,
                        "kms_master_key_id": key_arn,
                    },
                    "bucket_key_enabled": key_arn is not None,
                }
            ],
            **self._target,
            opts=self._options,
        )

    def _lock(self, evidence: Evidence) -> None:
        s3.BucketObjectLockConfiguration(
            f"{self._name}-lock",
            object_lock_enabled="Enabled",
            rule={"default_retention": {"mode": evidence.lock.upper(), "days": evidence.retention_days}},
            **self._target,
            opts=pulumi.ResourceOptions.merge(self._options, pulumi.ResourceOptions(depends_on=[self.versioning])),
        )

    def allow(self, statements: Sequence[Statement] = ()) -> s3.BucketPolicy:
        """Set the bucket's policy: these statements, and what is refused to everybody."""
        document = policy([*self._refusals(), *statements])
        after = pulumi.ResourceOptions(depends_on=[self._closed])  # S3 refuses two changes at once
        opts = pulumi.ResourceOptions.merge(self._options, after)
        return s3.BucketPolicy(f"{self._name}-policy", policy=document, **self._target, opts=opts)

    def expire(self, rules: Sequence[Rule] = ()) -> None:
        """Set the lifecycle: these rules, and uploads that were never finished end after a week."""
        unfinished: Rule = {
            "id": "unfinished-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_UPLOAD_DAYS},
        }
        after = pulumi.ResourceOptions(depends_on=[self.versioning])
        opts = pulumi.ResourceOptions.merge(self._options, after)
        listed = [*rules, unfinished]
        s3.BucketLifecycleConfiguration(f"{self._name}-lifecycle", rules=listed, **self._target, opts=opts)

    def log_to(self, logs: PrivateBucket, delivery: s3.BucketPolicy, folder: str) -> None:
        """Have every request written down in `folder` of another bucket, once `delivery` lets S3 write there."""
        after = pulumi.ResourceOptions(depends_on=[delivery])
        opts = pulumi.ResourceOptions.merge(self._options, after)
        s3.BucketLogging(
            f"{self._name}-logging",
            target_bucket=logs.resource.id,
            target_prefix=folder,
            **self._target,
            opts=opts,
        )

    def objects(self, prefix: str = "") -> pulumi.Output[str]:
        """The ARN of all objects whose names begin with the prefix."""
        return pulumi.Output.concat(self.resource.arn, "/", prefix, "*")

    def _refusals(self) -> list[Statement]:
        everything = {"Effect": "Deny", "Principal": "*", "Resource": [self.resource.arn, self.objects()]}
        refused: list[Statement] = [
            {**everything, "Sid": "TlsOnly", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {
                **everything,
                "Sid": "NoOldTls",
                "Action": "s3:*",
                "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
            },
        ]
        if self._choices.key_arn is None:
            return refused
        writing = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": self.objects()}
        other_key = {"Null": {_KEY_HEADER: "false"}, "StringNotEquals": {_KEY_HEADER: self._choices.key_arn}}
        other_algorithm = {"Null": {_ALGORITHM_HEADER: "false"}, "StringNotEquals": {_ALGORITHM_HEADER: "aws:kms"}}
        refused.append({**writing, "Sid": "NoOtherKey", "Condition": other_key})
        refused.append({**writing, "Sid": "NoOtherEncryption", "Condition": other_algorithm})
        return refused
