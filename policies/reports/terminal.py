"""The report that a person reads in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from policies.check import Unchecked
from policies.reports.words import asides, conclusion, summary

if TYPE_CHECKING:
    from rich.console import Console

    from policies.check import Checked, Finding, Report


def show(out: Console, result: Checked | Unchecked) -> None:
    """What was found of one stack."""
    if isinstance(result, Unchecked):
        _show_unchecked(out, result)
    else:
        _show_checked(out, result)


def conclude(out: Console, report: Report) -> None:
    """What is wrong with the exceptions, and the result of all."""
    for flaw in report.flaws:
        out.print(f"[red]✗ META-01[/] {escape(f'{report.exceptions_file}:{flaw.line}: {flaw.text}')}", soft_wrap=True)
    colour = {0: "green", 1: "red", 2: "yellow"}[report.exit_code]
    out.print(f"[bold {colour}]{escape(conclusion(report))}[/]")


def _show_checked(out: Console, checked: Checked) -> None:
    mark = "[red]✗[/]" if checked.stopping else "[green]✓[/]"
    out.print(f"{mark} [bold]{escape(checked.stack)}[/] [dim]{summary(checked)}[/]")
    for finding in checked.stopping:
        _show_finding(out, finding)
    for line in asides(checked):
        out.print(f"  [dim]{escape(line)}[/]", soft_wrap=True)


def _show_finding(out: Console, finding: Finding) -> None:
    out.print(f"  [red]{finding.rule.id}[/] [bold]{escape(finding.resource)}[/]", soft_wrap=True)
    out.print(f"    {escape(finding.message)}", soft_wrap=True)
    location = finding.location
    for name, where in (("stack file", location.setting), ("program", location.program)):
        if where:
            out.print(f"    [dim]{name} {escape(str(where))}[/]", soft_wrap=True)


def _show_unchecked(out: Console, unchecked: Unchecked) -> None:
    out.print(f"[yellow]?[/] [bold]{escape(unchecked.stack)}[/] could not be checked")
    for mistake in unchecked.mistakes:
        out.print(f"    {escape(mistake.text)}", soft_wrap=True)
