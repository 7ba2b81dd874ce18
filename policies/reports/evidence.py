"""The evidence of a check: what was judged by what, with which result, in forms that outlive the project.

An in-toto statement says of what (by digest) which rules passed, in the predicate for test results; OSCAL assessment
results and the full report say the rest, and are bound to the statement by their digests. The statement is not signed
here: whoever publishes it signs it with a key of their own.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from policies.check import Severity
from policies.reports.data import data
from policies.reports.oscal import oscal
from policies.reports.words import ATTESTED, proves
from policies.rule import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.check import Checked, Report
    from policies.rule import Rule

Json = dict[str, Any]

README: Final = "README.txt"
STATEMENT: Final = "statement.json"
_TYPE: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"


def bundle(report: Report, judged_by: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, str]:
    """The files of the bundle: texts by name. ``judged_by`` are the digests (SHA-256) of the files that decide a
    verdict, ``versions`` what ran; the report is about one stack."""
    (checked,) = report.checked
    files = {
        README: _read_first(checked, report),
        "report.json": data(report),
        "assessment-results.json": oscal(report),
        "rules.json": _text({"versions": dict(versions), "rules": [_rule(rule) for rule in report.rules]}),
    }
    subjects = [{"name": checked.file, "digest": {"sha256": judged_by[checked.file]}}]
    subjects.append({"name": f"resources of {checked.stack}", "digest": {"sha256": checked.digest}})
    subjects += [{"name": name, "digest": {"sha256": sha256(text)}} for name, text in files.items()]
    configuration = [
        {"name": name, "digest": {"sha256": digest}}
        for name, digest in sorted(judged_by.items())
        if name != checked.file
    ]
    statement = {
        "_type": _TYPE,
        "subject": subjects,
        "predicateType": _PREDICATE,
        "predicate": {"configuration": configuration, **_results(checked, report)},
    }
    return {STATEMENT: _text(statement), **files}


def _read_first(checked: Checked, report: Report) -> str:
    """What the files are, and what they do not prove."""
    attested = sorted(each.id for each in _judged(checked, report) if each.evidence is Evidence.ATTESTED)
    return (
        f"Evidence of the check of stack {checked.stack}.\n\n"
        "NOTHING HERE IS SIGNED. The statement binds the other files and all that was judged by digests, so that\n"
        "one signature on it is enough; without one, anybody can have written all of this.\n\n"
        f"{STATEMENT}: in-toto statement (test result): of what, by digest, which rules passed\n"
        "assessment-results.json: the same as OSCAL assessment results\n"
        "report.json: every finding and exception\n"
        "rules.json: the rules, what a pass of each proves, and what ran\n\n"
        f"Rules judged whose pass is {ATTESTED}, which are never among those that passed:\n"
        f"{', '.join(attested) or 'none'}\n"
    )


def _judged(checked: Checked, report: Report) -> list[Rule]:
    return [rule for rule in report.rules if rule.id in checked.outcomes]


def _results(checked: Checked, report: Report) -> Json:
    """Rules by result; one that only shows that somebody says so warns even where it passes."""
    stopping = {each.rule.id for each in checked.stopping}
    other = {each.rule.id for each in checked.findings if each.severity is not Severity.STOPS} - stopping
    excused = {each.finding.rule.id for each in checked.excused} - stopping
    judged = _judged(checked, report)
    attested = {rule.id for rule in judged if rule.evidence is Evidence.ATTESTED} - stopping
    warned = [rule.id for rule in judged if rule.id in other | excused | attested]
    passed = [rule.id for rule in judged if rule.id not in stopping and rule.id not in warned]
    result = "FAILED" if report.exit_code else "WARNED" if warned else "PASSED"
    return {"result": result, "passedTests": passed, "warnedTests": warned, "failedTests": sorted(stopping)}


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level.value,
        "evidence": {"class": rule.evidence.value, "proves": proves(rule.evidence)},
        "frameworks": {name: list(articles) for name, articles in rule.frameworks.items()},
        "differs": rule.differs,
        "condition": {"sha256": sha256(repr(sorted(rule.conditions.items(), key=lambda pair: pair[0])))},
    }


def sha256(text: str) -> str:
    """The digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
