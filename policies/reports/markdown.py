"""The report that is read in a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policies.reports.words import PAGE, asides, conclusion, summary

if TYPE_CHECKING:
    from policies.check import Checked, Finding, Report

MARK = "<!-- mlplatform check -->"
"""By which a workflow finds its own comment again."""
_MOST = 50
"""Findings of one stack that are listed: a comment has room for some 65,000 characters."""


def markdown(report: Report) -> str:
    """A heading with the result, and a table for each stack that has findings."""
    sign = {0: "✅", 1: "❌", 2: "⚠️"}[report.exit_code]
    parts = [MARK, f"## {sign} Guardrails: {conclusion(report)}"]
    for unchecked in report.unchecked:
        parts.append(f"### {_cell(unchecked.stack)} could not be checked")
        parts.append("\n".join(f"- {_cell(mistake.text)}" for mistake in unchecked.mistakes))
    for checked in report.checked:
        parts.extend(_stack(checked))
    if report.flaws:
        parts.append(f"### {report.exceptions_file}")
        parts.append("\n".join(f"- line {flaw.line}: {_cell(flaw.text)}" for flaw in report.flaws))
    return "\n\n".join(parts) + "\n"


def _stack(checked: Checked) -> list[str]:
    sign = "❌" if checked.stopping else "✅"
    parts = [f"### {sign} {_cell(checked.stack)}", summary(checked)]
    if checked.stopping:
        rows = [_row(finding) for finding in checked.stopping[:_MOST]]
        parts.append("\n".join(["| rule | resource | finding | line |", "|---|---|---|---|", *rows]))
    if len(checked.stopping) > _MOST:
        parts.append(f"… and {len(checked.stopping) - _MOST} more")
    if lines := asides(checked):
        listed = "\n".join(f"- {_cell(line)}" for line in lines)
        parts.append(f"<details><summary>Also to be known ({len(lines)})</summary>\n\n{listed}\n\n</details>")
    return parts


def _row(finding: Finding) -> str:
    where = finding.location.best
    rule = f"[{finding.rule.id}]({PAGE}#rules)"
    return f"| {rule} | {_cell(finding.resource)} | {_cell(finding.message)} | {f'`{where}`' if where else ''} |"


def _cell(text: str) -> str:
    """Text that can be no more than text: no cell, link, heading or mention."""
    return re.sub(r"([\\`*_{}\[\]<>|#@])", r"\\\1", " ".join(text.split()))
