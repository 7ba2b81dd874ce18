"""What a rule is. The pack, the tests, the catalogue page and the in-cluster policy are all made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.language import Condition


class Level(Enum):
    """What a violation does."""

    ADVISORY = "advisory"
    """It is reported."""
    MANDATORY = "mandatory"
    """It stops the change."""
    REMEDIATE = "remediate"
    """What is missing is filled in; what still violates the rule stops the change."""


class OnUnknown(Enum):
    """What a mandatory rule does where a value that decides is not known yet (at preview)."""

    REFUSE = "refuse"
    """Undetermined stops the change: the value is one that nobody has a reason to compute."""
    DEFER = "defer"
    """Undetermined is reported; the rule answers when the value is known, before the resource is created."""


class Evidence(Enum):
    """What a pass proves."""

    BYTES = "B"
    """What runs is fixed by a digest."""
    CONFIGURATION = "C"
    """It is configured so."""
    ATTESTED = "A"
    """Somebody says so; never reported as compliance."""


class Scope(Enum):
    """Which namespaces a rule judges; named exemptions apart."""

    EVERYWHERE = "tenants and platform"
    TENANTS = "tenants"


@dataclass(frozen=True, slots=True)
class Example:
    """A stack that shows a rule at work: ready-made resources with a few values changed.

    ``of`` names a base of ``rules/_examples.py``; ``but`` maps its paths to other values, ABSENT to leave one out and
    UNKNOWN for one that is not known yet. ``before``, where given, does the same for the object as it was before the
    change, and ``parameters`` names those that differ from the examples' usual ones. ``sources`` says from which bases
    of the example the value of a property comes, ``options`` what the program says of the resource besides, and
    ``request`` who asks the API server for the change.
    """

    of: str
    but: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    beside: tuple[Example, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Default:
    """A value that remediation fills in where none is given: at ``path`` below each place of ``at``.

    ``at`` is a path of the resource in which ``[*]`` stands for every element of a list.
    """

    at: str
    path: str
    value: Any


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One guardrail.

    ``conditions`` maps each resource type that the rule applies to (``apps/Deployment``: API group and kind,
    ``core`` for the nameless group) to what must be true of it. ``related`` names the types of other resources that
    the conditions look at: such a rule can only be judged when the whole stack is known. ``defaults`` are what
    remediation fills in, by resource type. ``frameworks`` maps a framework's name to the articles or controls that
    the rule serves; ``peers`` names the same check in other suites. ``differs`` says what of the catalogue's text is
    not enforced, and why.
    """

    id: str
    title: str
    why: str
    fix: str
    level: Level
    conditions: Mapping[str, Condition]
    good: tuple[Example, ...]
    bad: tuple[Example, ...]
    unknown: tuple[Example, ...]
    on_unknown: OnUnknown = OnUnknown.DEFER
    evidence: Evidence = Evidence.CONFIGURATION
    scope: Scope = Scope.EVERYWHERE
    related: tuple[str, ...] = ()
    defaults: Mapping[str, tuple[Default, ...]] = field(default_factory=dict)
    frameworks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    peers: tuple[str, ...] = ()
    differs: str = ""

    @property
    def applies_to(self) -> frozenset[str]:
        """The resource types that the rule judges."""
        return frozenset(self.conditions)

    @property
    def sentence(self) -> str:
        """What is told, in the same words everywhere, where the rule does not hold."""
        return f"{self.title}. Fix: {self.fix}"

    @property
    def graph(self) -> bool:
        """Whether the rule looks at other resources than the judged one."""
        return bool(self.related)
