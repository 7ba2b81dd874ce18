"""The feature store on AWS: its stores are encrypted, private and kept, and its pods have roles instead of keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components._versions import AWS_ENGINES
from components.buckets.access import BucketAccess
from components.feature_store import FeatureStore, FeatureStoreArgs
from components.specs.database import AuroraDatabase
from components.specs.feature_store import (
    AthenaOfflineStore,
    ElastiCacheOnlineStore,
    FeatureStoreSpec,
)
from tests.components.aws_place import cluster_on_aws, statements
from tests.components.pods import containers, is_secret, pods, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.components.recorded import Recording, Registration

pytestmark = pytest.mark.data

SPEC = FeatureStoreSpec(
    registry=AuroraDatabase(kind="aurora"), online=ElastiCacheOnlineStore(kind="elasticache", replicas=2)
)
RIGHT = {"Sid": "ReadAndWrite", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/features/*"}


def feature_store(spec: FeatureStoreSpec = SPEC, *, disposable: bool = False) -> Recording:
    def build() -> None:
        access = BucketAccess(
            "acme-artifacts",
            "features/",
            {"AWS_REGION": "eu-north-1"},
            rights=[RIGHT],
            encryption_key_arn="arn:aws:kms:::bucket",
        )
        FeatureStore("features", FeatureStoreArgs(spec, cluster_on_aws(disposable=disposable), access, access))

    return record(build)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return feature_store()


@pytest.fixture(scope="module")
def database(recording: Recording) -> Registration:
    return recording.of_type("rds/cluster:Cluster")["features-registry"]


@pytest.fixture(scope="module")
def cache(recording: Recording) -> Registration:
    return recording.of_type("elasticache/replicationGroup:ReplicationGroup")["features-online"]


def configuration(recording: Recording) -> dict[str, Any]:
    secret = revealed(recording.named("features-feast-secret").inputs["stringData"])
    read: dict[str, Any] = json.loads(secret["feature_store.yaml"])
    return read


def test_the_database_is_encrypted_private_backed_up_and_protected(
    recording: Recording, database: Registration
) -> None:
    assert database.inputs["storageEncrypted"] is True
    assert database.inputs["kmsKeyId"] == "arn:aws:kms:::features-registry"
    assert database.inputs["backupRetentionPeriod"] >= 7
    assert database.inputs["deletionProtection"] is True
    assert database.inputs["skipFinalSnapshot"] is False
    assert database.protect
    for instance in recording.of_type("rds/clusterInstance:ClusterInstance").values():
        assert instance.inputs["publiclyAccessible"] is False
        assert instance.inputs["performanceInsightsKmsKeyId"] == "arn:aws:kms:::features-registry"


def test_the_database_takes_no_connection_without_tls_and_feast_makes_none(recording: Recording) -> None:
    (parameters,) = recording.of_type("rds/clusterParameterGroup:ClusterParameterGroup").values()
    assert parameters.inputs["family"] == f"aurora-postgresql{AWS_ENGINES['aurora-postgresql'].split('.')[0]}"
    assert {"name": "rds.force_ssl", "value": "1"} in parameters.inputs["parameters"]
    path = configuration(recording)["registry"]["path"]
    assert path.startswith("postgresql+psycopg://feast:")
    assert path.endswith("@database.example:5432/feast?sslmode=require&connect_timeout=5")


def test_the_cache_speaks_tls_has_an_own_key_and_fails_over_to_another_zone(cache: Registration) -> None:
    assert cache.inputs["engine"] == "valkey"
    for kept in (
        "atRestEncryptionEnabled",
        "transitEncryptionEnabled",
        "automaticFailoverEnabled",
        "multiAzEnabled",
    ):
        assert cache.inputs[kept] is True
    assert cache.inputs["transitEncryptionMode"] == "required"
    assert cache.inputs["kmsKeyId"] == "arn:aws:kms:::features-online"
    assert cache.inputs["numCacheClusters"] == 3
    assert cache.inputs["snapshotRetentionLimit"] == 7
    assert cache.protect


def test_the_caches_user_has_a_password_and_no_right_to_administrate(recording: Recording, cache: Registration) -> None:
    (user,) = recording.of_type("elasticache/user:User").values()
    assert is_secret(user.inputs["passwords"]) or all(is_secret(each) for each in user.inputs["passwords"])
    assert user.inputs["accessString"].endswith("-@dangerous")
    assert "+@all" not in user.inputs["accessString"]
    (group,) = recording.of_type("elasticache/userGroup:UserGroup").values()
    assert group.inputs["userIds"] == [user.inputs["userId"]]
    assert cache.inputs["userGroupIds"] == [group.inputs["userGroupId"]]


def test_a_full_cache_refuses_writes_and_drops_nothing(recording: Recording) -> None:
    (parameters,) = recording.of_type("elasticache/parameterGroup:ParameterGroup").values()
    assert parameters.inputs["parameters"] == [{"name": "maxmemory-policy", "value": "noeviction"}]


def test_feast_signs_in_to_both_stores_over_tls(recording: Recording) -> None:
    online = configuration(recording)["online_store"]["connection_string"]
    assert online.startswith("cache.example:6379,username=feast,password=")
    assert ",ssl=true," in online


def test_no_password_is_registered_in_clear(recording: Recording) -> None:
    stashes = [each for each in recording.registrations if each.type == "pulumi:index:Stash"]
    passwords = [revealed(each.inputs["input"]) for each in stashes]
    assert len(passwords) == 2
    for each in recording.registrations:
        hidden = json.dumps(each.inputs, default=str) if each not in stashes else ""
        for password in passwords:
            if password in hidden:
                assert password not in json.dumps(_clear(each.inputs), default=str), each.name


def _clear(value: Any) -> Any:
    """A value without what is secret in it."""
    if is_secret(value):
        return None
    if isinstance(value, dict):
        return {key: _clear(each) for key, each in value.items()}
    return [_clear(each) for each in value] if isinstance(value, list) else value


def test_people_find_the_databases_login_in_secrets_manager_under_an_own_key(recording: Recording) -> None:
    (secret,) = recording.of_type("secretsmanager/secret:Secret").values()
    assert secret.inputs["kmsKeyId"] == "arn:aws:kms:::features-registry"
    assert secret.inputs["recoveryWindowInDays"] == 30
    (version,) = recording.of_type("secretsmanager/secretVersion:SecretVersion").values()
    assert is_secret(version.inputs["secretString"])
    login = json.loads(revealed(version.inputs["secretString"]))
    assert set(login) == {"username", "password", "host", "port", "dbname"}


def test_stores_take_connections_from_the_clusters_nodes_alone(recording: Recording) -> None:
    rules = recording.of_type("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {name: each.inputs["fromPort"] for name, each in rules.items()} == {
        "features-registry": 5432,
        "features-online": 6379,
    }
    for each in rules.values():
        assert each.inputs["referencedSecurityGroupId"] == "sg-nodes"
        assert "cidrIpv4" not in each.inputs
    for group in recording.of_type("ec2/securityGroup:SecurityGroup").values():
        assert "ingress" not in group.inputs


def test_the_stores_logs_are_kept_and_encrypted(recording: Recording, database: Registration) -> None:
    groups = recording.of_type("cloudwatch/logGroup:LogGroup")
    assert {each.inputs["name"] for each in groups.values()} == {
        "/aws/rds/cluster/mlplatform-test-registry/postgresql",
        "/aws/elasticache/mlplatform-test-online/slow-log",
        "/aws/elasticache/mlplatform-test-online/engine-log",
    }
    for each in groups.values():
        assert each.inputs["retentionInDays"] == 400
        assert each.inputs["kmsKeyId"] == "arn:aws:kms:::log-key"
    assert "features-registry-log" in database.dependencies


def test_nothing_of_the_stores_runs_on_the_cluster(recording: Recording) -> None:
    assert not recording.of_kind("StatefulSet")
    assert set(recording.of_kind("ServiceAccount")) == {"feature-server", "feature-jobs"}


def test_feasts_pods_have_a_role_and_no_key_and_wait_for_it(recording: Recording) -> None:
    for account in ("feature-server", "feature-jobs"):
        assert statements(recording, "iam/rolePolicy:RolePolicy", f"features-{account}-policy") == {
            "ReadAndWrite": RIGHT
        }
    job = recording.named("features-apply-job")
    assert {"features-feature-server", "features-feature-jobs"} <= job.dependencies
    for _, template in pods(recording):
        for container in containers(template):
            names = {each["name"] for each in container.get("env", [])}
            assert "AWS_SHARED_CREDENTIALS_FILE" not in names
            assert "/etc/aws" not in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_the_job_waits_for_the_stores_under_their_names_on_aws(recording: Recording) -> None:
    (waiting,) = revealed(recording.named("features-apply-job").inputs["spec"])["template"]["spec"]["initContainers"]
    assert waiting["command"][-2:] == ["database.example:5432", "cache.example:6379"]


def test_a_disposable_stack_leaves_nothing_behind() -> None:
    recording = feature_store(disposable=True)
    assert not any(each.protect for each in recording.registrations)
    database = recording.of_type("rds/cluster:Cluster")["features-registry"].inputs
    assert database["skipFinalSnapshot"] is True
    assert database["deletionProtection"] is False
    assert "finalSnapshotIdentifier" not in database
    (secret,) = recording.of_type("secretsmanager/secret:Secret").values()
    assert secret.inputs["recoveryWindowInDays"] == 0


def test_athena_writes_encrypted_results_to_the_feature_stores_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    (tmp_path / "definitions.py").write_text("x = 1")
    offline = AthenaOfflineStore(kind="athena", scan_limit_gib=10)
    recording = feature_store(FeatureStoreSpec(repository=".", offline=offline))
    # Its comparison with the online store reads files.
    assert "feature-skew" not in recording.of_kind("CronJob")
    (workgroup,) = recording.of_type("athena/workgroup:Workgroup").values()
    chosen = workgroup.inputs["configuration"]
    assert chosen["enforceWorkgroupConfiguration"] is True
    assert chosen["bytesScannedCutoffPerQuery"] == 10 * 1024**3
    assert chosen["resultConfiguration"] == {
        "outputLocation": "s3://acme-artifacts/features/athena/",
        "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": "arn:aws:kms:::bucket"},
    }
    assert configuration(recording)["offline_store"] == {
        "type": "athena",
        "region": "eu-north-1",
        "data_source": "AwsDataCatalog",
        "database": "mlplatform_test_features_offline",
        "workgroup": "mlplatform-test-features-offline",
        "s3_staging_location": "s3://acme-artifacts/features/athena/",
    }
    given = statements(recording, "iam/rolePolicy:RolePolicy", "features-feature-jobs-policy")
    assert set(given) == {"ReadAndWrite", "Locate", "Ask", "Tables"}
    assert all("*" not in each["Action"] for each in given.values())
