"""The provider does as pulumi-aws does: names, tags, drift, what it knows of each type, failures half-way."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from rehearsal.aws.account import Account
from rehearsal.aws.ledger import Ledger
from rehearsal.aws.table import kinds
from rehearsal.aws.wire import UNKNOWN, decode, encode
from tests.aws.engine import REGION, Engine, Moto, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.aws.kind import Kind
    from tests.aws.conftest import World


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.token.split(":", 1)[1])
def test_the_table_names_only_properties_that_pulumi_aws_has(kind: Kind) -> None:
    service, name = kind.token.split(":")[1].split("/")[0], kind.token.split(":")[-1]
    resource = getattr(import_module(f"pulumi_aws.{service}"), name)
    inputs = properties(getattr(sys.modules[resource.__module__], f"{name}Args"))
    known = inputs | properties(resource)
    assert resource.pulumi_type == kind.token
    named = {
        *kind.outputs,
        *kind.forms,
        *kind.changing,
        *kind.secrets,
        *kind.local,
        *([kind.name] if kind.name else []),
    }
    named |= {path.split(".")[0] for path in (*kind.replace, *kind.names, *kind.references, *kind.inside)}
    named |= {property_ for update in kind.updates for property_ in update.when}
    assert named <= known, named - known
    assert ("tagsAll" in known) == (kind.tagging is not None)
    assert ("region" in known) == kind.regional


def properties(class_: type) -> set[str]:
    """The names of a class' properties, as the engine has them."""
    return {
        getattr(value.fget, "_pulumi_name", None) or name
        for name, value in vars(class_).items()
        if isinstance(value, property)
    }


@pytest.fixture
def tagging(engine: Engine) -> Iterator[Engine]:
    """The provider with default tags."""
    engine.configure(defaultTags={"tags": {"owner": "platform", "environment": "test"}})
    yield engine
    engine.configure()


def test_default_tags_are_under_the_resources_own(tagging: Engine, moto: Moto) -> None:
    vpc = tagging.create("aws:ec2/vpc:Vpc", "t", {"cidrBlock": "10.0.0.0/16", "tags": {"owner": "vision"}})
    assert vpc.outputs["tags"] == {"owner": "vision"}
    assert vpc.outputs["tagsAll"] == {"owner": "vision", "environment": "test"}
    account = Account(moto.endpoint, REGION)
    found = account.call("ec2", "describe_vpcs", {"VpcIds": [vpc.id]})["Vpcs"][0]["Tags"]
    assert {each["Key"]: each["Value"] for each in found} == vpc.outputs["tagsAll"]
    tagging.delete(vpc)


def test_default_tags_may_come_as_json_as_the_python_sdk_sends_them(engine: Engine) -> None:
    engine.configure(defaultTags='{"tags": {"owner": "platform"}}')
    resource = engine.check("aws:ec2/vpc:Vpc", "t", encode({"cidrBlock": "10.0.0.0/16"}))
    assert decode(resource.inputs).values["tagsAll"] == {"owner": "platform"}
    engine.configure()


def test_a_changed_default_tag_changes_the_resource(engine: Engine) -> None:
    vpc = engine.create("aws:ec2/vpc:Vpc", "t", {"cidrBlock": "10.0.0.0/16"})
    engine.configure(defaultTags={"tags": {"owner": "platform"}})
    assert list(engine.diff(vpc, {"cidrBlock": "10.0.0.0/16"}).diffs) == ["tagsAll"]
    vpc = engine.update(vpc, {"cidrBlock": "10.0.0.0/16"})
    there = engine.read(vpc)
    assert there is not None
    assert there.outputs["tagsAll"] == {"owner": "platform"}
    engine.configure()


def test_a_made_up_name_is_kept_and_lets_the_replacement_come_first(engine: Engine, world: World) -> None:
    role = world.make("role").outputs
    inputs = {"assumeRolePolicy": role["assumeRolePolicy"]}
    named = engine.create("aws:iam/role:Role", "worker", inputs)
    assert named.outputs["name"].startswith("worker-")
    again = engine.check("aws:iam/role:Role", "worker", encode(inputs), named.inputs)
    assert again.inputs["name"] == named.outputs["name"]
    assert not engine.diff(named, {**inputs, "path": "/x/"}).deleteBeforeReplace
    fixed = engine.create("aws:iam/role:Role", "worker", {**inputs, "name": "fixed"})
    assert engine.diff(fixed, {**inputs, "name": "fixed", "path": "/x/"}).deleteBeforeReplace
    assert not engine.diff(fixed, {**inputs, "name": "other"}).deleteBeforeReplace


def test_what_has_no_name_is_deleted_first_if_both_would_be_one(engine: Engine, world: World) -> None:
    inputs = world.fill({"clusterName": "$cluster", "principalArn": "$role.arn", "type": "STANDARD"})
    entry = engine.check("aws:eks/accessEntry:AccessEntry", "e", encode(inputs))
    assert engine.diff(entry, {**inputs, "type": "EC2_LINUX"}).deleteBeforeReplace
    other = world.make("cluster-role").outputs["arn"]
    assert not engine.diff(entry, {**inputs, "principalArn": other}).deleteBeforeReplace


def test_what_somebody_else_changed_shows_at_the_next_read(engine: Engine, moto: Moto) -> None:
    group = engine.create("aws:cloudwatch/logGroup:LogGroup", "g", {"retentionInDays": 365})
    shorter = {"logGroupName": group.id, "retentionInDays": 1}
    Account(moto.endpoint, REGION).call("logs", "put_retention_policy", shorter)
    there = engine.read(group)
    assert there is not None
    assert there.outputs["retentionInDays"] == 1
    assert list(engine.diff(there, {"retentionInDays": 365}).diffs) == ["retentionInDays"]


def test_an_ignored_change_is_none(engine: Engine, world: World) -> None:
    vpc = world.make("vpc")
    new = engine.check(vpc.token, vpc.name, encode({"cidrBlock": "10.7.0.0/16"}), vpc.inputs)
    request = proto.DiffRequest(
        urn=vpc.urn, olds=vpc.state, news=new.inputs, old_inputs=vpc.inputs, ignoreChanges=["cidrBlock"]
    )
    assert engine.calls.Diff(request).changes == proto.DiffResponse.DIFF_NONE


def test_the_order_of_a_list_and_the_layout_of_a_document_do_not_count(engine: Engine, world: World) -> None:
    role = world.make("role")
    document = role.outputs["assumeRolePolicy"].replace(" ", "")
    assert engine.diff(role, {"assumeRolePolicy": document}).changes == proto.DiffResponse.DIFF_NONE


def test_a_resource_whose_completion_fails_is_kept_and_said(engine: Engine) -> None:
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    trust += '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
    inputs = {"name": "half", "assumeRolePolicy": trust, "managedPolicyArns": ["arn:aws:iam::aws:policy/Nothing"]}
    with pytest.raises(RefusedError, match=r"^NoSuchEntity: .*iam:AttachRolePolicy"):
        engine.create("aws:iam/role:Role", "half", inputs)
    half = engine.check("aws:iam/role:Role", "half", encode(inputs))
    half.id = "half"
    assert engine.read(half) is not None
    engine.delete(half)


def test_the_provider_says_what_it_supports(engine: Engine) -> None:
    shake = engine.calls.Handshake(proto.ProviderHandshakeRequest())
    configured = engine.configure()
    assert shake.accept_secrets
    assert shake.accept_resources
    assert (configured.acceptSecrets, configured.acceptResources, configured.supportsPreview) == (True, True, True)
    assert engine.calls.GetPluginInfo(empty_pb2.Empty()).version == "7.51.1"


def test_another_region_replaces_the_provider(engine: Engine) -> None:
    request = proto.DiffRequest(old_inputs=encode({"region": "eu-west-1"}), news=encode({"region": "eu-north-1"}))
    assert list(engine.calls.DiffConfig(request).replaces) == ["region"]


def test_a_region_that_is_not_known_yet_is_no_error(engine: Engine) -> None:
    engine.configure(region=UNKNOWN)
    engine.configure()


def test_the_ledger_tells_what_moto_holds_from_what_is_written_down_only(engine: Engine, state: Path) -> None:
    placement = engine.create("aws:ec2/placementGroup:PlacementGroup", "on-paper", {"strategy": "cluster"})
    logs = engine.create("aws:cloudwatch/logGroup:LogGroup", "at-moto", {"retentionInDays": 365})
    entries = {entry.urn: entry for entry in Ledger(state).entries()}
    assert entries[logs.urn].emulated
    assert entries[logs.urn].calls[:2] == ("logs:CreateLogGroup", "logs:PutRetentionPolicy")
    assert not entries[placement.urn].emulated
    assert entries[placement.urn].recorded.startswith("ec2:CreatePlacementGroup: ")
    engine.delete(placement)
    assert placement.urn not in {entry.urn for entry in Ledger(state).entries()}


def test_a_role_of_the_account_may_be_let_in_though_no_stack_made_it(engine: Engine, world: World) -> None:
    arn = "arn:aws:iam::123456789012:role/platform-engineers"
    inputs = world.fill({"clusterName": "$cluster", "principalArn": arn})
    entry = engine.create("aws:eks/accessEntry:AccessEntry", "people", inputs)
    assert "/role/123456789012/platform-engineers/" in entry.outputs["accessEntryArn"]
    engine.delete(entry)
