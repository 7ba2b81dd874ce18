"""Keys of our own in AWS KMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from components.aws.identity import Statement, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_aws import kms

    from components.aws.place import AwsAccount

_DELETION_WINDOW_DAYS: Final = 30
"""The longest that KMS allows: what a key encrypted is lost with it."""
_USE: Final = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
LOGS: Final = "logs"
"""CloudWatch Logs, as one of the `services` of a key."""


def customer_key(
    name: str,
    account: AwsAccount,
    *,
    purpose: str,
    parent: pulumi.Resource,
    services: Sequence[str] = (),
    region: str | None = None,
) -> kms.Key:
    """A key that is changed once a year, can be deleted only with 30 days' notice, and is used by whom IAM policies of
    this account allow and by the AWS services named (`logs`, `events`, `sns` …), those on the account's behalf alone.
    Without `region` it is in the account's.
    """
    from pulumi_aws import kms

    key = kms.Key(
        name,
        description=purpose,
        enable_key_rotation=True,
        deletion_window_in_days=_DELETION_WINDOW_DAYS,
        policy=policy([_administration(account), *(_service(account, each) for each in services)]),
        region=region,
        opts=account.protected(parent),
    )
    alias = f"alias/{pulumi.get_project()}/{pulumi.get_stack()}/{name}"
    kms.Alias(name, name=alias, target_key_id=key.key_id, region=region, opts=account.options(parent))
    return key


def _administration(account: AwsAccount) -> Statement:
    """Without it nobody could ever change the key's policy again."""
    root = pulumi.Output.concat("arn:", account.partition, ":iam::", account.account_id, ":root")
    return {
        "Sid": "AccountDecidesByIamPolicies",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }


def _service(account: AwsAccount, service: str) -> Statement:
    regional = service == LOGS
    host = f"logs.{account.region}.amazonaws.com" if regional else f"{service}.amazonaws.com"
    statement: Statement = {
        "Sid": f"Used{service.title().replace('-', '').replace('.', '')}",
        "Effect": "Allow",
        "Principal": {"Service": host},
        "Action": _USE,
        "Resource": "*",
    }
    if regional:
        groups = pulumi.Output.concat(
            "arn:", account.partition, f":logs:{account.region}:", account.account_id, ":log-group:*"
        )
        return {**statement, "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}}
    return {**statement, "Condition": {"StringEquals": {"aws:SourceAccount": account.account_id}}}
