"""The model registry: secrets stay in files, everybody signs in, it starts in an order that works."""

from __future__ import annotations

import configparser
import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pydantic import ValidationError

from components.artifact_bucket import WayThere
from components.buckets import s3_store
from components.buckets.access import REGISTRY, REGISTRY_BACKUPS, AccessKey, BucketAccess
from components.model_registry import ModelRegistry, ModelRegistryArgs
from components.specs.database import AuroraDatabase, InClusterDatabase
from components.specs.model_registry import ModelRegistrySpec, RegistryServer
from components.team_workspace import Addresses, Peer
from tests.components.aws_place import cluster_on_aws, statements
from tests.components.platform import NAMESPACES, cluster
from tests.components.pods import containers, is_secret, pods, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.delivery

WAY = WayThere(peers=(Peer("artifact-store", (8333,)),))
RIGHT = {"Sid": "ReadAndWrite", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/registry/*"}


def model_registry(spec: ModelRegistrySpec | None = None) -> Recording:
    def build() -> ModelRegistry:
        environment = s3_store.environment("http://s3:8333")
        key = AccessKey("model-registry", pulumi.Output.secret("bucket-key"))
        spare = AccessKey("registry-backups", pulumi.Output.secret("backup-key"))
        bucket = BucketAccess("artifacts", REGISTRY, environment, key)
        backups = BucketAccess("artifacts", REGISTRY_BACKUPS, environment, spare)
        args = ModelRegistryArgs(spec or ModelRegistrySpec(), cluster(), bucket, WAY, backups, NAMESPACES)
        return ModelRegistry("registry", args)

    return record(build)


def on_aws() -> Recording:
    def build() -> ModelRegistry:
        bucket = BucketAccess("artifacts", REGISTRY, {"AWS_REGION": "eu-central-1"}, rights=[RIGHT])
        way = WayThere(addresses=(Addresses(["3.5.0.0/16"], (443,)),))
        spec = ModelRegistrySpec(database=AuroraDatabase(kind="aurora"))
        args = ModelRegistryArgs(spec, cluster_on_aws(), bucket, way, bucket, NAMESPACES)
        return ModelRegistry("registry", args)

    return record(build)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return model_registry()


def files(recording: Recording, name: str) -> dict[str, str]:
    found: dict[str, str] = revealed(recording.named(f"registry-{name}").inputs["stringData"])
    return found


def accounts(recording: Recording) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files(recording, "accounts-secret")["accounts.json"])
    return read


def server(recording: Recording) -> dict[str, Any]:
    (container,) = dict(pods(recording))["mlflow"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def ini(text: str) -> configparser.SectionProxy:
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    return parsed["mlflow"]


def test_the_server_is_given_the_password_that_the_database_has(recording: Recording) -> None:
    known = files(recording, "database-secret")["password"]
    given = files(recording, "mlflow-secret")
    url = f"postgresql+psycopg://mlflow:{known}@postgres.model-registry.svc:5432/mlflow?connect_timeout=5"
    assert f"MLFLOW_BACKEND_STORE_URI='{url}'\n" in given["environment"]
    assert ini(given["sign-in.ini"])["database_uri"] == url


def test_who_has_no_role_has_no_rights(recording: Recording) -> None:
    rules = ini(files(recording, "mlflow-secret")["sign-in.ini"])
    assert rules["default_permission"] == "NO_PERMISSIONS"
    assert rules["grant_default_workspace_access"] == "false"
    assert rules["admin_password"] == accounts(recording)["admin"]["password"]
    assert {"--app-name=basic-auth", "--enable-workspaces", "--serve-artifacts"} <= set(server(recording)["command"])


def test_every_team_has_a_password_of_its_own_and_finds_it_in_its_namespace(recording: Recording) -> None:
    passwords = accounts(recording)["teams"]
    assert len({*passwords.values(), accounts(recording)["admin"]["password"]}) == len(NAMESPACES) + 1
    for team, namespace in NAMESPACES.items():
        secret = recording.named(f"registry-team-{team}-credentials")
        address = recording.named(f"registry-team-{team}-address")
        for each in (secret, address):
            assert each.inputs["metadata"].items() >= {"name": "model-registry", "namespace": namespace}.items()
        handed = ini(files(recording, f"team-{team}-credentials")["credentials"])
        assert handed["mlflow_tracking_username"] == address.inputs["data"]["MLFLOW_WORKSPACE"] == f"team-{team}"
        assert handed["mlflow_tracking_password"] == passwords[f"team-{team}"]
        assert address.inputs["data"]["MLFLOW_TRACKING_URI"] == "http://mlflow.model-registry.svc:5000"


def test_no_password_is_registered_in_clear_or_given_to_a_pods_environment(recording: Recording) -> None:
    secrets = [each for each in recording.registrations if each.type == "kubernetes:core/v1:Secret"]
    assert all(is_secret(each.inputs["stringData"]) for each in secrets)
    known = {*accounts(recording)["teams"].values(), accounts(recording)["admin"]["password"], "bucket-key"}
    known |= {files(recording, "database-secret")["password"], "backup-key"}
    for each in recording.registrations:
        if each not in secrets and each.type != "pulumi:index:Stash":
            assert not any(password in json.dumps(each.inputs, default=str) for password in known)


def test_the_schema_is_there_before_a_server_that_refuses_any_other(recording: Recording) -> None:
    assert "registry-schema-job" in recording.named("registry-mlflow-deployment").dependencies
    (waiting,) = revealed(recording.named("registry-schema-job").inputs["spec"])["template"]["spec"]["initContainers"]
    assert waiting["command"][-1] == "postgres.model-registry.svc:5432"


def test_accounts_are_settled_when_the_server_answers_whatever_the_engine_waits_for(recording: Recording) -> None:
    job = recording.named("registry-accounts-job")
    assert "registry-mlflow-deployment" not in job.dependencies
    (waiting,) = revealed(job.inputs["spec"])["template"]["spec"]["initContainers"]
    assert waiting["command"][-1] == "mlflow.model-registry.svc:5000"


def test_files_go_to_the_registrys_folder_by_way_of_a_disk_with_room_for_them() -> None:
    recording = model_registry(ModelRegistrySpec(server=RegistryServer(scratch_gib=7)))
    assert "--artifacts-destination=s3://artifacts/registry" in server(recording)["command"]
    environment = {each["name"]: each["value"] for each in server(recording)["env"]}
    volumes = {each["name"]: each for each in dict(pods(recording))["mlflow"]["spec"]["volumes"]}
    mounts = {each["mountPath"]: each["name"] for each in server(recording)["volumeMounts"]}
    assert volumes[mounts[environment["TMPDIR"]]]["emptyDir"] == {"sizeLimit": "7Gi"}
    assert "bucket-key" in files(recording, "bucket-secret")["credentials"]


def test_requests_for_other_hosts_are_refused_but_for_those_of_the_stack_file() -> None:
    recording = model_registry(ModelRegistrySpec(server=RegistryServer(hosts=("models.example.com",))))
    (allowed,) = (each for each in server(recording)["command"] if str(each).startswith("--allowed-hosts="))
    names = allowed.partition("=")[2].split(",")
    assert {"mlflow.model-registry.svc:*", "localhost:*", "models.example.com"} <= set(names)
    assert "*" not in names


@pytest.mark.parametrize("host", ["https://models.example.com", "Models.example.com", "a b", ""])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="hosts"):
        RegistryServer(hosts=(host,))


def test_copies_of_the_server_are_spread_and_drained_one_at_a_time(recording: Recording) -> None:
    deployment = revealed(recording.of_kind("Deployment")["mlflow"].inputs["spec"])
    assert deployment["replicas"] == 2
    topologies = {each["topologyKey"] for each in deployment["template"]["spec"]["topologySpreadConstraints"]}
    assert topologies == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    assert "mlflow" in recording.of_kind("PodDisruptionBudget")
    alone = model_registry(ModelRegistrySpec(server=RegistryServer(replicas=1)))
    assert not alone.of_kind("PodDisruptionBudget")


def test_the_server_is_reached_by_teams_and_the_platform_and_reaches_database_and_bucket_alone(
    recording: Recording,
) -> None:
    policies = {name: each.inputs["spec"] for name, each in recording.of_kind("NetworkPolicy").items()}
    (rule,) = policies["mlflow-5000"]["ingress"]
    assert {"namespaceSelector": {"matchExpressions": [{"key": "mlplatform.dev/team", "operator": "Exists"}]}} in rule[
        "from"
    ]
    reached = [
        (peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"])
        for rule in policies["mlflow-egress"]["egress"]
        for peer in rule["to"]
        for port in rule["ports"]
    ]
    assert set(reached) == {("kube-system", 53), ("model-registry", 5432), ("artifact-store", 8333)}


def test_a_database_without_backups_has_none_of_their_objects(recording: Recording) -> None:
    without = model_registry(ModelRegistrySpec(database=InClusterDatabase(backup=None)))
    assert set(recording.of_kind("CronJob")) - set(without.of_kind("CronJob")) == {"registry-backup", "registry-drill"}


def test_backups_have_a_key_that_the_server_does_not_have(recording: Recording) -> None:
    assert "backup-key" in files(recording, "backups-secret")["credentials"]
    assert "backup-key" not in files(recording, "bucket-secret")["credentials"]


def test_on_aws_the_server_has_a_role_and_the_database_is_a_managed_one() -> None:
    recording = on_aws()
    assert not recording.of_kind("StatefulSet")
    assert not recording.of_kind("CronJob")
    assert statements(recording, "iam/rolePolicy:RolePolicy", "registry-mlflow-policy")["ReadAndWrite"] == RIGHT
    (association,) = recording.of_type("eks/podIdentityAssociation:PodIdentityAssociation").values()
    assert association.inputs["serviceAccount"] == "mlflow"
    assert "registry-mlflow" in recording.named("registry-mlflow-deployment").dependencies
    assert "sslmode=require" in files(recording, "mlflow-secret")["environment"]
    assert "AWS_SHARED_CREDENTIALS_FILE" not in {each["name"] for each in server(recording)["env"]}
    rules = recording.of_kind("NetworkPolicy")["mlflow-egress"].inputs["spec"]["egress"]
    assert {"ports": [{"protocol": "TCP", "port": 5432}]} in rules
    assert {"to": [{"ipBlock": {"cidr": "3.5.0.0/16"}}], "ports": [{"protocol": "TCP", "port": 443}]} in rules


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
