"""`mlplatform team`: credentials for the people of one team, and what would be gone with it."""

from __future__ import annotations

import json as json_format
import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from rehearsal.kube import Access

app = typer.Typer(no_args_is_help=True, help="One team: credentials for its people, what it holds.")

_UNITS: Final = {"m": 60, "h": 3600, "d": 86400}
_SHORTEST: Final = 600
"""The API server gives no shorter token."""


class Role(StrEnum):
    """What somebody may do in the team's namespace."""

    DATA_SCIENTIST = "data-scientist"
    ENGINEER = "engineer"
    GOVERNANCE = "governance"


Team = Annotated[str, typer.Argument(metavar="TEAM", help="The team's name in the stack file.")]
Stack = Annotated[str | None, typer.Argument(metavar="[STACK]", help="Whose cluster.")]
AsRole = Annotated[Role, typer.Option("--role", help="One of the team's `accounts`.")]
Expires = Annotated[str, typer.Option("--expires", help="How long it is good for: 30m, 8h, 5d.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="A file that nobody else can read; absent: print it.")
]
Rehearsal = Annotated[
    str | None, typer.Option("--name", envvar="MLPLATFORM_REHEARSAL", help="The rehearsal of this name.")
]
Own = Annotated[
    Path | None, typer.Option("--kubeconfig", help="Yours, which may ask for tokens of the team's accounts.")
]
Context = Annotated[str | None, typer.Option("--context", help="Another of its contexts.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]


@app.callback()
def group() -> None:
    """One team: credentials for its people, what it holds."""


@app.command("kubeconfig")
def kubeconfig(
    team: Team,
    stack: Stack = None,
    role: AsRole = Role.DATA_SCIENTIST,
    expires: Expires = "8h",
    output: Output = None,
    name: Rehearsal = None,
    own: Own = None,
    context: Context = None,
) -> None:
    """Give out a kubeconfig for a role in a team, good for a time. It holds a token: keep it as a password."""
    import yaml

    from cli.cluster_access import Asked, find_cluster
    from rehearsal.kube import Kube

    seconds = duration(expires)
    found = find_cluster(Asked(stack, name, own, context))
    with Kube(found.access) as kube:
        text = yaml.safe_dump(_kubeconfig(found.access, team, role, _token(kube, team, role, seconds)), sort_keys=False)
    if output is None:
        sys.stdout.write(text)
    else:
        _write_secret(output, text)


@app.command("holdings")
def holdings(
    team: Team,
    stack: Stack = None,
    name: Rehearsal = None,
    own: Own = None,
    context: Context = None,
    json: AsJson = False,
) -> None:
    """Say what of a team's would be gone with its entry in the stack file. Exit code 2 when there are volumes."""
    from dataclasses import asdict

    from cli import holdings as reading
    from cli.cluster_access import Asked, find_cluster
    from rehearsal.kube import Kube

    with Kube(find_cluster(Asked(stack, name, own, context)).access) as kube:
        found = reading.holdings(kube, team)
    if json:
        sys.stdout.write(json_format.dumps([asdict(each) for each in found], indent=2) + "\n")
    else:
        for each in found:
            typer.echo(f"{each.kind}\t{each.name}\t{each.about}".rstrip())
        counted = "1 object of team {} goes" if len(found) == 1 else f"{len(found) or 'no'} objects of team {{}} go"
        typer.echo(f"{counted.format(team)} with its namespace; teams/{team}/ in the bucket stays")
    raise typer.Exit(2 if any(each.kind == reading.VOLUME for each in found) else 0)


def duration(text: str) -> int:
    """Seconds of a duration such as `8h`; RehearsalError for what is none or too short."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds < _SHORTEST:
        raise RehearsalError(
            f'--expires: is no duration of ten minutes or more, got "{text}"', remedy="try 30m, 8h, 5d"
        )
    return seconds


def _token(kube: Any, team: str, role: Role, seconds: int) -> str:  # noqa: ANN401 - imported where it is used
    from components.team_roles import ACCOUNTS
    from components.team_workspace import account
    from rehearsal.kube import KubeError

    path = f"/api/v1/namespaces/{ACCOUNTS}/serviceaccounts/{account(team, role.value)}/token"
    asked = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds},
    }
    try:
        return str(kube.create(path, asked)["status"]["token"])
    except KubeError as error:
        if error.missing:
            remedy = (
                f"is {role.value} among the `accounts` of a team of this name in the stack file, and was it updated?"
            )
            raise RehearsalError(f"{team}: has no account for {role.value} on {kube.server}", remedy=remedy) from None
        raise RehearsalError(f"{kube.server}: {error}", remedy="give --kubeconfig of somebody who may") from error


def _kubeconfig(access: Access, team: str, role: Role, token: str) -> dict[str, Any]:
    import base64

    name = f"{team}-{role.value}"
    cluster = {"server": access.server}
    if access.authority:
        cluster["certificate-authority-data"] = base64.b64encode(access.authority).decode()
    context = {"cluster": "mlplatform", "user": name, "namespace": f"team-{team}"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "mlplatform", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": context}],
        "current-context": name,
    }


def _write_secret(path: Path, text: str) -> None:
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    except OSError as error:
        raise RehearsalError(f"{path}: cannot be written ({error.strerror})") from error
