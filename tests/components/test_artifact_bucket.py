"""The bucket: everybody gets the folder that is theirs, and the store's open ports are closed to the network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs
from components.specs.artifact_bucket import InClusterBucketSpec, LifecycleRule
from components.specs.storage import Storage
from tests.components.platform import NAMESPACES, cluster
from tests.components.pods import containers, is_secret, pods, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.data


def bucket(spec: InClusterBucketSpec | None = None, *, judged: bool = False) -> Recording:
    chosen = spec or InClusterBucketSpec()
    return record(lambda: ArtifactBucket("bucket", ArtifactBucketArgs(chosen, cluster(), NAMESPACES, judged=judged)))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return bucket()


def files(recording: Recording, name: str) -> dict[str, str]:
    found: dict[str, str] = revealed(recording.named(name).inputs["stringData"])
    return found


def identities(recording: Recording) -> dict[str, dict[str, Any]]:
    listed = json.loads(files(recording, "bucket-identities-secret")["s3.json"])["identities"]
    return {each["name"]: each for each in listed}


def settings(recording: Recording) -> dict[str, Any]:
    (found,) = (each for name, each in recording.of_kind("ConfigMap").items() if name.startswith("setup"))
    read: dict[str, Any] = json.loads(found.inputs["data"]["settings.json"])
    return read


def test_a_team_has_rights_in_its_own_folder_and_nowhere_else(recording: Recording) -> None:
    for team in NAMESPACES:
        for action in identities(recording)[f"team-{team}"]["actions"]:
            # The second is the bucket itself, and nothing in it.
            assert action.partition(":")[2] in {f"artifacts/teams/{team}/*", "artifact?"}


def test_judges_of_releases_read_what_all_teams_put_there_and_change_nothing(recording: Recording) -> None:
    assert "release-judges" not in identities(recording)
    judges = identities(bucket(judged=True))["release-judges"]
    assert judges["actions"] == ["Read:artifacts/teams/*", "Read:artifact?", "List:artifacts/teams/*"]


def test_only_the_administrator_may_change_the_bucket_itself(recording: Recording) -> None:
    for name, identity in identities(recording).items():
        changes = {each for each in identity["actions"] if not each.startswith(("Read:", "List:"))}
        assert name == "admin" or all(each.endswith("/*") for each in changes)


def test_every_identity_has_a_key_of_its_own(recording: Recording) -> None:
    known = identities(recording)
    stores = {"feature-store", "feature-backups", "model-registry", "registry-backups"}
    assert set(known) == {"admin", "platform", *stores, "team-vision", "team-language"}
    assert len({each["credentials"][0]["secretKey"] for each in known.values()}) == len(known)


def test_a_team_finds_its_credentials_in_its_namespace(recording: Recording) -> None:
    for team, namespace in NAMESPACES.items():
        handed = recording.named(f"bucket-team-{team}-credentials")
        assert handed.inputs["metadata"].items() >= {"name": "artifact-bucket", "namespace": namespace}.items()
        given = files(recording, handed.name)
        assert given["PREFIX"] == f"teams/{team}/"
        assert given["AWS_SECRET_ACCESS_KEY"] in given["credentials"]
        known = identities(recording)[given["AWS_ACCESS_KEY_ID"]]["credentials"][0]
        assert given["AWS_SECRET_ACCESS_KEY"] == known["secretKey"]


def test_no_key_is_registered_in_clear(recording: Recording) -> None:
    secrets = [each for each in recording.registrations if each.type == "kubernetes:core/v1:Secret"]
    assert secrets
    assert all(is_secret(each.inputs["stringData"]) for each in secrets)
    keys = [each["credentials"][0]["secretKey"] for each in identities(recording).values()]
    for each in recording.registrations:
        if each not in secrets and each.type != "pulumi:index:Stash":
            assert not any(key in json.dumps(each.inputs, default=str) for key in keys)


def test_the_processes_that_know_no_passwords_listen_on_loopback_only(recording: Recording) -> None:
    store = dict(pods(recording))["seaweedfs"]
    commands = {each["name"]: each["command"] for each in containers(store)}
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1"} <= set(commands["server"])
    assert "-ip=127.0.0.1" in commands["administration"]
    policies = recording.of_kind("NetworkPolicy")
    assert policies["default-deny"].inputs["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    open_ports = {
        port["port"]
        for policy in policies.values()
        for rule in policy.inputs["spec"].get("ingress", [])
        for port in rule["ports"]
    }
    assert open_ports == {8333, 9327}


def test_nothing_is_sent_to_the_makers_of_the_store(recording: Recording) -> None:
    (server,) = (each for each in containers(dict(pods(recording))["seaweedfs"]) if each["name"] == "server")
    assert "-master.telemetry=false" in server["command"]


def test_rules_of_the_stack_file_are_set_and_abandoned_uploads_always_end() -> None:
    spec = InClusterBucketSpec(lifecycle=(LifecycleRule(prefix="scratch/", expire_days=3),))
    assert settings(bucket(spec))["rules"] == [
        {"ID": "scratch", "Filter": {"Prefix": "scratch/"}, "Status": "Enabled", "Expiration": {"Days": 3}},
        {
            "ID": "unfinished-uploads",
            "Filter": {"Prefix": ""},
            "Status": "Enabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]


def test_a_changed_rule_makes_a_new_job_that_starts_once_the_store_is_ready() -> None:
    before, after = bucket(), bucket(InClusterBucketSpec(lifecycle=()))
    job = before.named("bucket-setup-job")
    assert "bucket-seaweedfs-statefulset" in job.dependencies
    assert "name" not in job.inputs["metadata"]
    assert revealed(job.inputs["spec"]) != revealed(after.named("bucket-setup-job").inputs["spec"])


def test_data_lies_on_a_claimed_volume_unless_the_stack_is_disposable() -> None:
    lasting = bucket(InClusterBucketSpec(storage=Storage(gib=5, storage_class="fast"))).of_kind("StatefulSet")
    (claim,) = revealed(lasting["seaweedfs"].inputs["spec"])["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    scratch = bucket(InClusterBucketSpec(storage=Storage(gib=5, ephemeral=True))).of_kind("StatefulSet")
    spec = revealed(scratch["seaweedfs"].inputs["spec"])
    assert "volumeClaimTemplates" not in spec
    assert {"name": "data", "emptyDir": {"sizeLimit": "5Gi"}} in spec["template"]["spec"]["volumes"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"lifecycle": [{"prefix": "scratch/"}]},
        {"lifecycle": [{"prefix": "scratch", "expire_days": 1}]},
        {"lifecycle": [{"prefix": "a/", "expire_days": 1}, {"prefix": "a/", "expire_days": 2}]},
        {"storage": {"gib": 1, "ephemeral": True, "storage_class": "fast"}},
        {"name": "Not A Bucket"},
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        InClusterBucketSpec.model_validate_json(json.dumps(wrong))
