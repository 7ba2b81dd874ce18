"""The report as OSCAL assessment results, the form in which auditors' tools exchange what was assessed.

A rule whose pass proves only that somebody says so is observed and never found satisfied.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from policies.check import Severity
from policies.judgement import Outcome
from policies.reports.words import PAGE, TOOL, counted, proves, summary
from policies.rule import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.check import Checked, Finding, Report
    from policies.rule import Rule

Json = dict[str, Any]

OSCAL_VERSION: Final = "1.1.3"
_OURS: Final = "https://mlplatform.dev/ns/oscal"
_ROOT: Final = UUID("6f1d3c5e-4f0a-5d7e-9a53-0d4c7f1b2a90")
"""The namespace of all identities below: the same check of the same resources gives the same ones."""


def oscal(report: Report) -> str:
    """Assessment results: one result for each stack."""
    when = report.made.isoformat()
    identity = _identity("results", when, *(checked.digest for checked in report.checked))
    plan = _identity("plan")
    results = {
        "uuid": identity,
        "metadata": {
            "title": "Guardrails of the ML platform",
            "last-modified": when,
            "version": when,
            "oscal-version": OSCAL_VERSION,
            "props": [_property("tool", TOOL)],
        },
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(checked, report, when) for checked in report.checked],
        "back-matter": {
            "resources": [
                {
                    "uuid": plan,
                    "title": "The rules, and how they are checked",
                    "rlinks": [{"href": PAGE, "media-type": "text/markdown"}],
                }
            ]
        },
    }
    return json.dumps({"assessment-results": results}, indent=2, ensure_ascii=False) + "\n"


def _result(checked: Checked, report: Report, when: str) -> Json:
    judged = [rule for rule in report.rules if rule.id in checked.outcomes]
    observations = {rule.id: _observation(rule, checked, when) for rule in judged}
    controls: Json = (
        {"include-all": {}} if not judged else {"include-controls": [{"control-id": rule.id} for rule in judged]}
    )
    result = {
        "uuid": _identity("result", checked.stack, checked.digest, when),
        "title": f"Stack {checked.stack}",
        "description": f"What {checked.file} would create, judged offline: {summary(checked)}.",
        "start": when,
        "props": [_property("resources-sha256", checked.digest)],
        "reviewed-controls": {"control-selections": [controls]},
        "observations": list(observations.values()),
        "findings": [finding for rule in judged for finding in _findings(rule, checked, observations[rule.id]["uuid"])],
    }
    if checked.notes:
        result["remarks"] = "Not checked: " + "; ".join(checked.notes)
    return {key: value for key, value in result.items() if value or key == "props"}


def _observation(rule: Rule, checked: Checked, when: str) -> Json:
    counts = {outcome: count for outcome, count in checked.outcomes[rule.id].items() if count}
    said = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items())
    excused = [each for each in checked.excused if each.finding.rule.id == rule.id]
    lines = [f"{each.resource}: {each.message}" for each in _of(rule, checked)]
    lines += [f"{each.finding.resource}: exception {each.exception}" for each in excused]
    observation = {
        "uuid": _identity("observation", checked.stack, checked.digest, rule.id, when),
        "title": rule.title,
        "description": f"{counted(sum(counts.values()), 'resource')}: {said}.",
        "props": [
            _property("rule", rule.id),
            _property("evidence", rule.evidence.name.lower(), remarks=proves(rule.evidence)),
            *(
                _property("framework", f"{framework} {article}")
                for framework, articles in rule.frameworks.items()
                for article in articles
            ),
        ],
        "methods": ["EXAMINE" if rule.evidence is Evidence.ATTESTED else "TEST"],
        "collected": when,
    }
    return {**observation, "remarks": "\n".join(lines)} if lines else observation


def _findings(rule: Rule, checked: Checked, observation: str) -> Iterator[Json]:
    """Whether the rule is met; nothing is found of what somebody merely says."""
    broken = [each for each in _of(rule, checked) if each.severity in (Severity.STOPS, Severity.ADVICE)]
    open_ = checked.outcomes[rule.id].get(Outcome.UNDETERMINED, 0) + checked.outcomes[rule.id].get(Outcome.DEFERRED, 0)
    if rule.evidence is Evidence.ATTESTED and not broken:
        return
    status: Json = {"state": "not-satisfied" if broken or open_ else "satisfied"}
    if broken:
        status["reason"] = "fail"
    elif open_:
        status |= {"reason": "other", "remarks": f"{counted(open_, 'resource')} cannot be judged before the update"}
    else:
        status["reason"] = "pass"
    yield {
        "uuid": _identity("finding", checked.stack, checked.digest, rule.id),
        "title": rule.title,
        "description": rule.sentence if broken else rule.why,
        "target": {"type": "objective-id", "target-id": rule.id, "status": status},
        "related-observations": [{"observation-uuid": observation}],
    }


def _of(rule: Rule, checked: Checked) -> list[Finding]:
    return [each for each in checked.findings if each.rule.id == rule.id]


def _property(name: str, value: str, remarks: str = "") -> Json:
    said = {"name": name, "ns": _OURS, "value": value}
    return {**said, "remarks": remarks} if remarks else said


def _identity(*parts: str) -> str:
    return str(uuid5(_ROOT, "\n".join(parts)))
