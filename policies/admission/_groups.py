"""Which rules are asked together.

A policy costs the API server more than a rule in it, at every creation of what it is about; but a policy of many rules
about many kinds takes longer to compile than all of them alone (`benchmarks/README.md`). Pods are created most, and are
one kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policies.admission._kinds import is_object
from policies.admission._walk import can_be_said
from policies.rule import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policies.language import Condition
    from policies.rule import Rule

_PODS: Final = "core/Pod"


@dataclass(frozen=True)
class Asked:
    """A rule, and its conditions by the type of resource."""

    rule: Rule
    conditions: Mapping[str, Condition]


@dataclass(frozen=True)
class Group:
    """Rules of one level that are one policy."""

    name: str
    asked: tuple[Asked, ...]

    @property
    def rules(self) -> list[Rule]:
        """Which they are."""
        return [each.rule for each in self.asked]

    @property
    def advisory(self) -> bool:
        """Whether they warn at most."""
        return self.asked[0].rule.level is Level.ADVISORY

    @property
    def types(self) -> list[str]:
        """The types of resources that any of them is about."""
        return list(dict.fromkeys(each for asked in self.asked for each in asked.conditions))


def in_cluster(rule: Rule) -> Mapping[str, Condition]:
    """The rule's conditions that the API server can judge: those of a single object, in what CEL can say."""
    if rule.graph:
        return {}
    return {kind: each for kind, each in rule.conditions.items() if is_object(kind) and can_be_said(each)}


def policy_of(rule: Rule, resource_type: str) -> str:
    """The name of the policy that asks the rule about resources of this type.

    Rules about pods are asked together, advisory ones apart, because a policy's binding says what a violation does.
    About all other kinds each rule has its own policy.
    """
    if resource_type != _PODS:
        return f"mlplatform-{rule.id.lower()}"
    return "mlplatform-pods-advice" if rule.level is Level.ADVISORY else "mlplatform-pods"


def groups(rules: Iterable[Rule]) -> list[Group]:
    """All rules that the API server can ask, as the policies that ask them."""
    found: dict[str, dict[str, Asked]] = {}
    for rule in rules:
        by_policy: dict[str, dict[str, Condition]] = {}
        for resource_type, condition in in_cluster(rule).items():
            by_policy.setdefault(policy_of(rule, resource_type), {})[resource_type] = condition
        for name, conditions in by_policy.items():
            found.setdefault(name, {})[rule.id] = Asked(rule, conditions)
    return [Group(name, tuple(asked.values())) for name, asked in found.items()]
