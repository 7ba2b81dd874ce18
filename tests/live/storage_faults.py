"""What is wrong with a bucket or a key, in one line each; nothing where all is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.reading import Aws

BLOCKS: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
"""What keeps a bucket from the public, whatever its policy says."""
EVIDENCE_DAYS: Final = 184
"""Six months: how long the EU AI Act has logs kept (Articles 19 and 26)."""


def bucket_faults(aws: Aws, bucket: str, *, own_key: bool = True) -> Iterator[str]:
    """What every bucket must be: closed, encrypted, versioned, reached over TLS alone, rid of unfinished uploads.

    ``own_key``: encrypted with a key of the account's own; S3's log can be delivered to no such bucket.
    """
    s3 = aws.client("s3")
    blocks = _setting(s3.get_public_access_block, bucket, "PublicAccessBlockConfiguration") or {}
    open_to = [block for block in BLOCKS if not blocks.get(block)]
    if open_to:
        yield f"{bucket}: public access is not blocked: {', '.join(open_to)}"
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        yield f"{bucket}: keeps no versions"
    rules = (_setting(s3.get_bucket_encryption, bucket, "ServerSideEncryptionConfiguration") or {}).get("Rules", [])
    wanted = "aws:kms" if own_key else "AES256"
    found = [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules]
    if found != [wanted]:
        yield f"{bucket}: is encrypted by {found}, not by {wanted}"
    if own_key and not any(rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") for rule in rules):
        yield f"{bucket}: is encrypted with AWS's key, not with one of the account's own"
    if not _refuses_plain_http(_setting(s3.get_bucket_policy, bucket, "Policy")):
        yield f"{bucket}: can be reached without TLS"
    controls = _setting(s3.get_bucket_ownership_controls, bucket, "OwnershipControls") or {}
    if [rule["ObjectOwnership"] for rule in controls.get("Rules", [])] != ["BucketOwnerEnforced"]:
        yield f"{bucket}: access lists count beside its policy"
    lifecycle = _setting(s3.get_bucket_lifecycle_configuration, bucket, "Rules") or []
    if not any("AbortIncompleteMultipartUpload" in rule for rule in lifecycle):
        yield f"{bucket}: uploads that are never finished stay for ever"


def lock_faults(aws: Aws, bucket: str) -> Iterator[str]:
    """What a bucket for evidence must be besides: nothing in it can be changed for half a year."""
    lock = _setting(aws.client("s3").get_object_lock_configuration, bucket, "ObjectLockConfiguration") or {}
    retention = lock.get("Rule", {}).get("DefaultRetention", {})
    days = retention.get("Days", 0) + 365 * retention.get("Years", 0)
    if lock.get("ObjectLockEnabled") != "Enabled" or days < EVIDENCE_DAYS:
        yield f"{bucket}: its objects are locked for {days} days, not for {EVIDENCE_DAYS}"


def request_log_faults(aws: Aws, bucket: str) -> Iterator[str]:
    """Whether requests to a bucket are written down."""
    if "LoggingEnabled" not in aws.client("s3").get_bucket_logging(Bucket=bucket):
        yield f"{bucket}: its requests are not written down"


def key_faults(aws: Aws, key: str) -> Iterator[str]:
    """What every key must be: in use, changed once a year, and nobody's whom the account does not name."""
    kms = aws.client("kms")
    state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield f"{key}: is {state}"
    if not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]:
        yield f"{key}: is never changed"
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow" and "*" in _principals(statement):
            yield f"{key}: anybody may use it, by statement {statement.get('Sid', '?')}"


def _setting(ask: Any, bucket: str, key: str) -> Any:
    """One setting of a bucket; None where it was never made."""
    try:
        return ask(Bucket=bucket).get(key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def _refuses_plain_http(policy: str | None) -> bool:
    statements = json.loads(policy)["Statement"] if policy else []
    return any(
        each["Effect"] == "Deny"
        and _principals(each) == ["*"]
        and each.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for each in statements
    )


def _principals(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal", [])
    found = principal.values() if isinstance(principal, dict) else [principal]
    return [name for each in found for name in ([each] if isinstance(each, str) else each)]
