"""The command: a stack's policy as files, or as one JSON document."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 (Typer reads it)
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import ConsoleReporter, console, fail

if TYPE_CHECKING:
    from cli.iam.names import Place

Stack = Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.", metavar="STACK")]


def iam_policy(
    stack: Stack,
    output: Annotated[
        Path | None, typer.Option("--output", file_okay=False, help="Directory for one file a policy; absent: print.")
    ] = None,
    state_bucket: Annotated[str | None, typer.Option("--state-bucket", help="Bucket of Pulumi's state.")] = None,
    state_key: Annotated[str | None, typer.Option("--state-key", help="ARN of the key of its secrets.")] = None,
) -> None:
    """Print the IAM policies for who deploys a stack: what its resource types need, as narrow as AWS allows.

    IAM limits a policy to 6144 characters, so there may be several: attach all of them to the deployer's role.
    """
    out = console(json=True)
    with ConsoleReporter(out).phase(f"the program of {stack}, offline", expected_seconds=5):
        policies = _policies(stack, state_bucket, state_key)
    if output is None:
        sys.stdout.write(json.dumps(policies, indent=2) + "\n")
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, document in policies.items():
        (output / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
        out.print(f"{output / name}.json", soft_wrap=True)


def _policies(stack: str, state_bucket: str | None, state_key: str | None) -> dict[str, Any]:
    """The documents by the names that the policies may have."""
    from cli.iam.documents import documents
    from cli.iam.statements import UnknownTypeError, state_statements, statements
    from cli.registrations import registered

    place = _place(stack)
    try:
        made = statements(registered(stack), place)
    except UnknownTypeError as error:
        raise fail(str(error)) from None
    if state_bucket:
        made += state_statements(state_bucket, state_key, place)
    name = f"{place.project}-{stack}-deployer"
    return {f"{name}-{number}": document for number, document in enumerate(documents(made), 1)}


def _place(stack: str) -> Place:
    """Where the stack goes, by its stack file."""
    from cli.iam.names import Place
    from cli.stack_files import stack_file
    from stacks._source import PROJECT
    from stacks.settings import Settings, SettingsError

    try:
        cluster = Settings.load(stack_file(stack)).cluster
    except SettingsError as error:
        raise fail(str(error)) from None
    if cluster.kind != "eks":
        raise fail(f"{stack}: has no resources in AWS; its cluster is one that is there already")
    tags = cluster.tags.as_aws()
    return Place(
        project=PROJECT,
        stack=stack,
        region=cluster.region,
        account=cluster.account_id or "*",
        cluster=cluster.name or f"{PROJECT}-{stack}",
        tags={key: tags[key] for key in ("environment", "managed-by")},
    )
