"""Policy documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.account import Account
    from rehearsal.aws.functions._arguments import Arguments

_LISTS = (
    ("actions", "Action"),
    ("notActions", "NotAction"),
    ("resources", "Resource"),
    ("notResources", "NotResource"),
)


def policy_document(_account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getPolicyDocument``."""
    document: dict[str, Any] = {"Version": arguments.get("version", "2012-10-17")}
    document |= {"Id": arguments["policyId"]} if arguments.get("policyId") else {}
    document["Statement"] = [_statement(each) for each in arguments.get("statements") or ()]
    text = json.dumps(document, indent=2)
    return {"id": "policy", "json": text, "minifiedJson": json.dumps(document, separators=(",", ":"))}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect", "Allow")
    statement |= {name: _one_or_many(given[key]) for key, name in _LISTS if given.get(key)}
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(key):
            statement[name] = {each["type"]: _one_or_many(each["identifiers"]) for each in given[key]}
    for condition in given.get("conditions") or ():
        tests = statement.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = _one_or_many(condition["values"])
    return statement


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else sorted(values)
