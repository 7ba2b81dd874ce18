"""The command itself."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import console

if TYPE_CHECKING:
    from cli.cluster_access import Found
    from rehearsal.kube import Kube

Stack = Annotated[
    str | None,
    typer.Argument(metavar="[STACK]", help="Whose cluster: its running rehearsal, else the one of its stack file."),
]
Rehearsal = Annotated[
    str | None, typer.Option("--name", envvar="MLPLATFORM_REHEARSAL", help="The rehearsal of this name.")
]
Kubeconfig = Annotated[Path | None, typer.Option("--kubeconfig", help="The cluster of this kubeconfig.")]
Context = Annotated[str | None, typer.Option("--context", help="Another context than the kubeconfig's current one.")]
OfTeam = Annotated[
    str | None, typer.Option("--team", help="Only this team's jobs; enough rights for it has everybody in the team.")
]
Following = Annotated[bool, typer.Option("--watch", "-w", help="Show it again whenever it changes, until Ctrl-C.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data; with --watch, one document a line.")]


def queue(
    stack: Stack = None,
    name: Rehearsal = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    team: OfTeam = None,
    watch: Following = False,
    json: AsJson = False,
) -> None:
    """Show who runs, who waits and why, and how many GPUs are used and free by pool and team.

    Exit code 1 when the queues cannot be read; jobs that wait are no error.
    """
    from cli.cluster_access import Asked, find_cluster
    from rehearsal.kube import Kube

    found = find_cluster(Asked(stack, name, kubeconfig, context))
    with Kube(found.access) as kube:
        if watch:
            _follow(kube, found, team, json=json)
        else:
            _show(kube, found, team, json=json)


def _show(kube: Kube, found: Found, team: str | None, *, json: bool) -> None:
    from cli.queue.reading import once

    state = once(kube, team)
    if json:
        sys.stdout.write(json_format.dumps(state.to_data(), indent=2) + "\n")
    else:
        from cli.queue.table import tables

        console().print(tables(state, _where(found)))


def _follow(kube: Kube, found: Found, team: str | None, *, json: bool) -> None:
    from rich.live import Live

    from cli.queue.reading import changes
    from cli.queue.table import tables

    try:
        if json:
            for state in changes(kube, team):
                sys.stdout.write(json_format.dumps(state.to_data()) + "\n")
                sys.stdout.flush()
            return
        out = console()
        with Live(console=out, auto_refresh=False, vertical_overflow="visible") as live:
            for state in changes(kube, team):
                live.update(tables(state, _where(found)), refresh=True)
    except KeyboardInterrupt:
        return  # how a watch ends


def _where(found: Found) -> str:
    return f"{found.what} · {found.access.server}"
