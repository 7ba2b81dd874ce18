"""`mlplatform toolchain`: the programs that a rehearsal runs, their state, their making, their removal."""

from __future__ import annotations

import dataclasses
import json as json_format
import sys
from typing import Annotated

import typer

from cli.console import ConsoleReporter, clock, console, fail
from rehearsal.toolchain import Toolchain, ToolStatus

app = typer.Typer(no_args_is_help=True, help="The programs that a rehearsal runs: show, make, remove them.")

AsJson = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]


@app.command("status")
def status(
    json: AsJson = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Read every file instead of trusting its size and time.")
    ] = False,
) -> None:
    """Show every tool, whether it is there and sound, and where it came from; exit 1 if one would have to be made."""
    toolchain = Toolchain.default()
    states = toolchain.status(thorough=thorough)
    if json:
        data = [{**dataclasses.asdict(state), "directory": str(state.directory)} for state in states]
        sys.stdout.write(json_format.dumps(data, indent=2) + "\n")
    else:
        _print_table(states)
        total = sum(state.size_bytes for state in states)
        console().print(f"[dim]{toolchain.directory}: {total / 1e9:.2f} GB[/]", soft_wrap=True)
    if any(state.fault for state in states):
        raise typer.Exit(1)


@app.command("build")
def build(
    tools: Annotated[list[str] | None, typer.Argument(help="Tools to make; all if absent.")] = None,
    json: AsJson = False,
) -> None:
    """Make the tools that are missing or broken: from official builds where they can be had, else from source."""
    toolchain = Toolchain.default()
    known = [state.name for state in toolchain.status()]
    if unknown := [name for name in tools or [] if name not in known]:
        raise fail(f"{unknown[0]}: no such tool; there are {', '.join(known)}", code=2)
    toolchain.ensure(tools or known, ConsoleReporter(console(json=json)))
    if json:
        paths = {state.name: str(state.directory) for state in toolchain.status() if not state.fault}
        sys.stdout.write(json_format.dumps(paths, indent=2) + "\n")


@app.command("clean")
def clean() -> None:
    """Remove all tools, of other versions too; the next rehearsal makes them again."""
    out = console()
    freed = Toolchain.default().clean(ConsoleReporter(out))
    out.print(f"{freed / 1e9:.2f} GB removed")


def _print_table(states: list[ToolStatus]) -> None:
    from rich.table import Table

    table = Table("tool", "version", "state", "from", "MB", "time to make", box=None, pad_edge=False)
    for state in states:
        mark = f"[yellow]{state.fault}[/]" if state.fault else "[green]sound[/]"
        size = f"{state.size_bytes / 1e6:.0f}" if state.size_bytes else ""
        time = clock(state.seconds) if not state.fault else f"about {clock(state.seconds)}"
        table.add_row(state.name, state.version, mark, state.origin or "", size, time)
    console().print(table)
