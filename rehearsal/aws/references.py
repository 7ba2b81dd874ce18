"""Whether what a property names exists, asked before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rehearsal.aws.errors import NOBODY, AwsError, NotEmulatedError
from rehearsal.aws.kind import Problem
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rehearsal.aws.account import Account


_INVALID: Final = ("InvalidInstanceType", "InvalidParameterValue", "ValidationError")


@dataclass(frozen=True)
class _Question:
    """How AWS is asked, and what it says when there is nothing."""

    service: str
    operation: str
    parameter: str
    code: str
    message: str
    many: bool = False
    """Whether the parameter is a list."""
    arn: bool = False
    """Whether the property is an ARN, whose last part is asked for."""
    planned: bool = False
    """Whether a program chooses the name: it is known, and used, before there is anything behind it."""


_QUESTIONS: Final = {
    "vpc": _Question("ec2", "describe_vpcs", "VpcIds", "InvalidVpcID.NotFound", "The vpc ID '{}' does not exist", True),
    "subnet": _Question(
        "ec2", "describe_subnets", "SubnetIds", "InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist", True
    ),
    "security group": _Question(
        "ec2", "describe_security_groups", "GroupIds", "InvalidGroup.NotFound",
        "The security group '{}' does not exist", True,
    ),
    "route table": _Question(
        "ec2", "describe_route_tables", "RouteTableIds", "InvalidRouteTableID.NotFound",
        "The routeTable ID '{}' does not exist", True,
    ),
    "role": _Question(
        "iam", "get_role", "RoleName", "NoSuchEntity", "The role with name {} cannot be found.", arn=True, planned=True
    ),
    "policy": _Question(
        "iam", "get_policy", "PolicyArn", "NoSuchEntity", "Policy {} does not exist or is not attachable."
    ),
    "key": _Question("kms", "describe_key", "KeyId", "NotFoundException", "Key '{}' does not exist"),
    "cluster": _Question(
        "eks", "describe_cluster", "name", "ResourceNotFoundException", "No cluster found for name: {}.", planned=True
    ),
    "instance type": _Question(
        "ec2", "describe_instance_types", "InstanceTypes", "InvalidParameterException",
        "[{}] is not a valid instance type", True,
    ),
    "bucket": _Question(
        "s3", "head_bucket", "Bucket", "NoSuchBucket", "The specified bucket does not exist: {}", planned=True
    ),
}  # fmt: skip


def missing(account: Account, references: Mapping[str, str], inputs: Mapping[str, Any], region: str) -> list[Problem]:
    """A problem for each id behind which there is nothing. What is unknown, or may be planned, is not asked for."""
    return [
        Problem(path, f"{question.code}: {question.message.format(name)}")
        for path, question, name in _nothing_behind(account, references, inputs, region, planned=False)
    ]


def require(account: Account, references: Mapping[str, str], inputs: Mapping[str, Any], region: str) -> None:
    """Raise AwsError for a name that a program chooses and behind which there is nothing by the time it is used."""
    for _, question, name in _nothing_behind(account, references, inputs, region, planned=True):
        raise AwsError(question.code, question.message.format(name))


def _nothing_behind(
    account: Account, references: Mapping[str, str], inputs: Mapping[str, Any], region: str, *, planned: bool
) -> Iterator[tuple[str, _Question, str]]:
    for path, kind in references.items():
        question = _QUESTIONS[kind]
        if question.planned is planned:
            for name in _named(inputs, path.split(".")):
                if not _exists(account, question, name, region):
                    yield path, question, name


def _named(value: Any, path: list[str]) -> Iterator[str]:  # noqa: ANN401 - properties
    if isinstance(value, list):
        for each in value:
            yield from _named(each, path)
    elif path and isinstance(value, dict):
        yield from _named(value.get(path[0]), path[1:])
    elif not path and value not in (None, "", UNKNOWN):
        yield str(value)


def _exists(account: Account, question: _Question, name: str, region: str) -> bool:
    asked = name.split("/")[-1] if question.arn else name
    try:
        account.call(
            question.service, question.operation, {question.parameter: [asked] if question.many else asked}, region
        )
    except NotEmulatedError:
        return True
    except AwsError as refusal:
        if refusal.code == NOBODY:
            raise
        return not (refusal.says_missing or refusal.code in _INVALID or "Malformed" in refusal.code)
    return True
