"""What functions make of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.errors import AwsError

Arguments = Mapping[str, Any]
Function = Callable[[Account, Arguments], dict[str, Any]]


def region_of(account: Account, arguments: Arguments) -> str:
    """The region that is asked about."""
    return str(arguments.get("region") or account.region)


def filters_of(arguments: Arguments, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """EC2's filters: those given as such, by tags, and by arguments (``names``: argument to filter)."""
    given = [by(each["name"], each["values"]) for each in arguments.get("filters") or ()]
    given += [by(f"tag:{key}", [value]) for key, value in (arguments.get("tags") or {}).items()]
    for key, name in (names or {}).items():
        value = arguments.get(key)
        if value is not None:
            given.append(by(name, [str(value).lower() if isinstance(value, bool) else value]))
    return given


def by(name: str, values: list[Any]) -> dict[str, Any]:
    """One filter."""
    return {"Name": name, "Values": values}


def single(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """The only one; raises AwsError if there is none or more than one."""
    if len(found) == 1:
        return found[0]
    problem = "multiple" if found else "no matching"
    raise AwsError("InvalidQuery", f"{problem} {what} found; use different search criteria")


def tags_of(resource: Arguments) -> dict[str, str]:
    """An EC2 resource's tags as a map."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags") or ()}
