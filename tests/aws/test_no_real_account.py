"""Whatever credentials lie about, the stand-in reaches moto and nobody else."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rehearsal.aws.errors import UnsafeEndpointError
from rehearsal.aws.replay import LOG_FILE
from rehearsal.aws.surroundings import ENDPOINT, STATE, safe_endpoint, scrub
from tests.aws.engine import ROOT, Engine, Moto

if TYPE_CHECKING:
    from pathlib import Path

KEY = "AKIA3K2JQ7REALLOOKING"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYrealLooking"  # noqa: S105 - opens nothing


def real_looking(home: Path) -> dict[str, str]:
    """An environment with credentials in every place where AWS' clients look."""
    folder = home / ".aws"
    folder.mkdir(parents=True)
    (folder / "credentials").write_text(f"[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n")
    (folder / "config").write_text("[default]\nregion=us-west-2\nendpoint_url=http://203.0.113.7\n")
    return {
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "token",
        "AWS_PROFILE": "default",
        "AWS_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": "http://203.0.113.7",
        "AWS_ENDPOINT_URL_EC2": "http://203.0.113.7",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://203.0.113.7/credentials",
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/admin",
        "HTTP_PROXY": "http://203.0.113.7:3128",
        "http_proxy": "http://203.0.113.7:3128",
        "HTTPS_PROXY": "http://203.0.113.7:3128",
    }


def test_with_real_looking_credentials_every_connection_is_to_moto(tmp_path: Path) -> None:
    connections = tmp_path / "connections"
    watched = {
        **real_looking(tmp_path / "home"),
        "PYTHONPATH": str(ROOT / "tests/aws/watched"),
        "WATCHED_CONNECTIONS": str(connections),
    }
    moto = Moto(tmp_path / "state")
    engine = Engine(moto.endpoint, tmp_path / "state", watched)
    try:
        engine.configure(accessKey=KEY, secretKey=SECRET, profile="default", endpoints=[{"ec2": "http://203.0.113.7"}])
        vpc = engine.create("aws:ec2/vpc:Vpc", "a", {"cidrBlock": "10.0.0.0/16"})
        engine.create("aws:iam/instanceProfile:InstanceProfile", "a", {})
        engine.create("aws:s3/bucket:Bucket", "a", {})
        engine.create("aws:sqs/queue:Queue", "a", {})
        engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
        engine.delete(vpc)
    finally:
        engine.stop()
        moto.stop()
    reached = {ast.literal_eval(line) for line in connections.read_text().splitlines()}
    assert {place[:2] for place in reached} == {("127.0.0.1", moto.port)}
    sent = [json.loads(line) for line in (tmp_path / "state" / LOG_FILE).read_text().splitlines()]
    assert len(sent) > 4
    everything = "".join(str(call["headers"]) + base64.b64decode(call["body"]).decode() for call in sent)
    assert "Credential=REHEARSAL/" in everything
    assert KEY not in everything
    assert "us-west-2" not in everything


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://ec2.eu-west-1.amazonaws.com",
        "http://ec2.eu-west-1.amazonaws.com",
        "http://localhost.example.org:5000",
        "http://10.0.0.1:5000",
        "http://169.254.169.254",
        "https://127.0.0.1:5000",
        "http://127.0.0.1.nip.io:5000",
        "http://127.0.0.1@203.0.113.7:5000",
        "http://0.0.0.0:5000",
        "",
    ],
)
def test_an_endpoint_that_could_be_somebody_elses_is_refused(endpoint: str) -> None:
    with pytest.raises(UnsafeEndpointError, match="MLPLATFORM_AWS_ENDPOINT: refused"):
        safe_endpoint(endpoint)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:5000", "http://198.18.4.1:5000", "http://[::1]:5000"])
def test_an_endpoint_on_this_machine_or_in_a_rehearsal_is_taken(endpoint: str) -> None:
    assert safe_endpoint(endpoint) == endpoint


def test_the_plugin_does_not_start_with_an_unsafe_endpoint(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "rehearsal.aws.provider"],
        cwd=ROOT,
        env={ENDPOINT: "https://ec2.eu-west-1.amazonaws.com", STATE: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: MLPLATFORM_AWS_ENDPOINT: refused")
    assert "Traceback" not in ended.stderr


def test_scrubbing_leaves_nothing_that_a_client_of_aws_would_use() -> None:
    environment = {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_PROFILE": "prod",
        "BOTO_CONFIG": "/etc/boto",
        "https_proxy": "http://203.0.113.7",
    }
    scrub(environment)
    assert environment == {
        "PATH": "/bin",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
