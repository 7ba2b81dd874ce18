"""The report as JUnit XML: a suite for each stack, a case for each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from policies.check import Severity

if TYPE_CHECKING:
    from policies.check import Checked, Finding, Report, Unchecked
    from policies.rule import Rule


def junit(report: Report) -> str:
    """The suites; a stack that could not be checked is an error, a finding that stops a failure."""
    root = Xml.Element("testsuites", name="guardrails")
    for unchecked in report.unchecked:
        _add_unchecked(root, unchecked)
    for checked in report.checked:
        _add_stack(root, checked, report)
    if report.flaws:
        suite = _suite(root, "exceptions", len(report.flaws), failures=len(report.flaws))
        for flaw in report.flaws:
            case = Xml.SubElement(suite, "testcase", classname="exceptions", name=f"line {flaw.line}")
            _failure(case, "META-01", flaw.text, f"{report.exceptions_file}:{flaw.line}: {flaw.text}")
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _add_stack(root: Xml.Element, checked: Checked, report: Report) -> None:
    by_rule: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        by_rule.setdefault(finding.rule.id, []).append(finding)
    judged = [rule for rule in report.rules if rule.id in checked.outcomes]
    failing = {finding.rule.id for finding in checked.stopping}
    suite = _suite(root, checked.stack, len(judged), failures=len(failing))
    for rule in judged:
        _add_rule(suite, checked.stack, rule, by_rule.get(rule.id, []))


def _add_rule(suite: Xml.Element, stack: str, rule: Rule, findings: list[Finding]) -> None:
    case = Xml.SubElement(suite, "testcase", classname=stack, name=f"{rule.id} {rule.title}")
    stopping = [each for each in findings if each.severity is Severity.STOPS]
    if stopping:
        lines = [f"{each.location.best or each.stack}: {each.resource}: {each.message}" for each in stopping]
        _failure(case, rule.id, rule.sentence, "\n".join(lines))
    others = [each for each in findings if each.severity is not Severity.STOPS]
    if others:
        output = Xml.SubElement(case, "system-out")
        output.text = "\n".join(f"{each.severity.value}: {each.resource}: {each.message}" for each in others)


def _add_unchecked(root: Xml.Element, unchecked: Unchecked) -> None:
    suite = _suite(root, unchecked.stack, 1, errors=1)
    case = Xml.SubElement(suite, "testcase", classname=unchecked.stack, name=unchecked.file)
    error = Xml.SubElement(case, "error", message="could not be checked")
    error.text = "\n".join(_clean(mistake.text) for mistake in unchecked.mistakes)


def _suite(root: Xml.Element, name: str, tests: int, *, failures: int = 0, errors: int = 0) -> Xml.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    return Xml.SubElement(root, "testsuite", {"name": name, **counts})


def _failure(case: Xml.Element, kind: str, message: str, text: str) -> None:
    failure = Xml.SubElement(case, "failure", type=kind, message=_clean(message))
    failure.text = _clean(text)


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n" or letter.isprintable())
