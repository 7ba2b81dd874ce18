"""Settings of buckets, each a resource of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work


def _setting(
    token: str,
    put: str,
    get: str,
    delete: str | None,
    names: Mapping[str, str],
    **more: Any,  # noqa: ANN401 - fields of Kind
) -> Kind:
    """One setting: put as a whole, read as a whole, deleted as a whole."""
    bucket = {"Bucket": "{bucket}"}
    return Kind(
        f"aws:s3/{token[:1].lower()}{token[1:]}:{token}",
        create=Call("s3", put, inputs=True),
        read=Call("s3", get, bucket),
        delete=Call("s3", delete, bucket) if delete else None,
        id="{bucket}",
        put=True,
        names=names,
        replace=("bucket",),
        references={"bucket": "bucket"},
        **more,
    )


VERSIONING = _setting(
    "BucketVersioning",
    "put_bucket_versioning",
    "get_bucket_versioning",
    None,
    {},
)

ENCRYPTION = _setting(
    "BucketServerSideEncryptionConfiguration",
    "put_bucket_encryption",
    "get_bucket_encryption",
    "delete_bucket_encryption",
    {"rules": "ServerSideEncryptionConfiguration.Rules"},
)

PUBLIC_ACCESS = _setting(
    "BucketPublicAccessBlock",
    "put_public_access_block",
    "get_public_access_block",
    "delete_public_access_block",
    {
        name: f"PublicAccessBlockConfiguration.{name[:1].upper()}{name[1:]}"
        for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    },
    local=("skipDestroy",),
)

POLICY = _setting(
    "BucketPolicy",
    "put_bucket_policy",
    "get_bucket_policy",
    "delete_bucket_policy",
    {},
    checks=(policy("policy", attached=True),),
)

OWNERSHIP = _setting(
    "BucketOwnershipControls",
    "put_bucket_ownership_controls",
    "get_bucket_ownership_controls",
    "delete_bucket_ownership_controls",
    {"rule": "OwnershipControls.Rules"},
)

LIFECYCLE = _setting(
    "BucketLifecycleConfiguration",
    "put_bucket_lifecycle_configuration",
    "get_bucket_lifecycle_configuration",
    "delete_bucket_lifecycle",
    {"rules": "LifecycleConfiguration.Rules"},
    local=("timeouts",),
)

OBJECT_LOCK = _setting(
    "BucketObjectLockConfiguration",
    "put_object_lock_configuration",
    "get_object_lock_configuration",
    None,
    {"objectLockEnabled": "ObjectLockConfiguration.ObjectLockEnabled", "rule": "ObjectLockConfiguration.Rule"},
)


def _put_logging(work: Work) -> dict[str, Any]:
    enabled = {"TargetBucket": work.inputs["targetBucket"], "TargetPrefix": work.inputs["targetPrefix"]}
    return work.call(
        "s3", "put_bucket_logging", Bucket=work.inputs["bucket"], BucketLoggingStatus={"LoggingEnabled": enabled}
    )


LOGGING = Kind(
    "aws:s3/bucketLogging:BucketLogging",
    create=_put_logging,
    read=Call("s3", "get_bucket_logging", {"Bucket": "{bucket}"}, answer="LoggingEnabled"),
    delete=Call("s3", "put_bucket_logging", {"Bucket": "{bucket}", "BucketLoggingStatus": {}}),
    id="{bucket}",
    put=True,
    replace=("bucket", "expectedBucketOwner"),
    references={"bucket": "bucket", "targetBucket": "bucket"},
)

REPLICATION = _setting(
    "BucketReplicationConfig",
    "put_bucket_replication",
    "get_bucket_replication",
    "delete_bucket_replication",
    {"role": "ReplicationConfiguration.Role", "rules": "ReplicationConfiguration.Rules"},
)

KINDS = (
    VERSIONING,
    ENCRYPTION,
    PUBLIC_ACCESS,
    POLICY,
    OWNERSHIP,
    LIFECYCLE,
    OBJECT_LOCK,
    LOGGING,
    REPLICATION,
)
