"""The deployer's policy: it covers what stacks are made of, names actions that exist, and is narrow."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from cli.iam.documents import LARGEST, compact, documents
from cli.iam.names import Place, names_of
from cli.iam.statements import TABLE, UnknownTypeError, state_statements, statements
from cli.registrations import Registration
from rehearsal.aws.documents import policy
from tests.program.recording import STACK_FILES, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from cli.iam.statements import Statement

ON_AWS: Final = [
    path
    for path in STACK_FILES
    if (yaml.safe_load(path.read_text())["config"].get("mlplatform:cluster") or {}).get("kind") == "eks"
]
TAGS: Final = {"environment": "production", "managed-by": "pulumi"}
PLACE: Final = Place("mlplatform", "prod", "eu-north-1", "111122223333", "mlplatform-prod", TAGS)


def registrations(path: Path) -> list[Registration]:
    """What the program of a stack registers."""
    found = recorded(path, preview=True).resources.values()
    return [Registration(each.type, each.name, each.parent, each.inputs) for each in found]


@cache
def whole(path: Path) -> tuple[Statement, ...]:
    """The statements of a stack."""
    return tuple(statements(registrations(path), PLACE))


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_every_type_of_a_stack_is_covered(path: Path) -> None:
    used = {each.type for each in registrations(path) if each.type.startswith("aws:")}
    assert len(used) > 40
    assert used <= set(TABLE)


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_every_document_is_one_that_iam_takes(path: Path) -> None:
    made = documents(whole(path))
    assert 1 < len(made) <= 10  # attached to one role at most
    for document in made:
        assert len(compact(document)) <= LARGEST
        assert policy("policy")({"policy": json.dumps(document)}) == []
    names = [statement["Sid"] for document in made for statement in document["Statement"]]
    assert len(set(names)) == len(names)


def reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "Get", "List"))


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_what_changes_something_is_narrowed_by_name_tag_or_region(path: Path) -> None:
    known = {"route53:AssociateVPCWithHostedZone"}
    for statement in whole(path):
        if statement["Resource"] == ["*"] and "Condition" not in statement:
            assert {action for action in statement["Action"] if not reads(action)} <= known, statement["Sid"]


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_no_statement_grants_by_pattern_or_on_foreign_names(path: Path) -> None:
    for statement in whole(path):
        assert not any("*" in action for action in statement["Action"])
        for arn in statement["Resource"]:
            assert not arn.endswith((":role/*", ":::*", ":secret:*", "log-group:*")), statement["Sid"]


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_roles_are_handed_to_the_services_of_the_stack_only_and_get_no_administrators_policy(path: Path) -> None:
    found = {statement["Sid"]: statement for statement in whole(path)}
    passed = found["PassRoles"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert {"eks.amazonaws.com", "pods.eks.amazonaws.com"} <= set(passed)
    attached = found["AttachPolicies"]["Condition"]["ArnLike"]["iam:PolicyARN"]
    assert not any(fnmatchcase("arn:aws:iam::aws:policy/AdministratorAccess", arn) for arn in attached)
    wide = {"iam:PassRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"}
    for statement in whole(path):
        assert statement["Resource"] != ["*"] or not wide & set(statement["Action"])


def registration(type_: str, logical: str, **inputs: Any) -> Registration:
    return Registration(type_, logical, "urn:pulumi:prod::mlplatform::mlplatform:index:EksCluster::cluster", inputs)


@pytest.mark.parametrize(
    ("made", "arn"),
    [
        (registration("aws:s3/bucket:Bucket", "b", bucket="mlplatform-prod-111-a"), "arn:aws:s3:::mlplatform-prod-*"),
        (registration("aws:s3/bucket:Bucket", "b", bucket="acme-models"), "arn:aws:s3:::acme-models"),
        (
            registration("aws:s3/bucket:Bucket", "b", bucket="04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
            "arn:aws:s3:::mlplatform-prod-*",
        ),
        (registration("aws:iam/role:Role", "cluster-nodes"), "arn:aws:iam::111122223333:role/cluster-*"),
        (registration("aws:iam/role:Role", "cluster"), "arn:aws:iam::111122223333:role/cluster-*"),
        (registration("aws:iam/role:Role", "other"), "arn:aws:iam::111122223333:role/other-*"),
        (
            registration("aws:kms/alias:Alias", "a", name="alias/mlplatform/prod/a", region="eu-west-1"),
            "arn:aws:kms:eu-west-1:111122223333:alias/mlplatform/prod/*",
        ),
    ],
)
def test_a_resource_is_known_by_its_name_or_by_how_its_name_begins(made: Registration, arn: str) -> None:
    assert names_of(made, TABLE[made.type], PLACE)[0] == arn


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-north-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_arns_are_of_the_partition_of_the_region(region: str, partition: str) -> None:
    place = Place("mlplatform", "prod", region, "*", "c", TAGS)
    assert place.ec2("vpc") == f"arn:{partition}:ec2:{region}:*:vpc/*"


def test_a_bucket_may_be_emptied_only_where_the_program_says_so() -> None:
    for said in (True, False):
        made = statements([registration("aws:s3/bucket:Bucket", "b", bucket="b", forceDestroy=said)], PLACE)
        on_s3 = next(each for each in made if each["Sid"] == "NamedS3")
        assert ("s3:DeleteObjectVersion" in on_s3["Action"]) == said
        assert ("arn:aws:s3:::b/*" in on_s3["Resource"]) == said


def test_what_is_created_must_have_the_stacks_tags_and_what_it_touches_need_not() -> None:
    made = statements([registration("aws:ec2/subnet:Subnet", "s")], PLACE)
    found = {each["Sid"]: each for each in made}
    assert found["CreateOnEc2"]["Resource"] == [PLACE.ec2("subnet")]
    assert found["CreateOnEc2"]["Condition"]["StringEquals"] == {f"aws:RequestTag/{k}": v for k, v in TAGS.items()}
    assert found["CreateBeside1"] == {
        "Sid": "CreateBeside1",
        "Effect": "Allow",
        "Action": ["ec2:CreateSubnet"],
        "Resource": [PLACE.ec2("vpc")],
    }
    assert found["TaggedEc2"]["Condition"]["StringEquals"] == {f"aws:ResourceTag/{k}": v for k, v in TAGS.items()}


def test_a_type_that_is_not_in_the_table_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownTypeError, match=r"aws:lambda/function:Function: not in the table"):
        statements([registration("aws:lambda/function:Function", "f")], PLACE)


def test_the_state_needs_its_bucket_and_its_key_alone() -> None:
    key = "arn:aws:kms:eu-north-1:111122223333:key/k"
    made = state_statements("states", key, PLACE)
    assert [each["Resource"] for each in made] == [["arn:aws:s3:::states"], ["arn:aws:s3:::states/*"], [key]]
    assert len(state_statements("states", None, PLACE)) == 2


def test_a_statement_too_large_for_a_document_is_divided() -> None:
    many = [f"ec2:Describe{number:04}" for number in range(600)]
    made = documents([{"Sid": "Read", "Effect": "Allow", "Action": many, "Resource": ["*"]}])
    assert [action for doc in made for each in doc["Statement"] for action in each["Action"]] == many
    assert all(len(compact(document)) <= LARGEST for document in made)
