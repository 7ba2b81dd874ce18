"""Which role a pod's service account has, and what the role may do with objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.aws.account import Account
    from rehearsal.aws.ledger import Ledger

_TYPE: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"

Statement = dict[str, Any]


@dataclass(frozen=True)
class Associations:
    """The pod identity associations of a ledger, and the roles of its account."""

    ledger: Ledger
    account: Account

    def role_of(self, namespace: str, service_account: str) -> str | None:
        """The name of the role that pods of the service account have; None if they have none."""
        wanted = (namespace, service_account)
        for entry in self.ledger.entries():
            about = entry.answer
            if entry.type == _TYPE and (about.get("namespace"), about.get("serviceAccount")) == wanted:
                return str(about["roleArn"]).rpartition("/")[2]
        return None

    def rights(self, role: str) -> list[Statement]:
        """The statements of the role's policies that are about S3, with nothing else in them."""
        return [narrowed for document in self._documents(role) for narrowed in _about_s3(document)]

    def _documents(self, role: str) -> Iterator[Any]:
        def iam(operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
            return self.account.call("iam", operation, parameters)

        for name in iam("list_role_policies", RoleName=role)["PolicyNames"]:
            yield iam("get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
        for attached in iam("list_attached_role_policies", RoleName=role)["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = iam("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
            yield iam("get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _about_s3(document: Any) -> Iterator[Statement]:  # noqa: ANN401  a document, or its text
    if isinstance(document, str):
        document = json.loads(unquote(document))
    statements = document["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        named = statement.get("Action", [])
        actions = [each for each in ([named] if isinstance(named, str) else named) if each.startswith(("s3:", "*"))]
        if actions:
            yield {**statement, "Action": actions}
