"""The rules' policies in another CEL engine: Google's in C++, with what Kubernetes adds to the language.

It reads the policies as the API server would; of each, what matches breaks the rule.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cel_expr_python import cel
from cel_expr_python.ext.ext_optional import ExtOptional
from cel_expr_python.ext.ext_strings import ExtStrings

from cli.proof.answers import NotAsked, Said
from cli.proof.not_in_cluster import not_in_cluster
from policies.admission import Wanted, manifests, policy_of
from policies.language.quantities import quantity
from policies.rules._examples import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.proof.cases import Case

Json = dict[str, Any]

CREATED: Final = "2026-06-01T00:00:00Z"
"""What the API server has filled in before it asks."""
_DYN, _INT, _DOUBLE, _STRING = cel.Type.DYN, cel.Type.INT, cel.Type.DOUBLE, cel.Type.STRING


_LACKING: Final = NotAsked("the engine has no authorizer")


class CelEngine:
    """The policies of the rules' examples, evaluated here."""

    name = "cel"

    def __init__(self) -> None:
        self._policies: dict[tuple[str, str, str], Json] = {}

    def ask(self, case: Case) -> Said | NotAsked:
        """What the policy says of the example."""
        if (reason := not_in_cluster(case)) is not None:
            return reason
        policy = self._policy(case)
        if any("authorizer." in each["expression"] for each in policy["spec"]["matchConditions"]):
            return _LACKING
        return Said.HOLDS if _holds(policy["spec"], case) else Said.BROKEN

    def _policy(self, case: Case) -> Json:
        name = policy_of(case.rule, case.judged.type)
        key = case.rule.id, name, repr(case.changed_parameters)
        if key not in self._policies:
            parameters = replace(PARAMETERS, **case.changed_parameters)
            made = manifests([case.rule], parameters, (), Wanted(left_alone=()))
            self._policies[key] = next(each for each in made if each["metadata"]["name"] == name)
        return self._policies[key]


def _holds(spec: Json, case: Case) -> bool:
    """Whether the request passes the policy: some match condition is false. One that cannot be evaluated is not."""
    manifest, old = dict(case.judged.properties), case.old
    names: dict[str, Any] = {"object": _created(manifest), "oldObject": old, "request": _request(manifest, case)}
    return any(_is_false(each["expression"], names) for each in spec["matchConditions"])


def _is_false(expression: str, names: Mapping[str, Any]) -> bool:
    found = _compiled(expression).eval(data=names)
    return found.type() != cel.Type.ERROR and found.plain_value() is False


def _created(manifest: Json) -> Json:
    return {**manifest, "metadata": {"creationTimestamp": CREATED, **manifest["metadata"]}}


def _request(manifest: Json, case: Case) -> Json:
    metadata = manifest["metadata"]
    namespace = metadata.get("name" if manifest["kind"] == "Namespace" else "namespace", "")
    operation = "CREATE" if case.old is None else "UPDATE"
    who = {"username": "somebody", "groups": []}
    return {"operation": operation, "namespace": namespace, "userInfo": who, **(case.request or {})}


@cache
def _compiled(expression: str) -> cel.Expression:
    return _environment().compile(expression)


@cache
def _environment() -> cel.Env:
    return cel.NewEnv(
        variables=dict.fromkeys(("object", "oldObject", "request"), _DYN),
        extensions=[ExtOptional(), ExtStrings()],
        functions=[
            cel.FunctionDecl("quantity", [cel.Overload("quantity", _DOUBLE, [cel.Type.STRING], impl=_quantity)]),
            cel.FunctionDecl(
                "compareTo", [cel.Overload("compare", _INT, [_DOUBLE, _DOUBLE], is_member=True, impl=_compare)]
            ),
            cel.FunctionDecl("find", [cel.Overload("find", _STRING, [_STRING, _STRING], is_member=True, impl=_find)]),
        ],
    )


def _quantity(text: str) -> float:
    return float(quantity(text))


def _find(text: str, expression: str) -> str:
    found = re.search(expression, text)
    return found[0] if found else ""


def _compare(one: float, other: float) -> int:
    return (one > other) - (one < other)
