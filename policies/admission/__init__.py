"""The rules as admission policies: what the API server itself asks of every object, whoever brings it.

Helm, controllers and people with kubectl pass neither the offline check nor the policy pack. The policies are made
from the same conditions, with the same scope, exemptions and exceptions, and say the same sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from policies import exceptions
from policies.admission._groups import groups, in_cluster, policy_of
from policies.admission._kinds import is_object, plural
from policies.admission._mutating import mutating_binding, mutating_policy
from policies.admission._validating import validating_binding, validating_policy
from policies.admission._walk import free_names
from policies.parameters import parameters_for
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policies.exceptions import PolicyException
    from policies.language import Condition
    from policies.parameters import Parameters
    from policies.rule import Rule

__all__ = [
    "CLUSTERS_NAMESPACES",
    "Stage",
    "Wanted",
    "in_cluster",
    "is_object",
    "manifests",
    "manifests_of_stack",
    "plural",
    "policy_of",
    "reads_request",
]

Stage = Literal["audit", "warn", "deny"]
"""How far the policies are rolled out: they write to the audit log, tell whoever asks, or refuse."""

CLUSTERS_NAMESPACES: Final = ("kube-system", "kube-public", "kube-node-lease", "cert-manager")
"""Those of Kubernetes itself, whose network and proxies need the host, and of cert-manager, which is there before the
platform: both are the cluster's operator's to judge."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to make of the rules."""

    stage: Stage = "deny"
    """What a violation does; an advisory rule warns at most."""
    fill_in: bool = False
    """Whether what a rule knows the safe value of is filled in: needs Kubernetes 1.36."""
    left_alone: tuple[str, ...] = CLUSTERS_NAMESPACES
    """Namespaces that are not asked about."""


def manifests_of_stack(stack: str, wanted: Wanted) -> list[dict[str, Any]]:
    """The policies and bindings of a stack, with its parameters and the exceptions that count today."""
    today = datetime.now(UTC).date()
    entries = exceptions.load(today, {rule.id for rule in RULES}).of_stack(stack).entries
    return list(manifests(RULES, parameters_for(stack), entries, wanted))


def manifests(
    rules: Iterable[Rule], parameters: Parameters, excepted: Iterable[PolicyException], wanted: Wanted
) -> Iterator[dict[str, Any]]:
    """The policies and bindings of these rules; none for a rule that is about no object of Kubernetes alone."""
    excepted, rules = tuple(excepted), tuple(rules)
    for group in groups(rules):
        yield validating_policy(group, parameters, excepted)
        yield validating_binding(group, wanted.stage, wanted.left_alone)
    for rule in rules:
        conditions = in_cluster(rule)
        if wanted.fill_in and conditions.keys() & rule.defaults.keys():
            yield mutating_policy(rule, conditions, parameters, excepted)
            yield mutating_binding(rule, wanted.left_alone)


def reads_request(condition: Condition) -> bool:
    """Whether it matters who asks."""
    return "request" in free_names(condition)
