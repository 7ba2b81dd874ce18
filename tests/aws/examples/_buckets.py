"""Examples of buckets."""

from __future__ import annotations

from tests.aws.examples._example import ACCOUNT, TAGS, Example, policy

BUCKETS = [
    Example(
        "aws:s3/bucket:Bucket", {"bucket": "a-bucket-#", "tags": TAGS}, {"tags": {"a": "b"}}, {"bucket": "b-bucket-#"}
    ),
    Example(
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "$bucket", "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        {"bucket": "$bucket-b"},
        stays=True,
    ),
    Example(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "$bucket",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "$key.arn"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    Example(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"bucket": "$bucket", "blockPublicAcls": True, "blockPublicPolicy": True},
        {"ignorePublicAcls": True, "restrictPublicBuckets": True},
    ),
    Example(
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "$bucket", "policy": policy("s3:GetObject", principal=ACCOUNT)},
        {"policy": policy("s3:PutObject", principal=ACCOUNT)},
    ),
    Example(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "$bucket", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    Example(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "$bucket",
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": "teams/"},
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        {"rules": [{"id": "old", "status": "Disabled", "filter": {"prefix": ""}, "expiration": {"days": 9}}]},
    ),
    Example(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {
            "bucket": "$locked-bucket",
            "objectLockEnabled": "Enabled",
            "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 184}},
        },
        {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 200}}},
        stays=True,
    ),
    Example(
        "aws:s3/bucketLogging:BucketLogging",
        {"bucket": "$bucket", "targetBucket": "$logs-policy.bucket", "targetPrefix": "log/"},
        {"targetPrefix": "access/"},
    ),
    Example(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        {
            "bucket": "$locked-bucket",
            "role": "$role.arn",
            "rules": [{"id": "all", "status": "Enabled", "destination": {"bucket": "$bucket-b.arn"}}],
        },
        {"rules": [{"id": "all", "status": "Disabled", "destination": {"bucket": "$bucket-b.arn"}}]},
    ),
]
