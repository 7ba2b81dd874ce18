"""How `mlplatform images` shows what it has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cli.image_list import Part
    from cli.image_lock import Comparison

_SHOWN: Final = len("sha256:") + 12
"""So many characters of a digest tell it from any other."""


def print_parts(out: Console, parts: Sequence[Part]) -> None:
    """Show what a stack runs, and how many digests are missing."""
    table = Table(box=None, pad_edge=False)
    table.add_column("kind", no_wrap=True)
    table.add_column("name", overflow="fold")
    for title in ("from", "digest", "here"):
        table.add_column(title, no_wrap=True)
    for part in parts:
        reference = part.reference if part.lockable else f"{part.reference} {part.version}"
        table.add_row(part.kind, escape(reference), part.publisher, _digest(part), part.here)
    out.print(table)
    missing = sum(part.lockable and not part.digest for part in parts)
    said = f"{missing} have no digest yet (`mlplatform images lock`)" if missing else "every digest is locked"
    out.print(f"[dim]{len(parts)} in all; {said}; here: in a rehearsal, `--json` says from what[/]", soft_wrap=True)


def print_comparison(out: Console, found: Comparison) -> None:
    """Show what a new lock would add or change, and what could not be looked up."""
    for name, digest in found.new.items():
        out.print(f"[green]new[/]      {name}  {digest}", soft_wrap=True)
    for name, (before, now) in found.changed.items():
        out.print(f"[red]changed[/]  {name}  {before} -> {now}", soft_wrap=True)
    for name, reason in found.refused.items():
        out.print(f"[red]failed[/]   {name}  {escape(reason)}", soft_wrap=True)


def _digest(part: Part) -> str:
    if not part.lockable:
        return ""
    return part.digest[:_SHOWN] if part.digest else "[yellow]none[/]"
