"""`mlplatform images`: what a stack runs, its digests, and our own images from source to a registry."""

from __future__ import annotations

import dataclasses
import json as json_format
import sys
from pathlib import Path  # noqa: TC003 (Typer reads it)
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import ConsoleReporter, console, fail
from cli.image_tables import print_comparison, print_parts

if TYPE_CHECKING:
    from cli.image_lock import Comparison

app = typer.Typer(
    no_args_is_help=True,
    help="The images and charts that a stack runs: list them, lock their digests, build and push our own.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]
Update = Annotated[bool, typer.Option("--update", help="Accept another image under a tag that is known already.")]


@app.command("list")
def list_(
    stack: Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.", metavar="STACK")],
    json: AsJson = False,
) -> None:
    """Say every image, chart and add-on that a stack runs: version, digest, and what a rehearsal here has of it."""
    with ConsoleReporter(console(json=json)).phase(f"the program of {stack}, offline", expected_seconds=3):
        from cli.image_list import parts_of
        from cli.registrations import registered
        from rehearsal.places import cache_directory

        parts = parts_of(registered(stack), cache_directory() / "images")
    if json:
        _print_json([dataclasses.asdict(part) for part in parts])
    else:
        print_parts(console(), parts)


@app.command("lock")
def lock(
    update: Update = False,
    check: Annotated[bool, typer.Option("--check", help="Ask nobody; exit code 1 where a digest is missing.")] = False,
    json: AsJson = False,
) -> None:
    """Ask the registries for the digest of every image and chart, and write them down beside the versions.

    A tag that names another image than when it was locked is shown, and nothing is written, unless --update is given.
    """
    from cli import image_lock
    from components._image_lock import ImageLock

    file = _lock_file()
    locked = ImageLock.read(file)
    if check:
        _check(image_lock.unlocked(locked), json=json)
        return
    out = console(json=json)
    with ConsoleReporter(out).phase("digests from the registries"):
        found = image_lock.compare(locked, image_lock.ask_registries())
    if json:
        _print_json({"new": found.new, "changed": found.changed, "refused": found.refused})
    else:
        print_comparison(out, found)
    _refuse(found, update=update)
    file.write_text(found.lock.text())
    count = f"{len(found.lock.images)} images and {len(found.lock.charts)} charts"
    out.print(f"{count} are locked in {file}", soft_wrap=True)


@app.command("build")
def build(
    output: Annotated[
        Path | None,
        typer.Option("--output", file_okay=False, help="Directory for the OCI layouts; one in the cache if absent."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Build our own images and write each as an OCI layout, which any container tool can read."""
    from cli import own_images
    from rehearsal.places import cache_directory

    out = console(json=json)
    built = own_images.build(output or cache_directory() / "layouts", ConsoleReporter(out))
    if json:
        _print_json([dataclasses.asdict(each) for each in built])
    for each in built:
        line = f"{each.name}:{each.tag}  {each.digest}  {each.size_bytes / 1e6:.0f} MB  {each.layout}"
        out.print(line, soft_wrap=True)


@app.command("push")
def push(
    registry: Annotated[
        str, typer.Argument(help="Registry and path: 111122223333.dkr.ecr.eu-central-1.amazonaws.com/mlplatform.")
    ],
    update: Update = False,
    json: AsJson = False,
) -> None:
    """Build our own images where needed, push them to the stack's registry, and lock where they are.

    Signs in with Docker's configuration and credential helpers; to ECR with the credentials that AWS's tools find.
    """
    from cli import own_images

    out = console(json=json)
    sent = own_images.push(registry, _lock_file(), ConsoleReporter(out), replace_tags=update)
    if json:
        _print_json([dataclasses.asdict(each) for each in sent])
    for each in sent:
        how = "was there" if each.was_there else f"{each.sent_bytes / 1e6:.1f} MB sent"
        out.print(f"{each.name}  {each.place}  {how}", soft_wrap=True)


def _lock_file() -> Path:
    """The lock to write; an error where this process is told to use none."""
    from components._image_lock import OTHER_LOCK, lock_file

    if (file := lock_file()) is None:
        raise fail(f"{OTHER_LOCK}: must name a file here, got off; unset it to use the project's lock")
    return file


def _check(missing: list[str], *, json: bool) -> None:
    if json:
        _print_json({"missing": missing})
    elif missing:
        console().print("\n".join(f"no digest  {name}" for name in missing), soft_wrap=True)
    if missing:
        raise fail(f"{len(missing)} digests are missing; `mlplatform images lock` looks them up")


def _refuse(found: Comparison, *, update: bool) -> None:
    """End the command where the lock would not be complete, or not be what was agreed to."""
    if found.refused:
        raise fail(
            f"{len(found.refused)} digests could not be looked up, and nothing is written; run this where the "
            "registries can be reached"
        )
    if found.changed and not update:
        raise fail(
            f"{len(found.changed)} locked tags name other images now, and nothing is written; find out why, then "
            "accept them with --update"
        )


def _print_json(data: object) -> None:
    sys.stdout.write(json_format.dumps(data, indent=2) + "\n")
