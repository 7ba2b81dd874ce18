"""The commands themselves."""

from __future__ import annotations

import json as json_format
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import console
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.kube import Kube

app = typer.Typer(help="Model releases: how far they are, and who lets them go on.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The release.")]
Team = Annotated[str, typer.Option("--team", help="The team that the release belongs to.")]
Stack = Annotated[
    str | None, typer.Option("--stack", help="Whose cluster: its rehearsal, else that of its stack file.")
]
Kubeconfig = Annotated[Path | None, typer.Option("--kubeconfig", help="The cluster of this kubeconfig.")]
Context = Annotated[str | None, typer.Option("--context", help="Another context than the kubeconfig's current one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data.")]


@app.command("list")
def list_releases(
    team: Annotated[str | None, typer.Option("--team", help="Only this team's releases.")] = None,
    stack: Stack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Show all releases, the newest first."""
    from cli.release import reading, table

    with _cluster(stack, kubeconfig, context) as (kube, where):
        found = reading.releases(kube, team)
        _print(found) if json else console().print(table.listed(found, where))


@app.command()
def show(
    name: Name,
    team: Team,
    stack: Stack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Show one release with its gates: verdict, evidence, who and when."""
    from cli.release import reading, table

    with _cluster(stack, kubeconfig, context) as (kube, where):
        found = reading.release(kube, team, name)
        _print(found) if json else console().print(table.shown(found, where))


@app.command()
def approve(
    name: Name,
    team: Team,
    ticket: Annotated[str, typer.Option("--ticket", help="Where the decision is written down.")],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="For how long it counts.")] = 30,
    stack: Stack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Approve a release as yourself. Its author cannot; the API server says who you are."""
    from cli.release import reading

    with _cluster(stack, kubeconfig, context) as (kube, _):
        made = reading.approve(kube, team, name, ticket, days)
        spec = made["spec"]
        said = f"{name} approved by {spec['approver']} until {spec['expires'][:10]}, {spec['digest'][:19]}"
        _print(made) if json else console().print(said)


@app.command()
def rollback(
    name: Name,
    team: Team,
    stack: Stack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Take a release out of traffic, back to the one before it."""
    from cli.release import reading

    with _cluster(stack, kubeconfig, context) as (kube, _):
        to = reading.roll_back(kube, team, name)
        said = f"{name} gives its traffic back to {to}" if to else f"{name} loses its traffic; there was none before it"
        _print({"release": name, "to": to}) if json else console().print(said)


@app.command()
def history(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model.")],
    team: Team,
    stack: Stack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Show all releases of a model, who approved them and how they ended."""
    from cli.release import reading, table

    with _cluster(stack, kubeconfig, context) as (kube, where):
        every = reading.releases(kube, team)
        found = [each for each in every if each["spec"]["model"] == model]
        if not found:
            known = ", ".join(sorted({each["spec"]["model"] for each in every})) or "none"
            raise RehearsalError(
                f"MODEL: team {team} has released no such model, got {model}", remedy=f"it has: {known}"
            )
        _print(found) if json else console().print(table.told(found, where))


@contextmanager
def _cluster(stack: str | None, kubeconfig: Path | None, context: str | None) -> Iterator[tuple[Kube, str]]:
    from cli.cluster_access import Asked, find_cluster
    from rehearsal.kube import Kube

    found = find_cluster(Asked(stack, None, kubeconfig, context))
    with Kube(found.access) as kube:
        yield kube, f"{found.what} · {found.access.server}"


def _print(data: Any) -> None:  # noqa: ANN401 (whatever JSON can say)
    sys.stdout.write(json_format.dumps(data, indent=2) + "\n")
