"""IAM statements that let a stack be deployed, from what its program registers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from cli.iam.cluster_table import CLUSTER
from cli.iam.data_table import DATA, EMPTYING
from cli.iam.names import names_of
from cli.iam.needs import Needs, actions
from cli.iam.network_table import NETWORK
from cli.iam.watching_table import WATCHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cli.iam.names import Place
    from cli.registrations import Registration

Statement = dict[str, Any]

TABLE: Final[Mapping[str, Needs]] = {**NETWORK, **CLUSTER, **DATA, **WATCHING}
"""By Pulumi's type tokens."""
ALWAYS: Final = "sts:GetCallerIdentity ec2:DescribeAvailabilityZones ec2:DescribeInstanceTypes"
"""What the program and the provider ask before anything is created."""

_ROLE: Final = "aws:iam/role:Role"
_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_TAGGED_BY_OTHER_CALLS: Final = ("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress")


class UnknownTypeError(Exception):
    """A stack has AWS resources of a type that the table does not know; the message names them."""


@dataclass(frozen=True)
class _Wanted:
    """What one registration needs."""

    registration: Registration
    needs: Needs
    arns: tuple[str, ...]


def statements(registrations: Sequence[Registration], place: Place) -> list[Statement]:
    """All statements, the widest last. Raises UnknownTypeError."""
    wanted = list(_wanted(registrations, place))
    roles = sorted({arn for each in wanted if each.registration.type == _ROLE for arn in each.arns})
    made = [
        *_named(wanted),
        *_roles(wanted, roles, place),
        *_tagged(wanted, place),
        *_created(wanted, place),
        *_free(wanted, place),
        _statement("Read", actions(ALWAYS).union(*(actions(each.needs.read) for each in wanted)), ["*"]),
    ]
    return [each for each in made if each["Action"]]


def state_statements(bucket: str, key_arn: str | None, place: Place) -> list[Statement]:
    """What Pulumi's own state in S3 needs, and its secrets' key in KMS."""
    arn = f"arn:{place.partition}:s3:::{bucket}"
    made = [
        _statement("StateBucket", {"s3:ListBucket", "s3:GetBucketLocation"}, [arn]),
        _statement("State", {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, [f"{arn}/*"]),
    ]
    if key_arn:
        made.append(_statement("StateSecrets", {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"}, [key_arn]))
    return made


def _wanted(registrations: Iterable[Registration], place: Place) -> Iterator[_Wanted]:
    unknown = set()
    for each in registrations:
        if not each.type.startswith("aws:"):
            continue
        needs = TABLE.get(each.type)
        if needs is None:
            unknown.add(each.type)
            continue
        yield _Wanted(each, needs, names_of(each, needs, place))
        if each.inputs.get("forceDestroy"):
            yield _Wanted(each, EMPTYING, names_of(each, EMPTYING, place))
    if unknown:
        raise UnknownTypeError(f"{', '.join(sorted(unknown))}: not in the table of cli/iam; add what IAM wants for it")


def _named(wanted: Sequence[_Wanted]) -> Iterator[Statement]:
    """A service's actions on all names that the stack has there: parts of a resource are judged by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    arns: dict[str, set[str]] = defaultdict(set)
    for each in wanted:
        for action in actions(each.needs.named):
            found[action.partition(":")[0]].add(action)
        for arn in each.arns:
            arns[arn.split(":")[2]].add(arn)
    for service in sorted(found):
        yield _statement(f"Named{_title(service)}", found[service], sorted(arns[service]))


def _roles(wanted: Sequence[_Wanted], roles: list[str], place: Place) -> Iterator[Statement]:
    """Roles may be handed to the services that need them, and get the policies that the program names."""
    passed = sorted({service for each in wanted for service in each.needs.passed_to})
    if passed and roles:
        yield _statement("PassRoles", {"iam:PassRole"}, roles, {"StringEquals": {"iam:PassedToService": passed}})
    attached = [each.registration.inputs.get("policyArn") for each in wanted if each.registration.type == _ATTACHMENT]
    if attached:
        policies = sorted({place.known(arn) or f"arn:{place.partition}:iam::aws:policy/*" for arn in attached})
        attach = {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}
        yield _statement("AttachPolicies", attach, roles, {"ArnLike": {"iam:PolicyARN": policies}})
    linked = sorted({service for each in wanted for service in each.needs.linked})
    if linked:
        own = [f"arn:{place.partition}:iam::{place.account}:role/aws-service-role/*"]
        condition = {"StringEquals": {"iam:AWSServiceName": linked}}
        yield _statement("ServiceLinkedRoles", {"iam:CreateServiceLinkedRole"}, own, condition)


def _tagged(wanted: Sequence[_Wanted], place: Place) -> Iterator[Statement]:
    found = set().union(*(actions(each.needs.tagged) for each in wanted))
    if any(each.needs.kind for each in wanted):
        found |= {"ec2:CreateTags", "ec2:DeleteTags"}
    condition = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in place.tags.items()}}
    for service in sorted({action.partition(":")[0] for action in found}):
        own = {action for action in found if action.startswith(f"{service}:")}
        yield _statement(f"Tagged{_title(service)}", own, ["*"], condition)


def _created(wanted: Sequence[_Wanted], place: Place) -> Iterator[Statement]:
    """New things get the stack's tags in the call that makes them. EC2 judges each thing that the call touches."""
    condition = {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in place.tags.items()}}
    on_ec2 = [each.needs for each in wanted if each.needs.kind]
    kinds = sorted({each.kind for each in on_ec2})
    made = set().union(*(actions(each.created) for each in on_ec2))
    if made:
        yield _statement("CreateOnEc2", made, [place.ec2(kind) for kind in kinds], condition)
        creating = sorted({action.removeprefix("ec2:") for action in made - {"ec2:CreateTags"}})
        by_call = {"StringEquals": {"ec2:CreateAction": sorted({*creating, *_TAGGED_BY_OTHER_CALLS})}}
        yield _statement("TagWhatIsCreated", {"ec2:CreateTags"}, [place.ec2("*")], by_call)
    beside: dict[str, set[str]] = defaultdict(set)
    for needs in on_ec2:
        for action, touched in needs.beside.items():
            beside[touched].add(action)
    for number, touched in enumerate(sorted(beside), 1):
        on = [place.ec2(kind) for kind in sorted(touched.split())]
        yield _statement(f"CreateBeside{number}", beside[touched], on)
    others = set().union(*(actions(each.needs.created) for each in wanted if not each.needs.kind))
    yield _statement("Create", others, ["*"], condition)


def _free(wanted: Sequence[_Wanted], place: Place) -> Iterator[Statement]:
    regions = sorted({place.region, *(str(each.registration.inputs.get("region") or place.region) for each in wanted)})
    found = set().union(*(actions(each.needs.free) for each in wanted))
    in_regions = {action for action in found if not action.startswith("route53:")}
    yield _statement("InTheRegion", in_regions, ["*"], {"StringEquals": {"aws:RequestedRegion": regions}})
    # Route 53 has one region only, wherever its zones are used.
    yield _statement("Anywhere", found - in_regions, ["*"])


def _statement(
    sid: str, allowed: Iterable[str], on: list[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    wide = [arn for arn in on if not any(arn != other and fnmatchcase(arn, other) for other in on)]
    made: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(allowed), "Resource": wide}
    return {**made, "Condition": dict(condition)} if condition else made


def _title(service: str) -> str:
    """A service's prefix as a statement's name may hold it: letters and digits."""
    return "".join(part.title() for part in service.split("-"))
