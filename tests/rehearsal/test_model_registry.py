"""A team's model in the deployed registry: its own to log, register and fetch, nobody else's, and there to stay."""

from __future__ import annotations

import base64
import configparser
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES
from tests.rehearsal.conftest import mlplatform
from tests.rehearsal.jobs import OWNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.delivery]

NAMESPACE = "model-registry"
PROGRAM = Path(__file__).with_name("tracked_training.py")
ASK = """
import base64, hashlib, json, sys, urllib.error, urllib.request
server, user, password, workspace = sys.argv[1:5]
def ask(path):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "X-MLFLOW-WORKSPACE": workspace, "Host": "mlflow.model-registry.svc"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{server}/api/2.0/{path}", headers=headers)) as answer:
            body = answer.read()
            return answer.status, hashlib.sha256(body).hexdigest(), body.decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, "", error.read().decode()
print(json.dumps([ask(path) for path in sys.argv[5:]]))
"""
READ_BUCKET = """
import hashlib, json, sys, boto3
endpoint, bucket, prefix, key, secret = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  aws_access_key_id=key, aws_secret_access_key=secret)
found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
body = lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
print(json.dumps({each["Key"][len(prefix):]: hashlib.sha256(body(each["Key"])).hexdigest() for each in found}))
"""


def pod(name: str, team: str, program: str) -> dict[str, Any]:
    """A pod of the team that finds the registry as docs/registry.md says."""
    container = {
        "name": "train",
        "image": IMAGES["mlflow"].reference,
        "command": ["python3", "-c", program],
        "envFrom": [{"configMapRef": {"name": "model-registry"}}],
        "env": [{"name": name, "value": "/scratch"} for name in ("HOME", "TMPDIR")],
        "volumeMounts": [
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "credentials", "mountPath": "/scratch/.mlflow", "readOnly": True},
        ],
        "resources": {
            "requests": {"cpu": "50m", "memory": "1Gi"},
            "limits": {"cpu": "2", "memory": "1Gi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    user = {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": f"team-{team}", "labels": OWNED},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [
                {"name": "scratch", "emptyDir": {}},
                {"name": "credentials", "secret": {"secretName": "model-registry", "defaultMode": 0o440}},
            ],
        },
    }


@pytest.fixture(scope="module")
def champion(platform: Platform) -> Iterator[dict[str, Any]]:
    """What a training of team research reports that logged, registered and fetched its model."""
    namespace, name = "team-research", "tracked-training"
    platform.kubectl("apply", "--filename=-", stdin=json.dumps(pod(name, "research", PROGRAM.read_text())))
    try:
        ended = platform.watch_for(
            f"/api/v1/namespaces/{namespace}/pods",
            lambda each: each["metadata"]["name"] == name and each["status"]["phase"] in ("Succeeded", "Failed"),
            seconds=300,
        )
        said = platform.kubectl("logs", f"--namespace={namespace}", name)
        assert ended["status"]["phase"] == "Succeeded", said
        yield json.loads(said.splitlines()[-1])
    finally:
        platform.kubectl("delete", "pod", f"--namespace={namespace}", name, "--ignore-not-found")


def ask(platform: Platform, team: str, workspace: str, *paths: str) -> list[tuple[int, str, str]]:
    """Status, digest and text of what the server answers to the team's own user about a workspace."""
    service = platform.kube.get(f"/api/v1/namespaces/{NAMESPACE}/services/mlflow")
    secret = platform.kube.get(f"/api/v1/namespaces/team-{team}/secrets/model-registry")["data"]
    handed = configparser.ConfigParser()
    handed.read_string(base64.b64decode(secret["credentials"]).decode())
    user, password = (handed["mlflow"][f"mlflow_tracking_{each}"] for each in ("username", "password"))
    server = f"http://{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"
    return [tuple(each) for each in json.loads(platform.inside(ASK, server, user, password, workspace, *paths))]


def fetched(platform: Platform, champion: dict[str, Any]) -> dict[str, str]:
    """Digests of the model's files as the server hands them to the team."""
    folder = f"mlflow-artifacts/artifacts/workspaces/team-research/{experiment(platform)}/models/{champion['model']}"
    names = sorted(champion["digests"])
    answers = ask(platform, "research", "team-research", *(f"{folder}/artifacts/{name}" for name in names))
    assert {status for status, _, _ in answers} == {200}
    return {name: digest for name, (_, digest, _) in zip(names, answers, strict=True)}


def experiment(platform: Platform) -> str:
    """The id of the training's experiment."""
    (found,) = ask(platform, "research", "team-research", "mlflow/experiments/get-by-name?experiment_name=wine")
    return str(json.loads(found[2])["experiment"]["experiment_id"])


def sql(platform: Platform, query: str) -> str:
    """What the registry's database answers."""
    psql = ("psql", "--host=127.0.0.1", "--username=mlflow", "--dbname=mlflow", "--tuples-only", "--no-align")
    command = 'PGPASSWORD="$(cat /etc/postgres/password)" exec "$0" "$@"'
    pod_name = ("exec", f"--namespace={NAMESPACE}", "postgres-0", "--", "sh", "-c", command)
    return platform.kubectl(*pod_name, *psql, f"--command={query}").strip()


def test_a_team_fetches_the_model_that_it_registered_by_its_alias(champion: dict[str, Any]) -> None:
    assert champion["predicts_the_same"] is True
    assert champion["accuracy"] > 0.9
    assert {"MLmodel", "requirements.txt"} < set(champion["digests"])


def test_what_the_server_hands_out_is_what_lies_in_the_bucket(platform: Platform, champion: dict[str, Any]) -> None:
    secrets = platform.kube.list(f"/api/v1/namespaces/{NAMESPACE}/secrets")
    (mine,) = (each for each in secrets if each["metadata"]["name"].startswith("model-registry-bucket-"))
    keys = configparser.ConfigParser()
    keys.read_string(base64.b64decode(mine["data"]["credentials"]).decode())
    store = platform.kube.get("/api/v1/namespaces/artifact-store/services/seaweedfs")["spec"]
    lying = platform.inside(
        READ_BUCKET,
        f"http://{store['clusterIP']}:{store['ports'][0]['port']}",
        platform.summary["outputs"]["artifact_bucket"]["bucket"],
        f"registry/workspaces/team-research/{experiment(platform)}/models/{champion['model']}/artifacts/",
        keys["default"]["aws_access_key_id"],
        keys["default"]["aws_secret_access_key"],
    )
    assert json.loads(lying) == champion["digests"]


def test_version_alias_and_metric_are_in_the_database(platform: Platform, champion: dict[str, Any]) -> None:
    alias = "SELECT workspace, name, alias, version FROM registered_model_aliases"
    assert sql(platform, alias) == f"team-research|wine|champion|{champion['version']}"
    run, value = sql(
        platform, "SELECT run_uuid, value FROM metrics WHERE key = 'accuracy' ORDER BY timestamp DESC LIMIT 1"
    ).split("|")
    assert (run, float(value)) == (champion["run"], champion["accuracy"])


@pytest.mark.parametrize("workspace", ["team-research", "team-search"])
def test_another_team_is_refused_the_model(platform: Platform, champion: dict[str, Any], workspace: str) -> None:
    folder = f"workspaces/team-research/{experiment(platform)}/models/{champion['model']}/artifacts/MLmodel"
    answers = ask(
        platform,
        "search",
        workspace,
        "mlflow/registered-models/alias?name=wine&alias=champion",
        "mlflow/registered-models/get?name=wine",
        f"mlflow/runs/get?run_id={champion['run']}",
        f"mlflow-artifacts/artifacts/{folder}",
        "mlflow/registered-models/search",
    )
    *refused, listed = answers
    assert all(status in (403, 404) for status, _, _ in refused), refused
    assert listed[0] == 403 or "wine" not in listed[2]


def test_a_request_without_a_password_is_refused(platform: Platform) -> None:
    service = platform.kube.get(f"/api/v1/namespaces/{NAMESPACE}/services/mlflow")["spec"]
    server = f"http://{service['clusterIP']}:{service['ports'][0]['port']}"
    (answer,) = json.loads(platform.inside(ASK, server, "team-research", "", "team-research", "mlflow/users/current"))
    assert answer[0] == 401


def test_the_model_outlives_the_servers_pod(platform: Platform, champion: dict[str, Any]) -> None:
    selector = "app.kubernetes.io/name=mlflow"
    platform.kubectl("delete", "pod", f"--namespace={NAMESPACE}", f"--selector={selector}")
    platform.watch_for(
        f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments",
        lambda found: found["status"].get("availableReplicas") == 1,
        seconds=300,
    )
    assert fetched(platform, champion) == champion["digests"]


@pytest.mark.usefixtures("champion")
def test_the_database_is_backed_up_and_its_backup_can_be_restored() -> None:
    (outcome,) = json.loads(mlplatform("drill", "--json", "--backup-first", f"--namespace={NAMESPACE}").stdout)
    assert outcome["report"]["wrong"] == []
    rows = {table["table"]: table["restored"] for table in outcome["report"]["tables"]}
    assert rows["public.registered_model_aliases"] == 1
