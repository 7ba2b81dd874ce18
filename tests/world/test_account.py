"""The AWS account of a rehearsal: found by the rehearsal's programs, and no other account by any of them."""

from __future__ import annotations

import base64
import configparser
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from rehearsal.aws import account as aws_account
from rehearsal.cloud import Account
from rehearsal.engine import EngineHome
from rehearsal.engine.aws_programs import PROVIDER_VERSION, install
from rehearsal.kubernetes import certificates, node
from rehearsal.kubernetes.control_plane import Endpoints
from rehearsal.layout import Layout
from rehearsal.machine.host import Level
from rehearsal.plan import Plan
from rehearsal.record import Record
from rehearsal.session import Aws, Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.toolchain import Tools

ADDRESS = "198.18.0.2"
AWS = Aws("eu-central-1", ("people/admins", "scientists"))
REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "token",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "https://example.com",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/",
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    certificates.ensure(tmp_path / "certificates", address=ADDRESS, node=node.NAME)
    layout = Layout("prod", tmp_path)
    layout.configuration.mkdir()
    return layout


@pytest.fixture
def account(layout: Layout) -> Account:
    account = Account(layout, Endpoints.in_space(ADDRESS), AWS, ("through",))
    account.configure()
    return account


def record(aws: Aws | None) -> Record:
    return Record(Level.OBJECTS, "boot", Endpoints.in_space(ADDRESS), aws=aws)


def environment(layout: Layout, tools: Tools, aws: Aws | None, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """What the engine sees where a user's shell is set up for an account of his own."""
    for name, value in REAL_LOOKING.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(type(tools), "charts", lambda _: Path("/charts"))
    return EngineHome(Session(layout, record(aws)), tools, Path("/project"), "prod").environment()


@pytest.mark.parametrize("aws", [AWS, None])
def test_nothing_of_the_users_account_reaches_the_engine(
    layout: Layout, no_tools: Tools, monkeypatch: pytest.MonkeyPatch, aws: Aws | None
) -> None:
    seen = environment(layout, no_tools, aws, monkeypatch)
    assert not set(REAL_LOOKING) & set(seen)
    assert not set(REAL_LOOKING.values()) & set(seen.values())
    assert seen["AWS_EC2_METADATA_DISABLED"] == "true"
    for file in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert seen[file] == "/dev/null" or Path(seen[file]).is_relative_to(layout.directory)


def test_tools_of_aws_find_the_rehearsals_account_alone(
    account: Account, layout: Layout, no_tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = environment(layout, no_tools, AWS, monkeypatch)
    config = configparser.ConfigParser()
    config.read(seen["AWS_CONFIG_FILE"])
    assert dict(config["default"]) == {"region": "eu-central-1", "endpoint_url": account.endpoint}
    assert seen["MLPLATFORM_AWS_ENDPOINT"] == account.endpoint == f"http://{ADDRESS}:4566"


def test_its_keys_are_its_own_stay_and_are_nobody_elses_to_read(account: Account) -> None:
    before = account.credentials.read_text()
    account.configure()
    assert account.credentials.read_text() == before
    assert account.credentials.stat().st_mode & 0o777 == 0o600


def test_the_cluster_that_is_made_in_it_is_the_rehearsals_own(account: Account, layout: Layout) -> None:
    about = json.loads(Path(account.environment()["MLPLATFORM_AWS_CLUSTER"]).read_text())
    assert about["endpoint"] == f"https://{ADDRESS}:6443"
    assert base64.b64decode(about["certificate_authority"]) == (layout.certificates / "ca.crt").read_bytes()


def test_the_webhook_is_asked_over_verified_tls(account: Account, layout: Layout) -> None:
    config = yaml.safe_load(account.webhook.read_text())
    assert config["clusters"][0]["cluster"] == {
        "server": f"https://127.0.0.1:{account.endpoints.authenticator_port}/",
        "certificate-authority": str(layout.certificates / "ca.crt"),
    }
    for file in config["users"][0]["user"].values():
        assert Path(file).is_file()


def test_its_parts_run_where_the_rehearsal_does_and_see_no_keys_in_their_environment(account: Account) -> None:
    parts = account.parts()
    assert [part.name for part in parts] == ["aws", "aws-authenticator", "aws-pod-identity"]
    assert {part.through for part in parts} == {("through",)}
    assert {tuple(part.environment) for part in parts} == {("HOME",)}


def test_the_api_server_takes_tokens_only_where_aws_is_played(layout: Layout, no_tools: Tools) -> None:
    def flags(aws: Aws | None) -> set[str]:
        _, api_server = Plan(layout, record(aws), no_tools).control_plane.store()
        return {flag.split("=")[0] for flag in api_server.command}

    Plan(layout, record(AWS), no_tools).control_plane.configure()
    flag = "--authentication-token-webhook-config-file"
    assert flag in flags(AWS)
    assert flag not in flags(None)


@pytest.mark.parametrize("role", ["people/admins", f"arn:aws:iam::{aws_account.ACCOUNT_ID}:role/people/admins"])
def test_whoever_rehearses_has_the_role_that_the_stack_file_names(layout: Layout, role: str) -> None:
    account = Account(layout, Endpoints.in_space(ADDRESS), Aws("eu-central-1", (role, "arn:aws:iam::1:role/x")))
    assert account.role == f"arn:aws:iam::{aws_account.ACCOUNT_ID}:role/people/admins"
    assert account.own_roles == ["people/admins"]


def test_a_record_keeps_the_account(layout: Layout) -> None:
    kept = record(AWS)
    kept.save(layout)
    assert Record.load(layout) == kept
    replace(kept, aws=None).save(layout)
    assert Record.load(layout) == replace(kept, aws=None)


def test_the_engine_finds_the_provider_of_the_version_that_the_program_asks_for(tmp_path: Path) -> None:
    install(tmp_path)
    plugin = tmp_path / "plugins" / f"resource-aws-v{PROVIDER_VERSION}" / "pulumi-resource-aws"
    assert "rehearsal.aws.provider" in plugin.read_text()
    assert plugin.stat().st_mode & 0o111
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert f"pulumi-aws=={PROVIDER_VERSION}" in project["project"]["dependencies"]
