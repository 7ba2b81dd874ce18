"""Exceptions from rules: one file, ``policies/exceptions.yaml``, honoured in every place that enforces rules.

An exception names one rule and the resources that may break it, says why, who answers for it and where its end is
worked on, and ends by itself. What is wrong with an entry makes it void: it excuses nothing, and fails the check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from policies.judgement import Outcome, Verdict
from policies.language import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from policies.resource import Resource

FILE: Final = Path(__file__).with_name("exceptions.yaml")
LONGEST_DAYS: Final = 180
_TEXTS: Final = ("rule", "resource", "reason", "owner", "ticket")
_KEYS: Final = frozenset({*_TEXTS, "expires", "stacks"})
_FEWEST_WORDS: Final = 5
_EXCUSABLE: Final = frozenset({Outcome.FAIL, Outcome.UNDETERMINED, Outcome.DEFERRED})


@dataclass(frozen=True, slots=True)
class Pattern:
    """Kubernetes objects by kind, namespace (``-``: none) and name, in each of which ``*`` is any text."""

    kind: str
    namespace: str
    name: str

    def covers(self, resource: Resource) -> bool:
        """Whether the resource is meant for certain: what is not known yet is not."""
        pairs = (
            (resource.type.rpartition("/")[2], self.kind),
            (resource.namespace or "-", self.namespace),
            (resource.name, self.name),
        )
        return all(not isinstance(value, Gap) and fnmatchcase(value, pattern) for value, pattern in pairs)


@dataclass(frozen=True, slots=True)
class PolicyException:
    """One entry of the file; ``line`` is where it stands."""

    rule: str
    resource: str
    reason: str
    owner: str
    ticket: str
    expires: date
    stacks: tuple[str, ...] = ()
    line: int = 0

    @property
    def ends(self) -> datetime:
        """The moment at which it ends: the end of its last day, UTC."""
        return datetime.combine(self.expires, time(), UTC) + timedelta(days=1)

    @property
    def pattern(self) -> Pattern | None:
        """What it says of objects; None where it names resources by URN."""
        return None if self.resource.startswith("urn:") else Pattern(*self.resource.split("/"))

    def is_for(self, stack: str) -> bool:
        """Whether it counts in that stack."""
        return not self.stacks or stack in self.stacks

    def covers(self, resource: Resource) -> bool:
        """Whether the resource is one that it names."""
        pattern = self.pattern
        return fnmatchcase(resource.urn, self.resource) if pattern is None else pattern.covers(resource)

    def __str__(self) -> str:
        return f"{self.ticket}, {self.owner}, until {self.expires}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an entry, and its line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The entries that count, and the flaws of those that do not."""

    entries: tuple[PolicyException, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    def of_stack(self, stack: str) -> Exceptions:
        """Those that count in that stack."""
        return replace(self, entries=tuple(each for each in self.entries if each.is_for(stack)))

    def excusing(self, verdict: Verdict) -> PolicyException | None:
        """The exception that covers what the verdict finds; None where it finds nothing, or nothing covers it."""
        if verdict.outcome not in _EXCUSABLE:
            return None
        return next((each for each in self._about(verdict.rule.id) if each.covers(verdict.resource)), None)

    def apply(self, verdict: Verdict) -> Verdict:
        """The verdict, or that the resource is exempt by an exception."""
        found = self.excusing(verdict)
        return verdict if found is None else replace(verdict, outcome=Outcome.EXEMPT, detail=f"exception {found}")

    def _about(self, rule: str) -> Iterable[PolicyException]:
        return (each for each in self.entries if each.rule == rule)


NO_EXCEPTIONS: Final = Exceptions()


def load(today: date, rules: Collection[str], file: Path = FILE) -> Exceptions:
    """The exceptions of the file, as of a day; entries with a flaw, an expired date among them, do not count."""
    text = file.read_text()
    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    listed = _value_of(root, "exceptions")
    if not isinstance(listed, yaml.SequenceNode):
        return Exceptions(flaws=(Flaw(1, "the file is not a mapping with the list `exceptions`"),))
    entries: list[PolicyException] = []
    flaws: list[Flaw] = []
    for node in listed.value:
        line = node.start_mark.line + 1
        try:
            entry = _entry(node, line)
            _refuse_wrong(entry, today, rules)
            _refuse_twice(entry, entries)
            entries.append(entry)
        except ValueError as error:
            flaws.append(Flaw(line, str(error)))
    return Exceptions(tuple(entries), tuple(flaws))


def _value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _entry(node: yaml.Node, line: int) -> PolicyException:
    loader = yaml.SafeLoader("")
    value = loader.construct_object(node, deep=True)
    if not isinstance(value, dict):
        raise ValueError("is not a mapping; write `rule:`, `resource:` … below each other")  # noqa: TRY004
    if unknown := sorted(set(value) - _KEYS):
        raise ValueError(f"{unknown[0]}: is no known key; known keys are {', '.join(sorted(_KEYS))}")
    for key in _TEXTS:
        if not isinstance(value.get(key), str) or not value[key].strip():
            raise ValueError(f"{key}: must be given, as text")
    if type(value.get("expires")) is not date:
        raise ValueError("expires: must be a date, such as 2026-03-31")
    stacks = value.get("stacks", [])
    if not isinstance(stacks, list) or not all(isinstance(each, str) for each in stacks):
        raise ValueError("stacks: must be a list of stacks' names")
    return PolicyException(**{**value, "stacks": tuple(stacks)}, line=line)


def _refuse_wrong(entry: PolicyException, today: date, rules: Collection[str]) -> None:
    if entry.rule not in rules:
        raise ValueError(f"rule: no rule is called {entry.rule}; `mlplatform policies list` names them")
    if not entry.resource.startswith("urn:pulumi:"):
        parts = entry.resource.split("/")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"resource: must be a URN or kind/namespace/name, got {entry.resource}")
        if parts[0] == "*" or parts[1:] == ["*", "*"]:
            raise ValueError(f"resource: covers more than anybody can answer for, got {entry.resource}; name the kind")
    if len(entry.reason.split()) < _FEWEST_WORDS:
        raise ValueError("reason: must say why the rule cannot be followed, in a sentence")
    if entry.expires < today:
        raise ValueError(f"has expired on {entry.expires}: mend {entry.resource}, or decide anew in {entry.ticket}")
    if entry.expires > today + timedelta(days=LONGEST_DAYS):
        raise ValueError(f"expires: is more than {LONGEST_DAYS} days ahead, got {entry.expires}")


def _refuse_twice(entry: PolicyException, others: Iterable[PolicyException]) -> None:
    for other in others:
        if (entry.rule, entry.resource, entry.stacks) == (other.rule, other.resource, other.stacks):
            raise ValueError(f"is written twice; the other one stands in line {other.line}")
