"""Which requests a policy is asked about: what the evaluator says in Python by scope, exemption and exception."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from policies.admission._kinds import kinds
from policies.admission._walk import asks_for_labels, read_fields
from policies.rule import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from policies.exceptions import PolicyException
    from policies.language import Condition
    from policies.parameters import Parameters
    from policies.rule import Rule

CLUSTERS_OWN: Final = ("system:apiserver", "system:serviceaccount:kube-system:clusterrole-aggregation-controller")
"""Who writes the roles that Kubernetes brings and puts together; a role refused to them would stop an upgrade."""
_CONTROLLERS: Final = "system:serviceaccount:kube-system:"
_CONTROLLER_MANAGER: Final = "system:kube-controller-manager"

_EXPANDED: Final = frozenset(
    {
        "apps/Deployment",
        "apps/ReplicaSet",
        "apps/StatefulSet",
        "batch/Job",
        "core/Pod",
        "jobset.x-k8s.io/JobSet",
        "ray.io/RayCluster",
    }
)
"""Kinds that controllers make of other workloads."""
_MADE_BY: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "core/Pod": {
        "DaemonSet": ("DaemonSet", ""),
        "StatefulSet": ("StatefulSet", ""),
        "ReplicationController": ("ReplicationController", ""),
        "ReplicaSet": ("ReplicaSet", ""),
        "Job": ("Job", ""),
        "Deployment": ("ReplicaSet", "-[a-z0-9]+"),
        "CronJob": ("Job", "-[0-9]+"),
    },
    "apps/ReplicaSet": {"Deployment": ("Deployment", "")},
    "batch/Job": {"CronJob": ("CronJob", "")},
}
"""What Kubernetes' own controllers make of a workload: the owner's kind, and what its name adds to the workload's."""


NOT_OF_THE_CLUSTER: Final = {
    "name": "not-of-the-cluster-itself",
    "expression": f"!(request.userInfo.username in {json.dumps(list(CLUSTERS_OWN))})",
}
"""The condition of a request that is the same for every rule."""


def match_conditions(
    rule: Rule, conditions: Mapping[str, Condition], parameters: Parameters, exceptions: Iterable[PolicyException]
) -> list[dict[str, str]]:
    """All must be true for the rule to be asked about a request that is not the cluster's own."""
    found = {
        "decides-something-new": _changed(conditions),
        "of-a-tenant": _of_a_tenant(rule, parameters),
        "not-made-of-a-workload": _original(conditions, parameters),
        "not-exempt": _none_of(
            text
            for each in parameters.exemptions
            if each.rule == rule.id
            for text in _workload(each.kind, each.namespace, each.name, conditions)
        ),
        "not-excepted": _none_of(
            _all_of(text, _before(each.ends))
            for each in exceptions
            if each.rule == rule.id and each.pattern
            for text in _workload(each.pattern.kind, each.pattern.namespace, each.pattern.name, conditions)
        ),
    }
    return [{"name": name, "expression": text} for name, text in found.items() if text]


def _changed(conditions: Mapping[str, Condition]) -> str:
    """An object that came before the rule may be worked on, ended and cleaned up, as long as nothing that the rule
    reads is changed: else a finalizer could never be removed from it."""
    read: set[tuple[str, ...]] = set()
    for condition in conditions.values():
        each = read_fields(condition)
        if not each:
            return "request.operation == 'CREATE' || !has(object.metadata.deletionTimestamp)"
        read |= each
    differs = " || ".join(
        f"object{path} != oldObject{path}" for path in ("".join(f".?{key}" for key in keys) for keys in sorted(read))
    )
    return f"request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && ({differs}))"


def _of_a_tenant(rule: Rule, parameters: Parameters) -> str:
    if rule.scope is not Scope.TENANTS:
        return ""
    # The namespace of a request about a Namespace is its own name, as in the evaluator.
    return f"!(request.namespace in {json.dumps(list(parameters.platform_namespaces))})"


def _original(conditions: Mapping[str, Condition], parameters: Parameters) -> str:
    """What a controller of the platform makes of a workload need not carry the workload's labels: a rule that wants
    them asks the workload, or has chosen not to."""
    made = [kind for kind, condition in conditions.items() if kind in _EXPANDED and asks_for_labels(condition)]
    if not made:
        return ""
    namespaces = "|".join(re.escape(name) for name in ("kube-system", *parameters.platform_namespaces))
    trusted = f"^(system:serviceaccount:({namespaces}):.+|{_CONTROLLER_MANAGER})$"
    owned = "exists(owner, owner.?controller.orValue(false))"
    return (
        f"!(object.kind in {json.dumps(kinds(made))} && (request.operation == 'CREATE' ? "
        f"request.userInfo.username.matches({json.dumps(trusted)}) && {_owners('object')}.{owned} : "
        f"{_owners('oldObject')}.{owned}))"
    )


def _workload(kind: str, namespace: str, name: str, conditions: Mapping[str, Condition]) -> Iterator[str]:
    """That the object is the workload of these patterns, or what Kubernetes makes of it."""
    place = _in_namespace(namespace)
    if kind in kinds(conditions):
        yield _all_of(place, _like("object.kind", kind), _like("object.metadata.name", name))
    by_controller = (
        f"(request.operation != 'CREATE' || request.userInfo.username.startsWith({json.dumps(_CONTROLLERS)}) || "
        f"request.userInfo.username == {json.dumps(_CONTROLLER_MANAGER)})"
    )
    for made, makers in _MADE_BY.items():
        if made in conditions and kind in makers:
            owner, added = makers[kind]
            named = _like("owner.name", name, added)
            owned = _all_of("owner.?controller.orValue(false)", f"owner.kind == {json.dumps(owner)}", named)
            is_made = f"object.kind == {json.dumps(made.partition('/')[2])}"
            yield _all_of(place, is_made, by_controller, f"{_owners('object')}.exists(owner, {owned})")


def _before(end: datetime) -> str:
    """There is no clock in a policy, but the API server has set the creation time before it asks."""
    return f"timestamp(object.metadata.creationTimestamp) < timestamp({json.dumps(end.isoformat())})"


def _owners(of: str) -> str:
    return f"{of}.metadata.?ownerReferences.orValue([])"


def _in_namespace(pattern: str) -> str:
    return "request.namespace == ''" if pattern == "-" else _like("request.namespace", pattern)


def _like(value: str, pattern: str, added: str = "") -> str:
    """That a value has the form of the pattern, in which ``*`` is any text; nothing where any value has."""
    if pattern == "*":
        return ""
    if "*" not in pattern and not added:
        return f"{value} == {json.dumps(pattern)}"
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return f"{value}.matches({json.dumps(f'^{expression}{added}$')})"


def _all_of(*parts: str) -> str:
    return " && ".join(part for part in parts if part) or "true"


def _none_of(parts: Iterable[str]) -> str:
    several = " || ".join(dict.fromkeys(f"({part})" for part in parts if part))
    return f"!({several})" if several else ""
