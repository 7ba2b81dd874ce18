"""Objects and features, written and read through the stores that the components deployed."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

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


def test_the_registry_is_backed_up_and_its_backup_can_be_restored(platform: Platform) -> None:
    for name in ("registry-backup", "registry-drill"):
        platform.kubectl("create", "job", "--namespace=feature-store", f"--from=cronjob/{name}", f"{name}-now")
        platform.wait_for("feature-store", f"job/{name}-now", "condition=complete", seconds=120)
    said = platform.kubectl("logs", "--namespace=feature-store", "job/registry-drill-now", "--container=compare")
    report = json.loads(said.splitlines()[-1])
    assert report["wrong"] == []
    rows = {table["table"]: table["restored"] for table in report["tables"]}
    assert rows["public.feature_views"] == 1
