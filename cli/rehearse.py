"""`mlplatform rehearse`: run a stack for real on this machine, look at it, end it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cli.console import ConsoleReporter, clock, console, fail

if TYPE_CHECKING:
    from rehearsal.session import Session


class _StackFirst(TyperGroup):
    """`rehearse STACK` is `rehearse up STACK`: any word that is no command is a stack's name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer keeps these types private
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["up", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_StackFirst,
    no_args_is_help=True,
    help="Run a stack for real on this machine: `mlplatform rehearse STACK`.",
)

Stack = Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.", metavar="STACK")]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        envvar="MLPLATFORM_REHEARSAL",
        help="Name of the rehearsal, so that several can run; the stack's if absent.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]
LevelOption = Annotated[
    str | None,
    typer.Option("--level", help="`full` (real node; needs root) or `objects` (all pods simulated)."),
]
DEFAULT_NAME = "local"


@app.command("up")
def up(stack: Stack, name: Name = None, level: LevelOption = None, json: AsJson = False) -> None:
    """Bring the stack up, or bring it up to date: control plane, node, images, `pulumi up`, pods ready."""
    from cli.rehearsal_run import bring_up
    from cli.summary import print_summary

    out = console(json=json)
    reporter = ConsoleReporter(out)
    summary = bring_up(stack, name or stack, level, reporter)
    if json:
        sys.stdout.write(summary.to_json() + "\n")
    else:
        print_summary(out, summary)


@app.command("prepare")
def prepare(stack: Stack) -> None:
    """Build or fetch everything that the stack's rehearsal needs, and start nothing."""
    from cli.rehearsal_ready import make_ready

    make_ready(stack, None, ConsoleReporter(console()))


@app.command("down")
def down(stack: Stack, name: Name = None) -> None:
    """Destroy the stack, verify that nothing of it is left, and stop the rehearsal."""
    from cli.rehearsal_run import take_down

    out = console()
    reporter = ConsoleReporter(out)
    take_down(stack, name or stack, reporter)
    out.print(f"nothing is left; {clock(sum(reporter.times.values()))}")


@app.command("status")
def status(name: Name = None, json: AsJson = False) -> None:
    """Say which rehearsals there are and how their parts are. Exit code 1 when a part is not running."""
    from cli.rehearsal_status import print_status

    raise typer.Exit(0 if print_status(_sessions(name), json=json) else 1)


@app.command("logs")
def logs(
    part: Annotated[str | None, typer.Argument(help="A part, such as kube-apiserver; absent: list them.")] = None,
    name: Name = None,
) -> None:
    """Show the log of one part, or where the logs of all parts are."""
    files = _session(name).logs
    if part is None:
        for known, path in sorted(files.items()):
            typer.echo(f"{known}\t{path}")
    elif part in files:
        sys.stdout.write(files[part].read_text(errors="replace"))
    else:
        raise fail(f"{part}: no part of the rehearsal is called so; there are {', '.join(sorted(files))}")


@app.command("stop")
def stop(
    name: Name = None,
    every: Annotated[bool, typer.Option("--all", help="Stop all of them.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove its logs and imported images too.")] = False,
) -> None:
    """Stop a rehearsal at once, its cluster and stack with it; only logs and imported images stay."""
    from rehearsal.session import remove_all
    from rehearsal.session import stop as stop_rehearsal

    reporter = ConsoleReporter(console())
    if not every:
        stop_rehearsal(name or DEFAULT_NAME, reporter, remove=remove)
    elif remove:
        remove_all(reporter)
    else:
        for session in _sessions(None):
            session.stop(reporter)


@app.command("kubeconfig")
def kubeconfig(name: Name = None) -> None:
    """Print the path of the rehearsal's kubeconfig."""
    typer.echo(_session(name).kubeconfig)


@app.command("shell")
def shell(stack: Stack = DEFAULT_NAME, name: Name = None) -> None:
    """Open a shell in which `pulumi up`, `pulumi preview` and `kubectl` work on the rehearsal."""
    from cli.rehearsal_run import engine_home

    home = engine_home(_session(name or stack), stack)
    home.prepare()
    os.chdir(home.project)
    environment = home.environment() | {"MLPLATFORM_REHEARSAL": home.session.name}
    argv = home.session.command([os.environ.get("SHELL", "/bin/sh")])
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - the shell takes this process's place, as the user asked


def _session(name: str | None) -> Session:
    return _sessions(name or DEFAULT_NAME)[0]


def _sessions(name: str | None) -> list[Session]:
    from rehearsal.session import Session

    if name is None:
        return Session.all()
    found = Session.find(name)
    if found is None:
        known = ", ".join(session.name for session in Session.all()) or "none"
        raise fail(f"{name}: no rehearsal is called so; there are: {known}")
    return [found]
