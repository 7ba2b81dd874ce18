"""The report as SARIF 2.1.0, which code hosts show beside the lines of a change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from policies.check import Severity
from policies.rule import Level

if TYPE_CHECKING:
    from policies.check import Finding, Report, Where
    from policies.exceptions import Flaw, PolicyException
    from policies.rule import Rule

Json = dict[str, Any]

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {
    Severity.STOPS: "error",
    Severity.ADVICE: "warning",
    Severity.FILLED_IN: "note",
    Severity.OPEN: "note",
}
_FINGERPRINT: Final = "mlplatform/v1"
_EXCEPTIONS_RULE: Final = "META-01"
_SETTINGS_RULE: Final = "stack-file"


def sarif(report: Report) -> str:
    """One run, with the whole catalogue as its rules and each finding as a result."""
    rules = {rule.id: _rule(rule) for rule in report.rules}
    rules.setdefault(_EXCEPTIONS_RULE, _own_rule(_EXCEPTIONS_RULE, "Exceptions are reasoned, owned and end"))
    rules[_SETTINGS_RULE] = _own_rule(_SETTINGS_RULE, "A stack file can be read and its program can be run")
    order = {rule: index for index, rule in enumerate(rules)}
    results = [
        *(_mistake(each.file, mistake.text, mistake.line) for each in report.unchecked for mistake in each.mistakes),
        *(_flaw(flaw, report.exceptions_file) for flaw in report.flaws),
        *(_result(finding) for checked in report.checked for finding in checked.findings),
        *(_result(each.finding, each.exception) for checked in report.checked for each in checked.excused),
    ]
    driver = {"name": "mlplatform", "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.unchecked, "exitCode": report.exit_code}],
        "results": [{**result, "ruleIndex": order[result["ruleId"]]} for result in results],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> Json:
    tags = [f"{framework} {article}" for framework, articles in rule.frameworks.items() for article in articles]
    return {
        "id": rule.id,
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} Fix: {rule.fix}"},
        "defaultConfiguration": {"level": "warning" if rule.level is Level.ADVISORY else "error"},
        "properties": {"tags": tags, "level": rule.level.value, "evidence": rule.evidence.name.lower()},
    }


def _own_rule(identity: str, title: str) -> Json:
    return {
        "id": identity,
        "name": identity,
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": "error"},
    }


def _result(finding: Finding, exception: PolicyException | None = None) -> Json:
    location = finding.location
    result: Json = {
        "ruleId": finding.rule.id,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.resource}: {finding.message}"},
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {"stack": finding.stack, "severity": finding.severity.value},
    }
    named = {"logicalLocations": [{"fullyQualifiedName": finding.resource, "kind": "resource"}]}
    best = location.best
    result["locations"] = [{**(_physical(best) if best else {}), **named}]
    other = location.program if best is location.setting else location.setting
    if other:
        result["relatedLocations"] = [{"id": 1, **_physical(other)}]
    if exception:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": str(exception)}]
    return result


def _flaw(flaw: Flaw, file: str) -> Json:
    return {
        "ruleId": _EXCEPTIONS_RULE,
        "level": "error",
        "message": {"text": flaw.text},
        "locations": [_at(file, flaw.line)],
    }


def _mistake(file: str, text: str, line: int | None) -> Json:
    return {"ruleId": _SETTINGS_RULE, "level": "error", "message": {"text": text}, "locations": [_at(file, line or 1)]}


def _physical(where: Where) -> Json:
    return _at(where.file, where.line)


def _at(file: str, line: int) -> Json:
    region = {"startLine": max(line, 1)}
    return {"physicalLocation": {"artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"}, "region": region}}
