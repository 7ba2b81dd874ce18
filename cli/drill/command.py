"""The command itself."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import ConsoleReporter, console, fail
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from cli.cluster_access import Found
    from rehearsal.kube import Json, Kube

Stack = Annotated[
    str | None,
    typer.Argument(metavar="[STACK]", help="Whose cluster: its running rehearsal, else the one of its stack file."),
]
Rehearsal = Annotated[
    str | None, typer.Option("--name", envvar="MLPLATFORM_REHEARSAL", help="The rehearsal of this name.")
]
Kubeconfig = Annotated[Path | None, typer.Option("--kubeconfig", help="The cluster of this kubeconfig.")]
Context = Annotated[str | None, typer.Option("--context", help="Another context than the kubeconfig's current one.")]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", help="Only the database of this namespace; all that have backups if absent."),
]
BackupFirst = Annotated[bool, typer.Option("--backup-first", help="Make a new backup, and try that one.")]
Listing = Annotated[bool, typer.Option("--list", help="Start nothing: show the backups and the last drills.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data; progress goes to standard error.")]


def drill(
    stack: Stack = None,
    name: Rehearsal = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    backup_first: BackupFirst = False,
    listing: Listing = False,
    json: AsJson = False,
) -> None:
    """Restore the newest backup of every database into a scratch one on the cluster, and compare it row by row.

    Exit code 0: all that was backed up can be restored; 1: some of it cannot; 2: that could not be tried.
    """
    from cli.cluster_access import Asked, find_cluster
    from cli.drill.reading import drills
    from rehearsal.kube import Kube

    try:
        found = find_cluster(Asked(stack, name, kubeconfig, context))
        with Kube(found.access) as kube:
            schedules = drills(kube, namespace)
            if listing:
                _list(kube, found, schedules, json=json)
                return
            code = _try(kube, found, schedules, backup_first=backup_first, json=json)
    except RehearsalError as error:
        raise fail(str(error), code=2) from None
    raise typer.Exit(code)


def _list(kube: Kube, found: Found, schedules: list[Json], *, json: bool) -> None:
    from cli.drill.reading import history
    from cli.drill.table import listed

    kept = [history(kube, each) for each in schedules]
    if json:
        sys.stdout.write(json_format.dumps([asdict(each) for each in kept], indent=2) + "\n")
    else:
        console().print(listed(kept, _where(found)))


def _try(kube: Kube, found: Found, schedules: list[Json], *, backup_first: bool, json: bool) -> int:
    from cli.drill.running import back_up, run
    from cli.drill.table import tried

    reporter = ConsoleReporter(console(json=json))
    if backup_first:
        for each in schedules:
            back_up(kube, each["metadata"]["namespace"], reporter)
    outcomes = [run(kube, each, reporter) for each in schedules]
    if json:
        sys.stdout.write(json_format.dumps([asdict(each) for each in outcomes], indent=2, default=str) + "\n")
    else:
        console().print(tried(outcomes, _where(found)))
    return max(each.exit_code for each in outcomes)


def _where(found: Found) -> str:
    return f"{found.what} · {found.access.server}"
