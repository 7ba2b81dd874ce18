"""Roles of people, which an account has before a stack comes to it and after it has gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rehearsal.aws.account import ACCOUNT_ID
from rehearsal.aws.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rehearsal.aws.account import Account

_SIGNED_IN: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def ensure_roles(account: Account, roles: Iterable[str]) -> None:
    """Have these roles, each by its path and name (``people/admins``)."""
    for role in roles:
        path, _, name = f"/{role}".rpartition("/")
        parameters = {"RoleName": name, "Path": f"{path}/", "AssumeRolePolicyDocument": _SIGNED_IN}
        try:
            account.call("iam", "create_role", parameters)
        except AwsError as refusal:
            if refusal.code != "EntityAlreadyExists":
                raise
