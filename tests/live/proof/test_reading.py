"""The tests of deployed stacks can read and do nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import botocore.session
import pytest
from moto import mock_aws

from tests.live.reading import HOLDS_SECRETS, READS, Aws, NotReadingError

HERE = Path(__file__).parents[1]
MODULES = sorted(HERE.glob("*.py"))
CLIENTS = {"s3", "kms", "ec2", "eks", "sqs", "sns", "iam"}
"""What clients are called in these tests."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    return Aws("eu-north-1")


@mock_aws
def test_what_looks_is_let_through_and_written_down(aws: Aws) -> None:
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.all("ec2", "describe_volumes", "Volumes") == []
    assert aws.calls == {"s3:ListBuckets", "ec2:DescribeVolumes"}


@mock_aws
@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "put_object", {"Bucket": "b", "Key": "k"}),
        ("s3", "get_object", {"Bucket": "b", "Key": "k"}),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}),
        ("iam", "delete_role", {"RoleName": "r"}),
        ("kms", "generate_data_key", {"KeyId": "k"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "s"}),
        ("ssm", "get_parameter", {"Name": "p"}),
    ],
)
def test_what_does_more_than_look_is_refused_before_it_is_sent(
    aws: Aws, service: str, operation: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(NotReadingError, match="is no mere look"):
        getattr(aws.client(service), operation)(**parameters)
    assert aws.calls == set()


def test_every_refused_reading_call_is_one_that_exists() -> None:
    for call in HOLDS_SECRETS:
        service, _, operation = call.partition(":")
        assert operation in botocore.session.get_session().get_service_model(service).operation_names
        assert operation.startswith(READS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_test_goes_past_the_readers(module: Path) -> None:
    """boto3, testinfra and processes are used in one module alone; kubectl there is asked to get, and nothing else."""
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
    }
    if module.name == "reading.py":
        assert module.read_text().count(".run(") == 1
        assert '"%s --kubeconfig=%s get %s %s --output=json"' in module.read_text()
    else:
        assert not names & {"boto3", "testinfra", "subprocess", "urllib", "pulumi"}


def test_what_tests_call_of_a_client_begins_as_a_reading_call_does() -> None:
    """Seen in the source as well: a call that is refused when it runs would be found only there."""
    found = {
        node.func.attr
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id in CLIENTS
    }
    assert len(found) > 10
    assert {name for name in found if not name.startswith(tuple(f"{verb.lower()}_" for verb in READS))} == set()
