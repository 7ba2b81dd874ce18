"""The report as JSON: everything, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policies.check import Checked, Excused, Finding, Report

_VERSION: Final = 1
"""Counted up when a field is renamed or leaves."""


def data(report: Report) -> str:
    """The whole report."""
    found = {
        "version": _VERSION,
        "exit_code": report.exit_code,
        "stacks": [_stack(checked) for checked in report.checked],
        "unchecked": [asdict(each) for each in report.unchecked],
        "exceptions": {"file": report.exceptions_file, "flaws": [asdict(flaw) for flaw in report.flaws]},
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _stack(checked: Checked) -> dict[str, Any]:
    return {
        "stack": checked.stack,
        "file": checked.file,
        "resources": checked.resources,
        "digest": {"sha256": checked.digest},
        "verdicts": {
            rule: {outcome.value: count for outcome, count in counts.items() if count}
            for rule, counts in sorted(checked.outcomes.items())
        },
        "findings": [_finding(each) for each in checked.findings],
        "excused": [_excused(each) for each in checked.excused],
        "notes": list(checked.notes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "rule": finding.rule.id,
        "level": finding.rule.level.value,
        "severity": finding.severity.value,
        "resource": finding.resource,
        "message": finding.message,
        "places": list(finding.places),
        "setting": asdict(location.setting) if location.setting else None,
        "program": asdict(location.program) if location.program else None,
        "fingerprint": finding.fingerprint,
    }


def _excused(excused: Excused) -> dict[str, Any]:
    exception = excused.exception
    said = {"reason": exception.reason, "owner": exception.owner, "ticket": exception.ticket}
    return {**_finding(excused.finding), "exception": {**said, "expires": exception.expires.isoformat()}}
