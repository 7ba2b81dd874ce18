"""Every check of a deployed stack can fail: shown what is wrong it says so, shown what is right it is silent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from moto import mock_aws

from components.specs.cluster import EksClusterSpec
from tests.live import cluster_faults, storage_faults, store_faults
from tests.live.reading import Aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION: Final = "eu-north-1"
BUCKET: Final = "mlplatform-test-artifacts"
SPEC: Final = EksClusterSpec.model_validate(
    {
        "kind": "eks",
        "region": REGION,
        "kubernetes_version": "1.35",
        "tags": {"owner": "o", "cost_centre": "c", "environment": "e"},
        "access": {"admins": ["deployer"]},
    }
)
CLUSTER: Final[dict[str, Any]] = {
    "status": "ACTIVE",
    "version": "1.35",
    "logging": {"clusterLogging": [{"types": sorted(cluster_faults.LOGS), "enabled": True}]},
    "encryptionConfig": [{"resources": ["secrets"]}],
    "resourcesVpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False},
}
GROUP: Final = {"nodegroupName": "n", "status": "ACTIVE", "subnets": ["subnet-1"]}
TEMPLATE: Final = {
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}],
}
WALL: Final = {"GroupName": "g", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": []}
EVERYBODY: Final = {"FromPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
DATABASE: Final = {
    "DBClusterIdentifier": "d",
    "StorageEncrypted": True,
    "KmsKeyId": "k",
    "BackupRetentionPeriod": 7,
    "DeletionProtection": True,
    "EnabledCloudwatchLogsExports": ["postgresql"],
}
CACHE: Final = {
    "ReplicationGroupId": "c",
    "TransitEncryptionEnabled": True,
    "AtRestEncryptionEnabled": True,
    "UserGroupIds": ["u"],
    "AutomaticFailover": "enabled",
}
REPOSITORY: Final = {
    "repositoryName": "r",
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS"},
}
LOG_GROUP: Final = {"logGroupName": "l", "retentionInDays": 365, "kmsKeyId": "k"}

CHECKS: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "cluster": (lambda thing: cluster_faults.cluster_faults(thing, SPEC), CLUSTER),
    "entries": (cluster_faults.entry_faults, {"accessConfig": {"authenticationMode": "API"}}),
    "deletion": (cluster_faults.deletion_faults, {"deletionProtection": True}),
    "node group": (lambda thing: cluster_faults.node_group_faults(thing, {"subnet-2"}), GROUP),
    "launch template": (lambda thing: cluster_faults.launch_template_faults("t", thing), TEMPLATE),
    "security group": (cluster_faults.security_group_faults, WALL),
    "default group": (cluster_faults.default_group_faults, WALL),
    "quota": (lambda thing: cluster_faults.quota_faults(thing["have"], 96, "vCPUs"), {"have": 96}),
    "database": (lambda thing: store_faults.database_faults(thing, disposable=False), DATABASE),
    "instance": (store_faults.instance_faults, {"DBInstanceIdentifier": "i", "PubliclyAccessible": False}),
    "cache": (store_faults.cache_faults, CACHE),
    "repository": (store_faults.repository_faults, REPOSITORY),
    "log group": (lambda thing: store_faults.log_group_faults(thing, 365), LOG_GROUP),
    "queue": (lambda thing: store_faults.queue_faults("q", thing), {"SqsManagedSseEnabled": "true"}),
    "topic": (lambda thing: store_faults.topic_faults("t", thing), {"KmsMasterKeyId": "k"}),
    "tags": (lambda thing: store_faults.tag_faults("x", thing, {"owner": "o"}), {"owner": "o", "more": "m"}),
}
WRONG: Final = [
    ("cluster", {"status": "FAILED"}, "the cluster is FAILED"),
    ("cluster", {"version": "1.34"}, "Kubernetes is 1.34, not 1.35"),
    ("cluster", {"logging": {"clusterLogging": [{"types": ["api"], "enabled": True}]}}, "does not write down audit"),
    ("cluster", {"logging": {"clusterLogging": [{"types": ["api"], "enabled": False}]}}, "does not write down api"),
    ("cluster", {"encryptionConfig": None}, "Secrets are not encrypted"),
    ("entries", {"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}}, "not decided by access entries"),
    ("deletion", {"deletionProtection": False}, "not protected from deletion"),
    ("cluster", {"resourcesVpcConfig": {"endpointPrivateAccess": False}}, "over the internet"),
    (
        "cluster",
        {
            "resourcesVpcConfig": {
                "endpointPrivateAccess": True,
                "endpointPublicAccess": True,
                "publicAccessCidrs": ["0.0.0.0/0"],
            }
        },
        "the API server is open to ['0.0.0.0/0']",
    ),
    ("node group", {"status": "DEGRADED"}, "is DEGRADED"),
    ("node group", {"subnets": ["subnet-2"]}, "in public subnets"),
    ("node group", {"remoteAccess": {"ec2SshKey": "k"}}, "entered by SSH"),
    ("launch template", {"MetadataOptions": {"HttpTokens": "optional"}}, "IMDSv1"),
    (
        "launch template",
        {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}},
        "pods reach the machine's metadata",
    ),
    ("launch template", {"BlockDeviceMappings": [{"DeviceName": "d", "Ebs": {}}]}, "disk d is not encrypted"),
    ("launch template", {"KeyName": "k"}, "has a key for SSH"),
    ("security group", {"IpPermissions": [EVERYBODY]}, "lets in everybody, on port 22"),
    ("security group", {"IpPermissions": [{"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]}, "lets in everybody, on port any"),
    ("default group", {"IpPermissionsEgress": [EVERYBODY]}, "default security group of vpc-1 has rules"),
    ("quota", {"have": 64}, "may have 64, the stack needs 96"),
    ("database", {"StorageEncrypted": False}, "not encrypted"),
    ("database", {"KmsKeyId": None}, "not encrypted"),
    ("database", {"BackupRetentionPeriod": 1}, "keeps backups for 1 days, not for 7"),
    ("database", {"DeletionProtection": False}, "not protected from deletion"),
    ("database", {"EnabledCloudwatchLogsExports": []}, "its log stays"),
    ("instance", {"PubliclyAccessible": True}, "from the internet"),
    ("cache", {"TransitEncryptionEnabled": False}, "without TLS"),
    ("cache", {"AtRestEncryptionEnabled": False}, "not encrypted"),
    ("cache", {"UserGroupIds": []}, "asks nobody for a password"),
    ("cache", {"AutomaticFailover": "disabled"}, "lost with one machine"),
    ("repository", {"imageTagMutability": "MUTABLE"}, "come to mean another image"),
    ("repository", {"imageScanningConfiguration": {"scanOnPush": False}}, "not searched"),
    ("repository", {"encryptionConfiguration": {"encryptionType": "AES256"}}, "not encrypted"),
    ("log group", {"retentionInDays": 30}, "kept for 30 days, not for 365"),
    ("log group", {"kmsKeyId": None}, "not encrypted"),
    ("queue", {"SqsManagedSseEnabled": "false"}, "not encrypted"),
    ("topic", {"KmsMasterKeyId": ""}, "not encrypted"),
    ("tags", {"owner": "somebody"}, "has tags {'owner': 'somebody'}"),
]


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_right_has_no_fault(check: str) -> None:
    find, right = CHECKS[check]
    assert list(find(right)) == []


@pytest.mark.parametrize(("check", "change", "said"), WRONG, ids=lambda part: str(part)[:40])
def test_what_is_wrong_has_one_fault(check: str, change: dict[str, Any], said: str) -> None:
    find, right = CHECKS[check]
    (fault,) = find({**right, **change})
    assert said in fault


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    with mock_aws():
        yield Aws(REGION)


@pytest.fixture
def bucket(aws: Aws) -> Any:
    """A bucket as it should be; the client may change it."""
    s3 = boto3.client("s3", region_name=aws.region)
    s3.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": aws.region},
        ObjectLockEnabledForBucket=True,
        ObjectOwnership="BucketOwnerEnforced",
    )
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(storage_faults.BLOCKS, True))
    encrypt(s3, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"})
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [{**tls, "Condition": condition}]}))
    rule = {"ID": "u", "Status": "Enabled", "Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    lock(s3, 184)
    return s3


def encrypt(s3: Any, default: dict[str, str]) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})


def lock(s3: Any, days: int) -> None:
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": days}}
    s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )


def test_a_bucket_that_is_as_it_should_be_has_no_fault(aws: Aws, bucket: Any) -> None:
    assert list(storage_faults.bucket_faults(aws, BUCKET)) == []
    assert list(storage_faults.lock_faults(aws, BUCKET)) == []
    assert bucket


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s3: s3.delete_public_access_block(Bucket=BUCKET), "public access is not blocked: BlockPublicAcls"),
        (lambda s3: encrypt(s3, {"SSEAlgorithm": "AES256"}), "is encrypted by ['AES256'], not by aws:kms"),
        (lambda s3: encrypt(s3, {"SSEAlgorithm": "aws:kms"}), "is encrypted with AWS's key"),
        (lambda s3: s3.delete_bucket_policy(Bucket=BUCKET), "can be reached without TLS"),
        (lambda s3: s3.delete_bucket_ownership_controls(Bucket=BUCKET), "access lists count"),
        (lambda s3: s3.delete_bucket_lifecycle(Bucket=BUCKET), "uploads that are never finished"),
        (
            lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
            "keeps no versions",
        ),
    ],
)
def test_a_bucket_that_is_not_has_a_fault(aws: Aws, bucket: Any, spoil: Callable[[Any], object], said: str) -> None:
    spoil(bucket)
    assert any(said in fault for fault in storage_faults.bucket_faults(aws, BUCKET))


def test_a_lock_that_is_too_short_and_requests_that_nobody_writes_down_are_faults(aws: Aws, bucket: Any) -> None:
    lock(bucket, 30)
    assert [*storage_faults.lock_faults(aws, BUCKET), *storage_faults.request_log_faults(aws, BUCKET)] == [
        f"{BUCKET}: its objects are locked for 30 days, not for 184",
        f"{BUCKET}: its requests are not written down",
    ]


def test_a_key_is_judged_by_its_state_its_rotation_and_its_policy(aws: Aws) -> None:
    kms = boto3.client("kms", region_name=aws.region)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    assert list(storage_faults.key_faults(aws, key)) == []
    kms.disable_key_rotation(KeyId=key)
    anybody = {"Sid": "S", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Statement": [anybody]}))
    kms.disable_key(KeyId=key)
    assert list(storage_faults.key_faults(aws, key)) == [
        f"{key}: is Disabled",
        f"{key}: is never changed",
        f"{key}: anybody may use it, by statement S",
    ]
