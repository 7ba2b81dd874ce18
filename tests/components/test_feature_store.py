"""The feature store: secrets stay in files, everything starts in an order that works, late rows are not missed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pydantic import ValidationError

from components.buckets import s3_store
from components.buckets.access import BACKUPS, AccessKey, BucketAccess
from components.feature_store import FeatureStore, FeatureStoreArgs
from components.specs.database import InClusterDatabase
from components.specs.feature_store import (
    FeatureServer,
    FeatureStoreSpec,
    InClusterOnlineStore,
    Materialisation,
    SkewCheck,
)
from components.specs.size import Size
from tests.components.platform import cluster
from tests.components.pods import containers, is_secret, pods, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.components.recorded import Recording

pytestmark = pytest.mark.data


def feature_store(spec: FeatureStoreSpec | None = None) -> Recording:
    def build() -> FeatureStore:
        key = AccessKey("feature-store", pulumi.Output.secret("bucket-key"))
        access = BucketAccess("artifacts", "features/", s3_store.environment("http://s3:8333"), key)
        spare = AccessKey("feature-backups", pulumi.Output.secret("backup-key"))
        backups = BucketAccess("artifacts", BACKUPS, s3_store.environment("http://s3:8333"), spare)
        return FeatureStore("features", FeatureStoreArgs(spec or FeatureStoreSpec(), cluster(), access, backups))

    return record(build)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return feature_store()


def files(recording: Recording, name: str) -> dict[str, str]:
    found: dict[str, str] = revealed(recording.named(f"features-{name}-secret").inputs["stringData"])
    return found


def configuration(recording: Recording) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files(recording, "feast")["feature_store.yaml"])
    return read


def command(recording: Recording, workload: str) -> list[str]:
    (container,) = dict(pods(recording))[workload]["spec"]["containers"]
    given: list[str] = container["command"]
    return given


def test_feast_is_given_the_passwords_that_the_stores_have(recording: Recording) -> None:
    feast = configuration(recording)
    assert f":{files(recording, 'registry')['password']}@postgres.feature-store.svc:5432/" in feast["registry"]["path"]
    online = files(recording, "online")
    assert f",password={online['password']}," in feast["online_store"]["connection_string"]
    assert f"requirepass {online['password']}\n" in online["valkey.conf"]


def test_no_password_is_registered_in_clear_or_given_to_a_pods_environment(recording: Recording) -> None:
    secrets = [each for each in recording.registrations if each.type == "kubernetes:core/v1:Secret"]
    assert all(is_secret(each.inputs["stringData"]) for each in secrets)
    known = {
        files(recording, "registry")["password"],
        files(recording, "online")["password"],
        "bucket-key",
        "backup-key",
    }
    for each in recording.registrations:
        if each not in secrets and each.type != "pulumi:index:Stash":
            assert not any(password in json.dumps(each.inputs, default=str) for password in known)


def test_features_are_registered_before_a_server_or_a_schedule_uses_them(recording: Recording) -> None:
    for name in ("features-feature-server-deployment", "features-materialisation-cronjob"):
        assert "features-apply-job" in recording.named(name).dependencies


def test_stores_and_job_start_together_and_the_job_waits_in_the_cluster(recording: Recording) -> None:
    job = recording.named("features-apply-job")
    assert not any(name.endswith("statefulset") for name in job.dependencies)
    (waiting,) = revealed(job.inputs["spec"])["template"]["spec"]["initContainers"]
    assert waiting["command"][-2:] == ["postgres.feature-store.svc:5432", "valkey.feature-store.svc:6379"]


def test_reads_go_on_while_features_are_filled_and_after_the_registry_restarts(recording: Recording) -> None:
    registry = configuration(recording)["registry"]
    assert registry["serve_features_while_materializing"] is True
    assert registry["sqlalchemy_config_kwargs"]["pool_pre_ping"] is True


def test_a_server_does_not_stop_after_a_thousand_requests(recording: Recording) -> None:
    assert {"--max-requests=0", "--max-requests-jitter=0"} <= set(command(recording, "feature-server"))


def test_a_full_online_store_refuses_writes_and_drops_nothing() -> None:
    size = Size(cpu_millicores=100, cpu_limit_millicores=100, memory_mib=1000)
    written = files(feature_store(FeatureStoreSpec(online=InClusterOnlineStore(size=size))), "online")["valkey.conf"]
    assert {"maxmemory 750mb", "maxmemory-policy noeviction", "appendonly yes"} <= set(written.splitlines())


def test_the_schedule_and_the_overlap_are_those_of_the_stack_file() -> None:
    spec = FeatureStoreSpec(materialisation=Materialisation(schedule="5 * * * *", overlap_hours=9, timeout_minutes=7))
    recording = feature_store(spec)
    assert "--overlap-hours=9" in command(recording, "materialisation")
    cron_job = revealed(recording.of_kind("CronJob")["materialisation"].inputs["spec"])
    assert cron_job["schedule"] == "5 * * * *"
    assert cron_job["concurrencyPolicy"] == "Forbid"
    assert cron_job["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 7 * 60


def test_the_comparison_keeps_its_report_in_the_bucket_and_tells_its_counts_to_whoever_watches_the_pod() -> None:
    recording = feature_store(FeatureStoreSpec(skew=SkewCheck(schedule="7 * * * *", sample=50)))
    given = command(recording, "feature-skew")
    assert {"--sample=50", "--result=s3://artifacts/features/checks/skew/"} <= set(given)
    assert "--message=/dev/termination-log" in given
    assert revealed(recording.of_kind("CronJob")["feature-skew"].inputs["spec"])["schedule"] == "7 * * * *"


def test_nobody_compares_where_that_is_not_wanted() -> None:
    assert "feature-skew" not in feature_store(FeatureStoreSpec(skew=None)).of_kind("CronJob")


def test_every_program_of_feasts_pods_is_mounted_where_it_is_imported_from(recording: Recording) -> None:
    (programs,) = (each for name, each in recording.of_kind("ConfigMap").items() if name.startswith("programs"))
    held = {f"controllers.{name.removesuffix('.py')}" for name in programs.inputs["data"]}
    for name in ("materialisation", "feature-skew"):
        template = dict(pods(recording))[name]
        for container in containers(template):
            module = container["command"][container["command"].index("-m") + 1]
            assert module in held, name
            assert {"name": "PYTHONPATH", "value": "/programs"} in container["env"]
            mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
            assert mounts["/programs/controllers"] == "programs"


def test_copies_of_the_server_are_spread_and_drained_one_at_a_time() -> None:
    recording = feature_store(FeatureStoreSpec(server=FeatureServer(replicas=3)))
    deployment = revealed(recording.of_kind("Deployment")["feature-server"].inputs["spec"])
    assert deployment["replicas"] == 3
    topologies = {each["topologyKey"] for each in deployment["template"]["spec"]["topologySpreadConstraints"]}
    assert topologies == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    budget = recording.of_kind("PodDisruptionBudget")["feature-server"].inputs["spec"]
    assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "feature-server"}}}


def test_a_changed_definition_makes_a_new_job_and_new_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    (tmp_path / "features").mkdir()
    seen = []
    for text in ("x = 1", "x = 2"):
        (tmp_path / "features" / "mine.py").write_text(text)
        recording = feature_store(FeatureStoreSpec(repository="features"))
        seen.append({name: revealed(recording.named(name).inputs["spec"]) for name in CHANGING})
        (definitions,) = (
            each for name, each in recording.of_kind("ConfigMap").items() if name.startswith("repository")
        )
        assert definitions.inputs["data"] == {"mine.py": text}
    assert all(seen[0][name] != seen[1][name] for name in CHANGING)


CHANGING = ("features-apply-job", "features-feature-server-deployment")


def test_a_repository_without_definitions_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    with pytest.raises(pulumi.RunError, match=r"feature_store.repository: .* got nowhere; give a directory"):
        feature_store(FeatureStoreSpec(repository="nowhere"))


@pytest.mark.parametrize("outside", ["/etc", "../other", "a/../../b"])
def test_a_repository_outside_of_the_project_is_refused(outside: str) -> None:
    with pytest.raises(ValidationError, match="outside the project"):
        FeatureStoreSpec(repository=outside)


def test_a_registry_without_backups_has_none_of_their_objects(recording: Recording) -> None:
    without = feature_store(FeatureStoreSpec(registry=InClusterDatabase(backup=None)))
    assert set(recording.of_kind("CronJob")) - set(without.of_kind("CronJob")) == {"registry-backup", "registry-drill"}
    assert "registry-backup" not in without.of_kind("ServiceAccount")


def test_backups_have_a_key_that_feast_does_not_have(recording: Recording) -> None:
    assert "backup-key" in files(recording, "backups")["credentials"]
    assert "backup-key" not in files(recording, "bucket")["credentials"]
    assert "bucket-key" not in files(recording, "backups")["credentials"]


def test_stores_are_reached_by_feast_alone_and_the_server_by_teams_and_models(recording: Recording) -> None:
    policies = {name: each.inputs["spec"] for name, each in recording.of_kind("NetworkPolicy").items()}
    for store in ("postgres-5432", "valkey-6379"):
        (rule,) = policies[store]["ingress"]
        assert rule["from"] == [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "feature-store"}}}
        ]
    (rule,) = policies["feature-server-6566"]["ingress"]
    teams = {"namespaceSelector": {"matchExpressions": [{"key": "mlplatform.dev/team", "operator": "Exists"}]}}
    assert teams in rule["from"]


def test_every_pod_is_confined_sized_and_probed(recording: Recording) -> None:
    for name, template in pods(recording):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["automountServiceAccountToken"] is False, name
        for container in containers(template):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert set(container["resources"]) == {"requests", "limits"}, name
        if spec["restartPolicy"] == "Always":
            assert all("readinessProbe" in container for container in spec["containers"]), name
