"""Policy documents of IAM: their grammar, and actions that exist.

The grammar is that of the IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import fnmatch
import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from rehearsal.aws.kind import Problem
from rehearsal.aws.shapes import UnknownText
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rehearsal.aws.kind import Check

_TOP: Final = {"Version", "Id", "Statement"}
_STATEMENT: Final = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_PRINCIPALS: Final = {"AWS", "Service", "Federated", "CanonicalUser"}
_ACTION: Final = re.compile(r"(?P<service>[A-Za-z0-9-]+):(?P<name>[A-Za-z0-9*?]+)")
_ARN: Final = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_OPERATOR: Final = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)"
    r"|Date(Not)?(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)|Bool|BinaryEquals|(Not)?IpAddress"
    r"|Arn(Not)?(Equals|Like)|Null)(IfExists)?"
)


def policy(name: str, *, trust: bool = False, attached: bool = False) -> Check:
    """A check of the policy document in one property.

    ``trust``: who may assume a role; ``attached``: a policy of a resource. Both name principals, others must not.
    """

    def check(inputs: Mapping[str, Any]) -> list[Problem]:
        text = inputs.get(name)
        if text is None or text is UNKNOWN or isinstance(text, UnknownText):
            return []
        return [Problem(name, f"MalformedPolicyDocument: {reason}") for reason in _reasons(str(text), trust, attached)]

    return check


def _reasons(text: str, trust: bool, attached: bool) -> Iterator[str]:
    try:
        document = json.loads(text)
    except ValueError as error:
        yield f"The policy is not valid JSON: {error}"
        return
    if not isinstance(document, dict):
        yield "The policy is not a JSON object"
        return
    for key in sorted(set(document) - _TOP):
        yield f"Unknown field {key} in the policy"
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield f"Unsupported policy version {document['Version']!r}; use {_VERSIONS[0]!r}"
    statements = document.get("Statement")
    if not statements:
        yield "The policy has no statement"
    for number, statement in enumerate(_many(statements)):
        for reason in _statement(statement, trust, trust or attached):
            yield f"{reason} in statement {statement.get('Sid', number) if isinstance(statement, dict) else number}"


def _statement(statement: object, trust: bool, principal: bool) -> Iterator[str]:
    if not isinstance(statement, dict):
        yield "An object is wanted"
        return
    for key in sorted(set(statement) - _STATEMENT):
        yield f"Unknown field {key}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"Effect must be Allow or Deny, got {statement.get('Effect')!r}"
    yield from _one_of(statement, "Action", "NotAction", wanted=True)
    yield from _one_of(statement, "Resource", "NotResource", wanted=not trust)
    yield from _one_of(statement, "Principal", "NotPrincipal", wanted=principal, allowed=principal)
    if trust and ("Resource" in statement or "NotResource" in statement):
        yield "Has prohibited field Resource"
    for action in _many(statement.get("Action", statement.get("NotAction"))):
        yield from _action(action)
    for resource in _many(statement.get("Resource", statement.get("NotResource"))):
        if resource != "*" and not _ARN.fullmatch(str(resource)):
            yield f'Resource {resource!r} must be in ARN format or "*"'
    yield from _principal(statement.get("Principal", statement.get("NotPrincipal")))
    yield from _condition(statement.get("Condition"))


def _one_of(
    statement: Mapping[str, Any], name: str, opposite: str, *, wanted: bool, allowed: bool = True
) -> Iterator[str]:
    there = [each for each in (name, opposite) if each in statement]
    if len(there) == 2:
        yield f"{name} and {opposite} exclude each other"
    if wanted and (not there or not statement[there[0]]):
        yield f"{name} is missing"
    if there and not allowed:
        yield f"Has prohibited field {there[0]}"


def _action(action: object) -> Iterator[str]:
    if action == "*":
        return
    match = _ACTION.fullmatch(str(action))
    if not match:
        yield f"Action {action!r} must be <service>:<name>"
        return
    known = _actions().get(match["service"].lower())
    if known is None:
        yield f"Action {action!r} names a service that does not exist"
    elif not fnmatch.filter(known, match["name"].lower()):
        yield f"Action {action!r} does not exist"


def _principal(principal: object) -> Iterator[str]:
    if principal is None or principal == "*":
        return
    if not isinstance(principal, dict):
        yield f'Principal must be "*" or an object, got {principal!r}'
        return
    for key in sorted(set(principal) - _PRINCIPALS):
        yield f"Unknown kind of principal {key}"
    for service in _many(principal.get("Service")):
        if not re.fullmatch(r"[a-z0-9.-]+\.(amazonaws\.com|aws\.internal)(\.cn)?", str(service)):
            yield f'Invalid principal in policy: "SERVICE":"{service}"'
    for account in _many(principal.get("AWS")):
        if account != "*" and not re.fullmatch(
            r"\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|AIDA\w+|AROA\w+", str(account)
        ):
            yield f'Invalid principal in policy: "AWS":"{account}"'


def _condition(condition: object) -> Iterator[str]:
    if condition is None:
        return
    if not isinstance(condition, dict):
        yield "Condition must be an object"
        return
    for operator, tests in condition.items():
        if not _OPERATOR.fullmatch(operator):
            yield f"Unknown condition operator {operator}"
        if not isinstance(tests, dict) or not all(":" in key for key in tests):
            yield f"Condition {operator} must have keys like aws:SourceArn"


def _many(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@cache
def _actions() -> dict[str, frozenset[str]]:
    """All actions of IAM by service, in small letters (Service Authorization Reference, as cfn-lint has it)."""
    text = resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text()
    return {service: frozenset(known["Actions"]) for service, known in json.loads(text).items()}
