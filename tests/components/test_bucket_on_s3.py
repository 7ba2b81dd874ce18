"""The bucket on S3: closed, encrypted, with all versions; evidence that stays; a folder for each team and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs, way_there
from components.specs.artifact_bucket import Datasets, Evidence, InClusterBucketSpec, S3BucketSpec
from tests.components.aws_place import cluster_on_aws, statements
from tests.components.cloud import ACCOUNT
from tests.components.platform import NAMESPACES, cluster
from tests.components.pods import revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.data

DATASETS = Datasets(classification="confidential", legal_basis="contract", card="cards/speech")
SPEC = S3BucketSpec(kind="s3", datasets=DATASETS, replica_region="eu-west-1")
BUCKETS = {"bucket", "bucket-evidence", "bucket-access-logs", "bucket-replica"}
POLICY = "s3/bucketPolicy:BucketPolicy"


def bucket(spec: S3BucketSpec = SPEC, *, disposable: bool = False) -> Recording:
    return record(
        lambda: ArtifactBucket("bucket", ArtifactBucketArgs(spec, cluster_on_aws(disposable=disposable), NAMESPACES))
    )


@pytest.fixture(scope="module")
def recording() -> Recording:
    return bucket()


def settings(recording: Recording, kind: str) -> dict[str, dict[str, Any]]:
    """The inputs of one setting, by the bucket that it is of."""
    return {each.inputs["bucket"]: each.inputs for each in recording.of_type(f"s3/{kind}").values()}


def rights(recording: Recording, name: str) -> dict[str, dict[str, Any]]:
    return statements(recording, "iam/rolePolicy:RolePolicy", f"{name}-policy")


def test_every_bucket_is_closed_to_the_public_in_all_four_ways(recording: Recording) -> None:
    blocks = settings(recording, "bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert set(blocks) == BUCKETS
    for block in blocks.values():
        closed = {key: value for key, value in block.items() if key not in ("bucket", "region")}
        assert closed == dict.fromkeys(
            ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
        )


def test_no_bucket_knows_access_lists(recording: Recording) -> None:
    controls = settings(recording, "bucketOwnershipControls:BucketOwnershipControls")
    assert {name: each["rule"] for name, each in controls.items()} == {
        name: {"objectOwnership": "BucketOwnerEnforced"} for name in BUCKETS
    }


def test_every_bucket_keeps_versions(recording: Recording) -> None:
    versioning = settings(recording, "bucketVersioning:BucketVersioning")
    assert {name: each["versioningConfiguration"]["status"] for name, each in versioning.items()} == dict.fromkeys(
        BUCKETS, "Enabled"
    )


def test_every_bucket_is_encrypted_with_an_own_key_but_the_log_to_which_s3_could_not_deliver(
    recording: Recording,
) -> None:
    encryption = {
        name: each["rules"][0]
        for name, each in settings(
            recording, "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        ).items()
    }
    assert set(encryption) == BUCKETS
    log = encryption.pop("bucket-access-logs")
    assert log["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    for name, rule in encryption.items():
        assert rule["bucketKeyEnabled"] is True
        key = "bucket-replica" if name == "bucket-replica" else "bucket"
        assert rule["applyServerSideEncryptionByDefault"] == {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": f"arn:aws:kms:::{key}",
        }
    for made in recording.of_type("kms/key:Key").values():
        assert made.inputs["enableKeyRotation"] is True


def test_every_bucket_refuses_everybody_without_tls(recording: Recording) -> None:
    for name in BUCKETS:
        refusal = statements(recording, POLICY, f"{name}-policy")["TlsOnly"]
        assert (refusal["Effect"], refusal["Principal"], refusal["Action"]) == ("Deny", "*", "s3:*")
        assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert len(refusal["Resource"]) == 2


def test_nobody_writes_with_another_key(recording: Recording) -> None:
    refusal = statements(recording, POLICY, "bucket-policy")["NoOtherKey"]
    assert refusal["Effect"] == "Deny"
    (asked,) = refusal["Condition"]["StringNotEquals"].values()
    assert asked == "arn:aws:kms:::bucket"


def test_requests_are_written_down_where_only_s3_may_write(recording: Recording) -> None:
    logging = settings(recording, "bucketLogging:BucketLogging")
    assert {name: each["targetBucket"] for name, each in logging.items()} == {
        "bucket": "bucket-access-logs",
        "bucket-evidence": "bucket-access-logs",
    }
    delivery = statements(recording, POLICY, "bucket-access-logs-policy")["AccessLogs"]
    assert delivery["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    (keep, _) = settings(recording, "bucketLifecycleConfiguration:BucketLifecycleConfiguration")["bucket-access-logs"][
        "rules"
    ]
    assert keep["expiration"] == {"days": 400}


def test_evidence_cannot_be_changed_and_no_rule_removes_it(recording: Recording) -> None:
    (lock,) = recording.of_type("s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").values()
    assert lock.inputs["bucket"] == "bucket-evidence"
    assert lock.inputs["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 400}
    assert recording.of_type("s3/bucket:Bucket")["bucket-evidence"].inputs["objectLockEnabled"] is True
    lifecycle = settings(recording, "bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    assert [rule["id"] for rule in lifecycle["bucket-evidence"]["rules"]] == ["unfinished-uploads"]


def test_rules_of_the_stack_file_are_set_on_the_bucket_and_its_copy(recording: Recording) -> None:
    lifecycle = settings(recording, "bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    rules = {rule["id"]: rule for rule in lifecycle["bucket"]["rules"]}
    assert set(rules) == {"scratch", "checkpoints", "backups", "unfinished-uploads"}
    assert rules["scratch"]["expiration"] == {"days": 7}
    assert rules["scratch"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
    assert lifecycle["bucket-replica"]["rules"] == lifecycle["bucket"]["rules"]


def test_everything_is_copied_to_the_second_region_with_a_key_of_that_region(recording: Recording) -> None:
    (replication,) = recording.of_type("s3/bucketReplicationConfig:BucketReplicationConfig").values()
    (rule,) = replication.inputs["rules"]
    assert rule["destination"]["encryptionConfiguration"] == {"replicaKmsKeyId": "arn:aws:kms:::bucket-replica"}
    assert {"bucket-versioning", "bucket-replica-versioning"} <= replication.dependencies
    assert recording.of_type("kms/key:Key")["bucket-replica"].inputs["region"] == "eu-west-1"
    for each in recording.registrations:
        if each.type.startswith("aws:s3/") and each.inputs.get("bucket") == "bucket-replica":
            assert each.inputs["region"] == "eu-west-1"


def test_the_datasets_are_described_by_the_buckets_tags(recording: Recording) -> None:
    assert recording.of_type("s3/bucket:Bucket")["bucket"].inputs["tags"] == {
        "purpose": "artifacts",
        "classification": "confidential",
        "legal-basis": "contract",
        "dataset-card": "cards/speech",
    }


def test_a_teams_pods_have_rights_in_its_own_folder_and_nowhere_else(recording: Recording) -> None:
    for team, namespace in NAMESPACES.items():
        given = rights(recording, f"bucket-team-{team}")
        assert given["List"]["Condition"] == {"StringLike": {"s3:prefix": [f"teams/{team}/*"]}}
        assert given["ReadAndWrite"]["Resource"] == [f"arn:aws:s3:::bucket/teams/{team}/*"]
        assert set(given) == {"List", "ReadAndWrite", "Encrypt"}
        association = recording.of_type("eks/podIdentityAssociation:PodIdentityAssociation")[f"bucket-team-{team}"]
        assert association.inputs["namespace"] == namespace
        assert association.inputs["serviceAccount"] == "default"


def test_nobody_has_rights_on_evidence_or_on_the_buckets_themselves(recording: Recording) -> None:
    for name in recording.of_type("iam/rolePolicy:RolePolicy"):
        if name == "bucket-replica-policy":
            continue
        for each in rights(recording, name.removesuffix("-policy")).values():
            assert "evidence" not in str(each["Resource"])
            assert not [action for action in [each["Action"]] if action in ("s3:*", "s3:PutBucketPolicy", "*")]


def test_a_team_is_told_where_its_folder_is_and_given_no_key(recording: Recording) -> None:
    told = recording.named("bucket-team-vision-credentials")
    assert told.inputs["metadata"].items() >= {"name": "artifact-bucket", "namespace": "team-vision"}.items()
    assert revealed(told.inputs["stringData"]) == {
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "BUCKET": f"mlplatform-test-{ACCOUNT}-artifacts",
        "PREFIX": "teams/vision/",
    }


def test_names_of_buckets_are_unique_in_the_world_unless_chosen() -> None:
    chosen = bucket(S3BucketSpec(kind="s3", datasets=DATASETS, name_prefix="acme-ml"))
    names = {name: each.inputs["bucket"] for name, each in chosen.of_type("s3/bucket:Bucket").items()}
    assert names == {
        "bucket": "acme-ml-artifacts",
        "bucket-evidence": "acme-ml-evidence",
        "bucket-access-logs": "acme-ml-access-logs",
    }
    assert not chosen.of_type("s3/bucketReplicationConfig:BucketReplicationConfig")


def test_destroy_refuses_data_and_keys_unless_the_stack_is_disposable(recording: Recording) -> None:
    disposable = bucket(
        S3BucketSpec(kind="s3", datasets=DATASETS, evidence=Evidence(lock="governance")), disposable=True
    )
    for kind in ("s3/bucket:Bucket", "kms/key:Key"):
        assert all(each.protect for each in recording.of_type(kind).values())
        assert not any(each.protect for each in disposable.of_type(kind).values())
    for each in disposable.of_type("s3/bucket:Bucket").values():
        assert each.inputs["forceDestroy"] is True
    for each in recording.of_type("s3/bucket:Bucket").values():
        assert each.inputs["forceDestroy"] is False


def test_a_cluster_without_an_account_is_told_so() -> None:
    with pytest.raises(pulumi.RunError, match=r"mlplatform:artifact_bucket: asks for a service of AWS, got a cluster"):
        record(lambda: ArtifactBucket("bucket", ArtifactBucketArgs(SPEC, cluster(), NAMESPACES)))


def test_pods_are_let_through_to_s3_and_to_their_credentials() -> None:
    found: list[Any] = []

    def program() -> None:
        ways = way_there(SPEC, cluster_on_aws()).addresses
        listed = pulumi.Output.all(*(pulumi.Output.from_input(each.cidrs) for each in ways))
        listed.apply(lambda cidrs: found.extend(zip(cidrs, (each.ports for each in ways), strict=True)))

    record(program)
    assert found == [(["192.0.2.0/24", "198.51.100.0/24"], (443,)), (["169.254.170.23/32"], (80,))]


def test_pods_are_let_through_to_the_store_on_the_cluster() -> None:
    found: list[Any] = []
    record(lambda: found.append(way_there(InClusterBucketSpec(), cluster())))
    ((peer,),) = (each.peers for each in found)
    assert (peer.namespace, peer.ports) == ("artifact-store", (8333,))
