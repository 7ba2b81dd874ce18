"""Objects and features, written and read through the stores that the components deployed."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.conftest import mlplatform

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.data]

PUT_AND_GET = """
import json, sys, boto3
from botocore.exceptions import ClientError
access = json.loads(sys.argv[1])
s3 = boto3.client(
    "s3", endpoint_url=access["endpoint"], region_name="us-east-1",
    aws_access_key_id=access["key"], aws_secret_access_key=access["secret"],
)
def attempt(key):
    try:
        s3.put_object(Bucket=access["bucket"], Key=key, Body=b"weights")
        return s3.get_object(Bucket=access["bucket"], Key=key)["Body"].read().decode()
    except ClientError as error:
        return error.response["Error"]["Code"]
print(json.dumps({key: attempt(key) for key in sys.argv[2:]}))
"""


def attempts(platform: Platform, team: str, *keys: str) -> dict[str, str]:
    """What putting and getting each key yields with the team's credentials: the content, or S3's error code."""
    namespace, name = platform.summary["outputs"]["artifact_bucket"]["team_secrets"][team].split("/")
    secret = platform.kube.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")["data"]
    values = {key: base64.b64decode(value).decode() for key, value in secret.items()}
    service = platform.kube.get("/api/v1/namespaces/artifact-store/services/seaweedfs")
    access = {
        "endpoint": f"http://{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}",
        "bucket": platform.summary["outputs"]["artifact_bucket"]["bucket"],
        "key": values["AWS_ACCESS_KEY_ID"],
        "secret": values["AWS_SECRET_ACCESS_KEY"],
    }
    found: dict[str, str] = json.loads(platform.inside(PUT_AND_GET, json.dumps(access), *keys))
    return found


def test_a_team_puts_and_gets_in_its_folder_and_is_refused_elsewhere(platform: Platform) -> None:
    assert attempts(platform, "research", "teams/research/model.bin", "teams/search/model.bin", "features/x") == {
        "teams/research/model.bin": "weights",
        "teams/search/model.bin": "AccessDenied",
        "features/x": "AccessDenied",
    }


def test_a_pushed_feature_is_read_online(platform: Platform) -> None:
    read = platform.inside(
        """
        import json, sys, urllib.request
        from datetime import datetime, timezone
        def post(path, body):
            request = urllib.request.Request(
                sys.argv[1] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            return json.loads(urllib.request.urlopen(request, timeout=30).read() or "null")
        now = datetime.now(timezone.utc).isoformat()
        post("/push", {
            "push_source_name": "driver_activity_events", "to": "online",
            "df": {"driver_id": [7], "trips_today": [31], "conversion_rate": [0.25],
                   "event_timestamp": [now], "created": [now]},
        })
        print(json.dumps(post("/get-online-features", {
            "features": ["driver_activity:trips_today"], "entities": {"driver_id": [7]},
        })))
        """,
        endpoint(platform),
    )
    assert [each["values"] for each in json.loads(read)["results"][1:]] == [[31]]


def endpoint(platform: Platform) -> str:
    """The feature server's address by its cluster IP: this machine does not ask the cluster's DNS."""
    service = platform.kube.get("/api/v1/namespaces/feature-store/services/feature-server")
    return f"http://{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"


def test_the_materialisation_job_runs_to_its_end(platform: Platform) -> None:
    platform.kubectl("create", "job", "materialise-now", "--namespace=feature-store", "--from=cronjob/materialisation")
    try:
        platform.wait_for("feature-store", "job/materialise-now", "condition=Complete", seconds=180)
    finally:
        platform.kubectl("delete", "job", "materialise-now", "--namespace=feature-store")


NEWEST_BACKUP = """
import configparser, io, json, sys, boto3
access = json.loads(sys.argv[1])
file = configparser.ConfigParser()
file.read_string(access["credentials"])
s3 = boto3.client("s3", endpoint_url=access["endpoint"], region_name="us-east-1", **file["default"])
found = s3.list_objects_v2(Bucket=access["bucket"], Prefix="backups/feature-store/registry/")["Contents"]
key = max(each["Key"] for each in found if each["Key"].endswith("/dump.sql.gz"))
"""
FLIP_A_BYTE = """
dump = bytearray(s3.get_object(Bucket=access["bucket"], Key=key)["Body"].read())
dump[len(dump) // 2] ^= 1
s3.put_object(Bucket=access["bucket"], Key=key, Body=bytes(dump))
print(key.split("/")[3])
"""


def drill(*options: str) -> tuple[int, dict[str, Any]]:
    """How the command ends that a user would type, and what it reports of each namespace's database."""
    done = mlplatform("drill", "--json", *options, check=False)
    assert done.stdout, done.stderr
    return done.returncode, {each["namespace"]: each["report"] for each in json.loads(done.stdout)}


def spoil_the_newest_backup(platform: Platform) -> str:
    """Change one bit of it in the bucket; its name."""
    schedule = platform.kube.get("/apis/batch/v1/namespaces/feature-store/cronjobs/registry-backup")
    volumes = schedule["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    (name,) = (each["secret"]["secretName"] for each in volumes if each["name"] == "credentials")
    found = platform.kube.get(f"/api/v1/namespaces/feature-store/secrets/{name}")
    service = platform.kube.get("/api/v1/namespaces/artifact-store/services/seaweedfs")
    access = {
        "endpoint": f"http://{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}",
        "bucket": platform.summary["outputs"]["artifact_bucket"]["bucket"],
        "credentials": base64.b64decode(found["data"]["credentials"]).decode(),
    }
    return platform.inside(NEWEST_BACKUP + FLIP_A_BYTE, json.dumps(access)).strip()


OF_FEATURES = ("--namespace", "feature-store")


@pytest.mark.usefixtures("platform")
def test_every_database_is_backed_up_and_its_backup_can_be_restored() -> None:
    code, reports = drill("--backup-first")
    assert code == 0
    assert {namespace: report["wrong"] for namespace, report in reports.items()} == {
        "feature-store": [],
        "model-registry": [],
    }
    rows = {table["table"]: table["restored"] for table in reports["feature-store"]["tables"]}
    assert rows["public.feature_views"] == 1


def test_a_spoilt_backup_is_found_by_the_drill_and_a_new_one_mends_that(platform: Platform) -> None:
    assert drill("--backup-first", *OF_FEATURES)[0] == 0
    spoilt = spoil_the_newest_backup(platform)
    try:
        code, reports = drill(*OF_FEATURES)
        report = reports["feature-store"]
        assert code == 1
        assert report["backup"] == spoilt
        (wrong,) = report["wrong"]
        assert f"{spoilt}/dump.sql.gz has the digest" in wrong
        (listed,) = json.loads(mlplatform("drill", "--list", "--json", *OF_FEATURES).stdout)
        assert listed["drill_runs"][0]["state"] == "failed"
        assert listed["drill_runs"][0]["report"]["wrong"] == [wrong]
    finally:
        assert drill("--backup-first", *OF_FEATURES)[0] == 0
