"""What all reports say alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from policies.check import Severity
from policies.judgement import Outcome
from policies.rule import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.check import Checked, Report

TOOL: Final = "mlplatform check"
PAGE: Final = "docs/policies.md"
ATTESTED: Final = "attested by somebody, not verified"
"""What is said of a rule whose pass proves no more than that somebody says so."""


def conclusion(report: Report) -> str:
    """The result in one sentence."""
    if report.unchecked:
        return f"could not check {', '.join(each.stack for each in report.unchecked)}"
    stopping = sum(len(each.stopping) for each in report.checked)
    if report.flaws:
        return f"{counted(stopping, 'finding')} and {counted(len(report.flaws), 'flaw')} in the exceptions"
    return counted(stopping, "finding") if stopping else "nothing stops this change"


def summary(checked: Checked) -> str:
    """What was looked at, in one line."""
    return (
        f"{counted(checked.resources, 'resource')}, {counted(len(checked.outcomes), 'rule')} about them, "
        f"{counted(checked.judged, 'verdict')}"
    )


def asides(checked: Checked) -> list[str]:
    """What does not stop the change but is to be known, one line each."""
    lines = [f"advice: {text}" for text in _by_rule(checked, Severity.ADVICE)]
    lines += [f"filled in by the policy pack: {text}" for text in _by_rule(checked, Severity.FILLED_IN)]
    lines += [f"answered in the update: {text}" for text in _by_rule(checked, Severity.OPEN)]
    exempt = Counter({rule: counts.get(Outcome.EXEMPT, 0) for rule, counts in checked.outcomes.items()})
    exempt.subtract(each.finding.rule.id for each in checked.excused)
    lines += [f"exempt: {rule} on {counted(count, 'resource')}" for rule, count in sorted(exempt.items()) if count > 0]
    lines += [
        f"exception: {each.finding.rule.id} {each.finding.resource}: {each.exception}" for each in checked.excused
    ]
    return [*lines, *(f"not checked: {note}" for note in checked.notes)]


def _by_rule(checked: Checked, severity: Severity) -> Iterable[str]:
    counts = Counter(each.rule.id for each in checked.findings if each.severity is severity)
    return (f"{rule} on {counted(count, 'resource')}" for rule, count in sorted(counts.items()))


def proves(evidence: Evidence) -> str:
    """What a pass of a rule with that evidence proves."""
    return {
        Evidence.BYTES: "what runs is fixed by a digest",
        Evidence.CONFIGURATION: "it is configured so",
        Evidence.ATTESTED: ATTESTED,
    }[evidence]


def counted(number: int, thing: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
