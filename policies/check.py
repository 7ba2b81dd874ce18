"""The offline check of a change: every resource of a stack, as its program would register it, against every rule."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from policies.filling import filled
from policies.judgement import Outcome, Surroundings, Verdict, judge
from policies.language import spell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from policies.exceptions import Exceptions, Flaw, PolicyException
    from policies.parameters import Parameters
    from policies.resource import Resource
    from policies.rule import Rule


class Severity(Enum):
    """What a finding does to a change."""

    STOPS = "stops"
    """The change must not go on."""
    ADVICE = "advice"
    """An advisory rule does not hold."""
    FILLED_IN = "filled in"
    """The rule does not hold as it is written; the policy pack fills in what is missing."""
    OPEN = "open"
    """A value that decides is not known before the update; the rule answers then."""


@dataclass(frozen=True, slots=True)
class Where:
    """A line of a file of the repository, and what stands there: a key of a stack file, or nothing."""

    file: str
    line: int
    key: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" ({self.key})" if self.key else "")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding comes from, as far as it is known: the stack file's line, the program's line."""

    setting: Where | None = None
    program: Where | None = None
    exact: bool = False
    """Whether the setting is the very value that was judged, and not the section around it."""

    @property
    def best(self) -> Where | None:
        """The line to look at first."""
        return self.setting if self.exact or self.program is None else self.program


class Locator(Protocol):
    """Knows where the resources of a stack come from."""

    def __call__(self, verdict: Verdict) -> Location:
        """Where what the verdict found comes from."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that does not hold, or is not known to."""

    stack: str
    rule: Rule
    resource: str
    message: str
    severity: Severity
    location: Location
    places: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same as long as the same rule is broken at the same places of the same resource, whatever its line."""
        text = "\n".join((self.stack, self.rule.id, self.resource, *self.places))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Excused:
    """A finding that an exception covers."""

    finding: Finding
    exception: PolicyException


@dataclass(frozen=True)
class Checked:
    """What the rules say of one stack; ``notes`` say what of it was not looked at."""

    stack: str
    file: str
    resources: int
    findings: tuple[Finding, ...]
    excused: tuple[Excused, ...]
    outcomes: Mapping[str, Mapping[Outcome, int]]
    """How many resources got which verdict, by rule."""
    covered: frozenset[PolicyException]
    """Exceptions that name a resource which their rule judges."""
    notes: tuple[str, ...] = ()
    digest: str = ""
    """Of all that was judged (SHA-256): the same resources have the same."""

    @property
    def stopping(self) -> tuple[Finding, ...]:
        """The findings that stop the change."""
        return tuple(each for each in self.findings if each.severity is Severity.STOPS)

    @property
    def judged(self) -> int:
        """How many verdicts there are."""
        return sum(sum(counts.values()) for counts in self.outcomes.values())


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a stack file, or keeps it from being checked; and its line, where that is known."""

    text: str
    line: int | None = None


@dataclass(frozen=True)
class Unchecked:
    """A stack that could not be checked."""

    stack: str
    file: str
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Report:
    """One run of the check over some stacks."""

    checked: tuple[Checked, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    """What is wrong with the file of exceptions."""
    exceptions_file: str = ""
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def exit_code(self) -> int:
        """0: nothing stops the change, 1: something does, 2: something could not be checked."""
        if self.unchecked:
            return 2
        return 1 if self.flaws or any(each.stopping for each in self.checked) else 0


def check(
    stack: str,
    file: str,
    resources: Sequence[Resource],
    rules: Iterable[Rule],
    parameters: Parameters,
    exceptions: Exceptions,
    locate: Locator,
    notes: Collection[str] = (),
) -> Checked:
    """Judge every resource of the stack by every rule about its type."""
    by_type: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        for kind in rule.conditions:
            by_type[kind].append(rule)
    surroundings = Surroundings.of_stack(parameters, resources)
    exceptions = exceptions.of_stack(stack)
    outcomes: dict[str, Counter[Outcome]] = defaultdict(Counter)
    findings: list[Finding] = []
    excused: list[Excused] = []
    covered: set[PolicyException] = set()
    digest = hashlib.sha256()
    for resource in resources:
        digest.update(repr((resource.type, resource.urn, resource.properties)).encode())
        for rule in by_type.get(resource.type, ()):
            verdict = judge(rule, resource, surroundings)
            covered.update(each for each in exceptions.entries if each.rule == rule.id and each.covers(resource))
            exception = exceptions.excusing(verdict)
            outcomes[rule.id][Outcome.EXEMPT if exception else verdict.outcome] += 1
            if verdict.outcome in (Outcome.PASS, Outcome.EXEMPT):
                continue
            finding = _finding(stack, verdict, _severity(verdict, surroundings), locate)
            if exception:
                excused.append(Excused(finding, exception))
            else:
                findings.append(finding)
    return Checked(
        stack,
        file,
        len(resources),
        tuple(sorted(findings, key=_order)),
        tuple(excused),
        outcomes,
        frozenset(covered),
        tuple(notes),
        digest.hexdigest(),
    )


def useless(
    exceptions: Exceptions, checked: Sequence[Checked], stacks: Collection[str]
) -> Iterator[tuple[PolicyException, str]]:
    """The exceptions that nothing needs, and why: of those whose stacks (of all ``stacks``) were all checked."""
    seen = {each.stack for each in checked}
    needed = {excused.exception for each in checked for excused in each.excused}
    covered = {exception for each in checked for exception in each.covered}
    for entry in exceptions.entries:
        if entry in needed or not set(entry.stacks or stacks) <= seen:
            continue
        if entry in covered:
            yield entry, "is stale: the rule holds without it; remove it"
        else:
            yield entry, f"matches no resource that {entry.rule} judges: {entry.resource}; mend or remove it"


def _severity(verdict: Verdict, surroundings: Surroundings) -> Severity:
    if verdict.stops(known=False):
        remedied = verdict.outcome is Outcome.FAIL and verdict.resource.type in verdict.rule.defaults
        if remedied and judge(verdict.rule, filled(verdict.rule, verdict.resource), surroundings).outcome in (
            Outcome.PASS,
            Outcome.EXEMPT,
        ):
            return Severity.FILLED_IN
        return Severity.STOPS
    return Severity.ADVICE if verdict.outcome is Outcome.FAIL else Severity.OPEN


def _finding(stack: str, verdict: Verdict, severity: Severity, locate: Locator) -> Finding:
    places = tuple(spell(place) for place in verdict.places)
    return Finding(stack, verdict.rule, verdict.resource.label, verdict.message, severity, locate(verdict), places)


def _order(finding: Finding) -> tuple[int, str, str]:
    return list(Severity).index(finding.severity), finding.rule.id, finding.resource
