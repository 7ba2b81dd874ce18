"""Releases as tables for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.queue.table import ago

if TYPE_CHECKING:
    from rich.console import RenderableType

Json = dict[str, Any]

_COLOURS: Final = {
    "Live": "green",
    "Kept": "cyan",
    "Canary": "magenta",
    "AwaitingApproval": "yellow",
    "Failed": "red",
    "RolledBack": "red",
    "Passed": "green",
    "Pending": "dim",
}


def listed(releases: list[Json], where: str, now: datetime | None = None) -> RenderableType:
    """One line a release."""
    if not releases:
        return Group(Text(where, style="dim"), Text("no releases"))
    moment, table = (
        now or datetime.now(UTC),
        _table("team", "release", "model", "version", "phase", "traffic", "last gate", "age"),
    )
    for each in releases:
        metadata, status = each["metadata"], each.get("status", {})
        table.add_row(
            escape(metadata["namespace"].removeprefix("team-")),
            escape(metadata["name"]),
            escape(each["spec"]["model"]),
            escape(each["spec"]["version"]),
            coloured(status.get("phase", "Registered")),
            f"{status.get('traffic', 0)} %",
            escape(status.get("lastGate", "")),
            ago(metadata["creationTimestamp"], moment),
        )
    return Group(Text(where, style="dim"), table)


def shown(release: Json, where: str) -> RenderableType:
    """One release with its gates: what was looked at, what came out, who said so and when."""
    spec, status = release["spec"], release.get("status", {})
    facts = Table(box=None, pad_edge=False, show_header=False)
    for name, value in {
        "model": f"{spec['model']} {spec['version']} ({spec['riskClass']} risk)",
        "digest": spec["digest"],
        "author": spec["author"],
        "phase": coloured(status.get("phase", "Registered"))
        + (f"  {escape(status['message'])}" if status.get("message") else ""),
        "traffic": f"{status.get('traffic', 0)} %",
        "before it": (status.get("previous") or {}).get("release", "nothing"),
    }.items():
        facts.add_row(name, value if name == "phase" else escape(value))
    gates = _table("gate", "verdict", "who", "when", "evidence", "what")
    for each in status.get("gates", ()):
        gates.add_row(
            each["name"],
            coloured(each["verdict"]),
            escape(each.get("by", "")),
            each.get("at", "")[:19].replace("T", " "),
            each.get("evidence", "")[:19],
            escape(each.get("message") or each.get("input", "")),
        )
    return Group(Text(where, style="dim"), facts, Text(), gates)


def told(releases: list[Json], where: str) -> RenderableType:
    """The releases of one model, with how each ended."""
    table = _table("release", "version", "digest", "author", "approved by", "created", "phase", "why")
    for each in releases:
        spec, status = each["spec"], each.get("status", {})
        by = next((gate.get("by", "") for gate in status.get("gates", ()) if gate["name"] == "approval"), "")
        table.add_row(
            escape(each["metadata"]["name"]),
            escape(spec["version"]),
            spec["digest"][:19],
            escape(spec["author"]),
            escape(by),
            each["metadata"]["creationTimestamp"][:16].replace("T", " "),
            coloured(status.get("phase", "Registered")),
            escape(status.get("message", "")),
        )
    return Group(Text(where, style="dim"), table)


def coloured(word: str) -> str:
    """A phase or a verdict in its colour."""
    return f"[{_COLOURS[word]}]{word}[/]" if word in _COLOURS else word


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in ("traffic", "age") else "left", overflow="fold")
    return table
