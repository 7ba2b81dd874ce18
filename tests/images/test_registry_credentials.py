"""Signing in to registries: as Docker does, and to ECR as AWS's tools do; secrets stay out of sight."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from cli.registry_credentials import find
from rehearsal.images.distribution import Credentials, RegistryError

if TYPE_CHECKING:
    from pathlib import Path

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Docker configuration of its own, with a directory for helpers on PATH."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return tmp_path


def configure(docker: Path, **content: Any) -> None:
    (docker / "config.json").write_text(json.dumps(content))


def helper(docker: Path, name: str, script: str) -> None:
    program = docker / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\nread registry\n{script}\n")
    program.chmod(0o755)


def login(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_without_a_configuration_nothing_is_known() -> None:
    assert find("registry.example") is None


def test_what_docker_login_wrote_is_used(docker: Path) -> None:
    configure(docker, auths={"registry.example": login("ada", "a:b")})
    assert find("registry.example") == Credentials("ada", "a:b")
    assert find("other.example") is None


def test_docker_hub_is_known_by_its_old_name(docker: Path) -> None:
    configure(docker, auths={"https://index.docker.io/v1/": login("ada", "b")})
    assert find("docker.io") == Credentials("ada", "b")


def test_a_registrys_own_helper_goes_before_the_common_one(docker: Path) -> None:
    configure(docker, credsStore="common", credHelpers={"registry.example": "own"})
    helper(docker, "own", """echo "{\\"Username\\": \\"own\\", \\"Secret\\": \\"$registry\\"}" """)
    helper(docker, "common", """echo '{"Username": "common", "Secret": "c"}'""")
    assert find("registry.example") == Credentials("own", "registry.example")
    assert find("other.example") == Credentials("common", "c")


def test_a_helper_that_knows_nothing_leaves_it_to_what_docker_login_wrote(docker: Path) -> None:
    configure(docker, credsStore="common", auths={"registry.example": login("ada", "b")})
    helper(docker, "common", "echo 'credentials not found in native keychain'; exit 1")
    assert find("registry.example") == Credentials("ada", "b")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'the keychain is locked' >&2; exit 1",
            "docker-credential-common fails for registry.example: the keychain",
        ),
        ("echo secret-in-a-broken-answer", "answers for registry.example in a way not known here"),
        ("""echo '{"Username": "<token>", "Secret": "t"}'""", "log in with a user name and a password"),
    ],
)
def test_a_helper_that_fails_is_an_error_without_a_secret(docker: Path, script: str, said: str) -> None:
    configure(docker, credsStore="common")
    helper(docker, "common", script)
    with pytest.raises(RegistryError, match=said) as caught:
        find("registry.example")
    assert "secret-in" not in str(caught.value)


def test_a_helper_that_is_not_there_is_named(docker: Path) -> None:
    configure(docker, credsStore="absent")
    with pytest.raises(RegistryError, match="docker-credential-absent, which Docker's configuration names"):
        find("registry.example")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is no mapping"),
        ('{"auths": {"registry.example": {"auth": "%"}}}', "is not base64"),
        ('{"auths": {"registry.example": {"identitytoken": "t"}}}', "log in with a user name and a password"),
    ],
)
def test_a_damaged_configuration_is_an_error(docker: Path, content: str, said: str) -> None:
    (docker / "config.json").write_text(content)
    with pytest.raises(RegistryError, match=said):
        find("registry.example")


@mock_aws
def test_a_registry_of_ecr_gets_a_token_of_the_account() -> None:
    answer = boto3.client("ecr", region_name="eu-central-1").get_authorization_token()
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    assert find(ECR) == Credentials(*token.split(":", 1))


@mock_aws
def test_docker_goes_before_aws(docker: Path) -> None:
    configure(docker, auths={ECR: login("AWS", "of-docker")})
    assert find(ECR) == Credentials("AWS", "of-docker")


def test_without_credentials_of_aws_the_way_to_them_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RegistryError, match="`aws sts get-caller-identity` shows whose credentials"):
        find(ECR)


def test_a_password_is_shown_nowhere() -> None:
    assert "secret" not in repr(Credentials("ada", "secret"))
