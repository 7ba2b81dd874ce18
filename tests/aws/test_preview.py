"""A preview tells what it can and calls nothing; secrets stay secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from rehearsal.aws.ledger import FOLDER
from rehearsal.aws.replay import LOG_FILE
from rehearsal.aws.table import kinds
from rehearsal.aws.wire import UNKNOWN, decode, encode
from tests.aws.engine import Engine, RefusedError
from tests.aws.examples import EXAMPLES, Example

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws.conftest import World

NOWHERE = "http://127.0.0.1:1"
"""Nobody listens there: a call fails."""


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A provider without a moto."""
    engine = Engine(NOWHERE, tmp_path_factory.mktemp("offline"))
    yield engine
    engine.stop()


def with_unknowns(value: Any) -> Any:
    """An example's inputs at the first preview: what comes from other resources is unknown."""
    if isinstance(value, dict):
        return {key: with_unknowns(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_unknowns(inner) for inner in value]
    if isinstance(value, str):
        return UNKNOWN if value.startswith("$") else value.replace("#", "1")
    return value


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.token.split(":", 1)[1])
def test_a_preview_with_unknown_inputs_needs_no_call(offline: Engine, example: Example) -> None:
    kind = kinds()[example.token]
    # Whether a thing that is named outright exists is asked even at a preview.
    named = {path for path in kind.references if path in example.inputs}
    inputs = {**with_unknowns(example.inputs), **dict.fromkeys(named, UNKNOWN)}
    planned = offline.create(example.token, "example", inputs, preview=True)
    assert planned.id == ""
    for name in kind.computed():
        if name not in inputs and name not in ("tagsAll", "region"):
            assert planned.outputs[name] is UNKNOWN, name
    for name, value in inputs.items():
        if name not in {path.split(".")[0] for path in kind.inside}:
            assert planned.outputs[name] == value


def test_a_preview_does_not_know_what_is_decided_inside_an_input(offline: Engine) -> None:
    inputs = {"roleArn": UNKNOWN, "vpcConfig": {"subnetIds": UNKNOWN}}
    planned = offline.create("aws:eks/cluster:Cluster", "example", inputs, preview=True)
    assert planned.outputs["vpcConfig"] == {
        "subnetIds": UNKNOWN,
        "clusterSecurityGroupId": UNKNOWN,
        "vpcId": UNKNOWN,
    }


def test_a_preview_asks_whether_what_is_named_outright_exists(offline: Engine) -> None:
    inputs = {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"}
    with pytest.raises(RefusedError, match=r"^ServiceUnavailable: nobody answers at http://127.0.0.1:1; "):
        offline.create("aws:ec2/subnet:Subnet", "example", inputs, preview=True)


def test_a_preview_takes_the_name_of_what_is_only_planned(engine: Engine) -> None:
    inputs = {"role": "planned", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    assert engine.create(attachment, "example", inputs, preview=True).outputs["role"] == "planned"
    with pytest.raises(RefusedError, match="NoSuchEntity: The role with name planned cannot be found"):
        engine.create(attachment, "example", inputs)


def test_an_unknown_tag_makes_all_tags_unknown(offline: Engine) -> None:
    inputs = {"cidrBlock": "10.0.0.0/16", "tags": {"owner": UNKNOWN}}
    assert offline.create("aws:ec2/vpc:Vpc", "example", inputs, preview=True).outputs["tagsAll"] is UNKNOWN


def test_what_is_unknown_is_a_change(engine: Engine, world: World) -> None:
    vpc = world.make("vpc")
    difference = engine.diff(vpc, {"cidrBlock": UNKNOWN})
    assert list(difference.replaces) == ["cidrBlock"]


def test_a_secret_is_marked_in_what_comes_back_and_is_in_no_file(engine: Engine, state: Path) -> None:
    user = {"userId": "secretive", "userName": "u", "engine": "valkey", "accessString": "on ~* +@read"}
    password = "correct-horse-battery"  # noqa: S105 - opens nothing
    checked = engine.check(
        "aws:elasticache/user:User", "secretive", encode({**user, "passwords": [password]}, ["passwords"])
    )
    created = engine.calls.Create(proto.CreateRequest(urn=checked.urn, properties=checked.inputs))
    assert decode(checked.inputs).secrets == {"passwords"}
    assert decode(created.properties).secrets == {"passwords"}
    written = "".join(file.read_text() for file in (state / FOLDER).iterdir())
    assert "secretive" in written
    assert password not in written


def test_a_secret_that_aws_makes_is_marked_though_no_input_is_one(engine: Engine, world: World, state: Path) -> None:
    role = world.make("role").id
    activation = engine.create("aws:ssm/activation:Activation", "secretive", {"iamRole": role})
    assert decode(activation.state).secrets == {"activationCode"}
    assert activation.outputs["activationCode"] not in "".join(file.read_text() for file in (state / FOLDER).iterdir())
    there = engine.read(activation)
    assert there is not None
    assert there.outputs["activationCode"] == activation.outputs["activationCode"]


def test_an_error_does_not_show_a_secret(engine: Engine) -> None:
    with pytest.raises(RefusedError) as refused:
        engine.check("aws:kms/key:Key", "x", encode({"keyUsage": "s3cr3t-value"}, ["keyUsage"]))
    assert "s3cr3t-value" not in str(refused.value)
    assert "[secret]" in str(refused.value)


def test_the_log_and_the_ledger_are_readable_by_their_owner_only(world: World, state: Path) -> None:
    world.make("vpc")
    files = [state / LOG_FILE, *(state / FOLDER).iterdir()]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert all(json.loads(file.read_text())["urn"] for file in files[1:])
