"""The S3 that pods of a rehearsal talk to: SeaweedFS, which keeps objects and refuses by IAM's policies.

moto has the buckets too, for their settings; it keeps no object that a pod writes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.aws.sign_in.tokens import Keys

_POLICY: Final = "role"
_UNKNOWN_ACTION: Final = re.compile(r"not a valid action: '([^']+)'")
_SECONDS: Final = 10

Statement = dict[str, Any]


class Objects:
    """The store at an address of the rehearsal, as its administrator."""

    def __init__(self, endpoint: str, region: str, keys: Keys) -> None:
        session = boto3.Session(keys.identifier, keys.secret, region_name=region)
        config = Config(
            proxies={},
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 3},
        )
        self._s3 = session.client("s3", endpoint_url=endpoint, config=config)
        self._iam = session.client("iam", endpoint_url=endpoint, config=config)

    def make_bucket(self, name: str) -> None:
        """Have a bucket of that name."""
        _unless("BucketAlready", lambda: self._s3.create_bucket(Bucket=name))

    def remove_bucket(self, name: str) -> None:
        """Have none of that name, whatever is in it."""
        _unless("NoSuchBucket", lambda: self._s3.delete_bucket(Bucket=name))

    def admit(self, role: str, statements: Sequence[Mapping[str, Any]]) -> list[str]:
        """Have a user called as the role who may do what the statements say; returns actions unknown to the store."""
        _unless("EntityAlreadyExists", lambda: self._iam.create_user(UserName=role))
        unknown: list[str] = []
        while True:
            left = _without(statements, unknown)
            if not left:  # The store takes no policy that allows nothing.
                self._forbid_everything(role)
                return unknown
            document = json.dumps({"Version": "2012-10-17", "Statement": left})
            try:
                self._iam.put_user_policy(UserName=role, PolicyName=_POLICY, PolicyDocument=document)
            except ClientError as error:
                found = _UNKNOWN_ACTION.search(str(error))
                if not found or f"s3:{found[1]}" in unknown:
                    raise
                unknown.append(f"s3:{found[1]}")
            else:
                return unknown

    def _forbid_everything(self, role: str) -> None:
        _unless("NoSuchEntity", lambda: self._iam.delete_user_policy(UserName=role, PolicyName=_POLICY))

    def key_of(self, role: str) -> tuple[str, str]:
        """A fresh access key of the role's user, in the place of all older ones: identifier and secret."""
        for known in self._iam.list_access_keys(UserName=role)["AccessKeyMetadata"]:
            self._iam.delete_access_key(UserName=role, AccessKeyId=known["AccessKeyId"])
        key = self._iam.create_access_key(UserName=role)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]


def _without(statements: Sequence[Mapping[str, Any]], actions: Sequence[str]) -> list[Statement]:
    """The statements less these actions, and less those that say nothing then."""
    left = []
    for statement in statements:
        named = statement.get("Action", [])
        kept = [each for each in ([named] if isinstance(named, str) else named) if each not in actions]
        if kept:
            left.append({**statement, "Action": kept})
    return left


def _unless(code: str, call: Any) -> None:  # noqa: ANN401
    """Do it, unless the store says by this code that it is done."""
    try:
        call()
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith(code):
            raise
