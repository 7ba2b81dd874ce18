"""One rule, one resource, one verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from policies.language import ABSENT, MEMBER, UNKNOWN, Bound, Stack, spell
from policies.rule import Level, OnUnknown, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policies.language import Place
    from policies.parameters import Parameters
    from policies.resource import Resource

_PLACES_NAMED = 8
"""More places than this make a message unreadable; the rest is counted."""


class Outcome(Enum):
    """What a rule says of a resource."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    EXEMPT = "exempt"
    """It would fail, but is a named platform workload, or in a namespace that the rule does not judge."""
    DEFERRED = "deferred"
    """It fails unless it is exempt, which depends on a namespace or name that is not known yet."""
    BROKEN = "broken"
    """The rule itself failed; it never counts as a pass."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's answer for one resource; ``detail`` says where and why."""

    rule: Rule
    resource: Resource
    outcome: Outcome
    detail: str = ""
    places: tuple[Place, ...] = ()
    """Where in the resource it was decided."""

    def stops(self, *, known: bool) -> bool:
        """Whether the change must not go on; ``known`` when all values should be known by now (not a preview)."""
        if self.outcome is Outcome.BROKEN:
            return True
        if self.rule.level is Level.ADVISORY:
            return False
        if self.outcome is Outcome.UNDETERMINED:
            return known or self.rule.on_unknown is OnUnknown.REFUSE
        return self.outcome is Outcome.FAIL or (known and self.outcome is Outcome.DEFERRED)

    @property
    def message(self) -> str:
        """The finding in words: what is wrong, where, and what to do."""
        rule = self.rule
        if self.outcome is Outcome.BROKEN:
            return f"The rule itself failed, so nothing is known: {self.detail}. This is a defect of the policy pack."
        if self.outcome is Outcome.DEFERRED:
            return f"Undetermined: {rule.title}: not so, unless its namespace and name exempt it ({self.detail})."
        if self.outcome is Outcome.UNDETERMINED:
            return f"Undetermined: {self.detail} not known yet. {rule.sentence}"
        return f"{rule.sentence} (not so at {self.detail})"


@dataclass(frozen=True)
class Surroundings:
    """What a rule may know beside the resource itself: the parameters, the whole stack, the object as it is now, and
    the request that asks for the change (as admission knows it: ``userInfo``, and as ``grants`` what else the user may
    do)."""

    parameters: Parameters
    stack: Stack = field(default_factory=Stack)
    old: Mapping[str, Any] | None = None
    request: Mapping[str, Any] | None = None

    @classmethod
    def of_stack(cls, parameters: Parameters, resources: Iterable[Resource]) -> Surroundings:
        """The surroundings of every resource of a stack that is known in full."""
        return cls(parameters, Stack(resources))

    @cached_property
    def now(self) -> str:
        """The moment by which dates are judged (RFC 3339)."""
        return self.parameters.judged_at or datetime.now(UTC).isoformat()


def judge(rule: Rule, resource: Resource, surroundings: Surroundings) -> Verdict:
    """The verdict of a rule that applies to the resource's type. Never raises: a rule that fails is BROKEN."""
    try:
        truth = rule.conditions[resource.type].evaluate(_scope(resource, surroundings))
        if truth.value:
            return Verdict(rule, resource, Outcome.PASS)
        # A parameter is named only where nothing in the resource could be changed.
        places = tuple(place for place in truth.places if place[:1] != ("parameters",)) or truth.places
        exempt, certain = _exemption(rule, resource, surroundings.parameters)
        if exempt:
            return Verdict(rule, resource, Outcome.EXEMPT if certain else Outcome.DEFERRED, exempt, places)
        if True not in truth.possible and truth.faults:
            return Verdict(rule, resource, Outcome.FAIL, "; ".join(truth.faults), places)
        outcome = Outcome.UNDETERMINED if truth.value is None else Outcome.FAIL
        return Verdict(rule, resource, outcome, _spell(places), places)
    except Exception as error:  # noqa: BLE001 - one rule's defect must not hide another rule's answer
        return Verdict(rule, resource, Outcome.BROKEN, f"{type(error).__name__}: {error}")


def _exemption(rule: Rule, resource: Resource, parameters: Parameters) -> tuple[str, bool]:
    """Why the rule leaves the resource out (empty where it does not), and whether that is certain."""
    kind = resource.type.rpartition("/")[2]
    namespace = resource.name if resource.type == "core/Namespace" else resource.namespace
    certain = namespace is not UNKNOWN and resource.name is not UNKNOWN
    if rule.scope is Scope.TENANTS and (namespace is UNKNOWN or namespace in parameters.platform_namespaces):
        return "a namespace of the platform", certain
    for exemption in parameters.exemptions:
        if exemption.rule == rule.id and exemption.covers(namespace, kind, resource.name):
            return exemption.reason, certain
    return "", True


def _scope(resource: Resource, surroundings: Surroundings) -> dict[str, Bound]:
    return {
        "object": Bound(resource.properties, ()),
        MEMBER + "object": Bound(resource, ()),
        "options": Bound(resource.options, ("options",)),
        "old": Bound(ABSENT if surroundings.old is None else surroundings.old, ()),
        "request": Bound(ABSENT if surroundings.request is None else surroundings.request, ("request",)),
        "now": Bound(surroundings.now, ("now",)),
        "parameters": Bound(vars(surroundings.parameters), ("parameters",)),
        "stack": Bound(surroundings.stack, ("stack",)),
    }


def _spell(places: tuple[Place, ...]) -> str:
    named = [spell(place) for place in places[:_PLACES_NAMED]]
    more = len(places) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
