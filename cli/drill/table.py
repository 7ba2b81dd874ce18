"""Drills and backups as tables for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.drill.reading import DRILL
from cli.queue.table import ago

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from cli.drill.reading import History, Run
    from cli.drill.running import Outcome
    from rehearsal.kube import Json

_TIME: Final = "%Y-%m-%dT%H-%M-%SZ"
"""How backups are named."""
_DIGEST_LENGTH: Final = 12
_KIB: Final = 1024
_RIGHT: Final = frozenset({"backed up", "restored", "age", "KiB", "rows", "seconds"})


def tried(outcomes: Sequence[Outcome], where: str) -> RenderableType:
    """Each drill with every table that was restored: its rows before and after, its digest, and what is wrong."""
    parts: list[RenderableType] = [Text(where, style="dim")]
    for each in outcomes:
        parts += [Text(), *(_untried(each) if each.report is None else _restored(each, each.report))]
    return Group(*parts)


def listed(kept: Sequence[History], where: str, now: datetime | None = None) -> RenderableType:
    """The backups, the newest first, and what the last drills found."""
    moment = now or datetime.now(UTC)
    backups = _table("database", "backup", "age", "KiB", "last drill of it")
    drills = _table("database", "drill", "age", "backup", "rows", "seconds", "verdict")
    for each in kept:
        for name, size in reversed(each.backups.items()):
            backups.add_row(each.namespace, name, _age(name, moment), f"{size / _KIB:.1f}", _last_of(each, name))
        for run in each.drill_runs:
            drills.add_row(each.namespace, run.job.removeprefix(f"{DRILL}-"), ago(run.started, moment), *_cells(run))
    return Group(
        Text(where, style="dim"),
        backups if backups.row_count else Text("no backup is known: none was made yet, or the last run's log is gone"),
        Text(),
        drills if drills.row_count else Text("no drill is known: `mlplatform drill` runs one"),
        *(Text(line, style="dim") for each in kept for line in _last_successes(each, moment)),
    )


def _restored(outcome: Outcome, report: Json) -> list[RenderableType]:
    table = _table("table", "backed up", "restored", "digest", "same")
    for each in report["tables"]:
        same = "[green]yes[/]" if each["same"] else "[red]no[/]"
        digest = (each.get("sha256") or "")[:_DIGEST_LENGTH]
        counts = ("none" if each[key] is None else str(each[key]) for key in ("rows", "restored"))
        table.add_row(escape(each["table"]), *counts, digest, same)
    seconds = ", ".join(f"{step} {value:g} s" for step, value in report["seconds"].items())
    backup = f"backup {report['backup']}" if report["backup"] else "no backup"
    head = _line(f"{outcome.namespace}: {backup}, {outcome.seconds:g} s ({seconds})")
    wrong = [_line(f"wrong: {each}", "red") for each in report["wrong"]]
    verdict = wrong or [Text("all of it was restored as it was backed up", style="green")]
    return [head, *([table] if report["tables"] else []), *verdict, _line(f"log: {outcome.log}", "dim")]


def _untried(outcome: Outcome) -> list[RenderableType]:
    why = _line(f"{outcome.namespace}: not tried, {outcome.untried}", "yellow")
    return [why, _line(f"log: {outcome.log}", "dim")]


def _cells(run: Run) -> tuple[str, ...]:
    """Backup, rows, seconds and verdict of one drill."""
    report = run.report if run.report and "wrong" in run.report else None
    if report is None:
        return "", "", "", {"running": "runs", "succeeded": "[green]restored[/]"}.get(run.state, "[red]failed[/]")
    rows = sum(each["restored"] or 0 for each in report["tables"])
    verdict = f"[red]{escape(report['wrong'][0])}[/]" if report["wrong"] else "[green]restored[/]"
    seconds = f"{sum(report['seconds'].values()):.1f}"
    return report["backup"] or "", str(rows), seconds, verdict


def _last_of(kept: History, backup: str) -> str:
    """What the last drill of a backup found; empty where none tried it."""
    for run in kept.drill_runs:
        if run.report and run.report.get("backup") == backup:
            return "[red]damaged[/]" if run.report["wrong"] else "[green]restored[/]"
    return ""


def _last_successes(kept: History, now: datetime) -> list[str]:
    said = {"backup": kept.last_backup, "drill": kept.last_drill}
    return [
        f"{kept.namespace}: last {what} that succeeded: {ago(when, now) + ' ago' if when else 'never'}"
        for what, when in said.items()
    ]


def _age(backup: str, now: datetime) -> str:
    return ago(datetime.strptime(backup, _TIME).replace(tzinfo=UTC).isoformat(), now)


def _line(text: str, style: str = "") -> Text:
    """A line that is copied whole: a path, or what a person searches for."""
    return Text(text, style=style, no_wrap=True, overflow="ignore")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column, justify="right" if column in _RIGHT else "left", no_wrap=column != "verdict", overflow="fold"
        )
    return table
