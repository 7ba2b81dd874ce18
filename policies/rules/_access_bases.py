"""Buckets and identities that the rules' examples start from, by Pulumi type, and IAM policies to change them with."""

from __future__ import annotations

from typing import Any, Final

Properties = dict[str, Any]

KEY_ARN: Final = "arn:aws:kms:eu-central-1:111122223333:key/1c5dcb5f-1d5e-4d8e-8f5b-0a1b2c3d4e5f"


def allow(actions: list[str], on: list[Any], **more: object) -> Properties:
    """A statement of an IAM policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": on, **more}


def policy(*statements: Properties) -> Properties:
    """An IAM policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


_TLS_ONLY: Final = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::models", "arn:aws:s3:::models/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

BUCKETS: Final[dict[str, tuple[str, Properties]]] = {
    "bucket": ("aws:s3/bucket:Bucket", {"bucket": "models", "tags": {"purpose": "models"}}),
    "public access block": (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": "models",
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    "bucket policy": ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "models", "policy": policy(_TLS_ONLY)}),
    "bucket encryption": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "models",
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}}],
        },
    ),
    "bucket versioning": (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "models", "versioningConfiguration": {"status": "Enabled"}},
    ),
    "object lock": (
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {"bucket": "models", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 184}}},
    ),
    "lifecycle": (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "models",
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "expiration": {"days": 400},
                    "noncurrentVersionExpiration": {"noncurrentDays": 400},
                }
            ],
        },
    ),
}

_READS: Final = policy(
    allow(["s3:GetObject"], ["arn:aws:s3:::models/defects/*"]),
    allow(["s3:ListBucket"], ["arn:aws:s3:::models"], Condition={"StringLike": {"s3:prefix": "defects/*"}}),
)
_POD_IDENTITY: Final = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}
_MANAGED: Final = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"

IDENTITIES: Final[dict[str, tuple[str, Properties]]] = {
    "aws role": ("aws:iam/role:Role", {"name": "serve", "assumeRolePolicy": policy(_POD_IDENTITY)}),
    "role policy": ("aws:iam/rolePolicy:RolePolicy", {"role": "serve", "policy": _READS}),
    "managed policy": ("aws:iam/policy:Policy", {"arn": "arn:aws:iam::111122223333:policy/read", "policy": _READS}),
    "user policy": ("aws:iam/userPolicy:UserPolicy", {"user": "ci", "policy": _READS}),
    "group policy": ("aws:iam/groupPolicy:GroupPolicy", {"group": "ops", "policy": _READS}),
    "role attachment": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "serve", "policyArn": "arn:aws:iam::111122223333:policy/read"},
    ),
    "user attachment": ("aws:iam/userPolicyAttachment:UserPolicyAttachment", {"user": "ci", "policyArn": _MANAGED}),
    "group attachment": (
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
        {"group": "ops", "policyArn": _MANAGED},
    ),
    "attachment": ("aws:iam/policyAttachment:PolicyAttachment", {"roles": ["serve"], "policyArn": _MANAGED}),
}
