"""`mlplatform check`: judge what a change would create, offline, before anybody merges it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import console, fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.check import Report

_ROOT: Final = Path(__file__).parents[1]
_STACK_FILES: Final = _ROOT / "stacks"
_DECIDING: Final = ("components/", "policies/", "stacks/", "cli/recorder/", "cli/charts.py", "cli/checking.py")
"""A change here may change the verdict on any stack; that of a stack's file, on that stack only."""

Stacks = Annotated[
    list[str] | None, typer.Argument(help="Stacks by name, or stack files; all if absent.", show_default=False)
]
Every = Annotated[bool, typer.Option("--all", help="Every stack of stacks/.")]
Form = Annotated[str, typer.Option("--format", help="terminal, markdown, sarif, junit, json or oscal.")]
Since = Annotated[
    str | None,
    typer.Option("--changed-since", metavar="REF", help="Only stacks that may differ from those of this commit."),
]
Output = Annotated[Path | None, typer.Option("--output", help="Write the report there; standard output if absent.")]


def check(
    stacks: Stacks = None,
    every: Every = False,
    form: Form = "terminal",
    changed_since: Since = None,
    output: Output = None,
) -> None:
    """Judge every resource of these stacks by every rule: no login, cluster, provider or network.

    Exit code 0: nothing stops the change; 1: something does; 2: something could not be checked.
    """
    from policies.reports import FORMATS, rendered

    if form not in FORMATS:
        raise fail(f"--format: no report is called {form}; there are {', '.join(FORMATS)}", code=2)
    files = stack_files(() if every else stacks or ())
    if changed_since is not None:
        files = _changed(files, changed_since)
    if form == "terminal":
        report = _shown(files)
    else:
        from cli.checking import check_stacks

        report = check_stacks(files)
        text = rendered(report, form)
        if output:
            output.write_text(text)
        else:
            sys.stdout.write(text)
    raise typer.Exit(report.exit_code)


def _shown(files: Sequence[Path]) -> Report:
    from cli.checking import check_stacks
    from policies.reports.terminal import conclude, show

    out = console()
    report = check_stacks(files, lambda result: show(out, result))
    conclude(out, report)
    return report


def stack_files(stacks: Sequence[str]) -> list[Path]:
    """The files of these stacks, each by its name or its file; of all stacks where none is named."""
    known = {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in _stack_files()}
    if not stacks:
        return list(known.values())
    for stack in stacks:
        if stack not in known and not stack.endswith(".yaml"):
            raise fail(f"{stack}: no stack is called so; stacks are {', '.join(known)}", code=2)
    return [known.get(stack, Path(stack)) for stack in stacks]


def _stack_files() -> list[Path]:
    return sorted(_STACK_FILES.glob("Pulumi.*.yaml"))


def _changed(files: Sequence[Path], ref: str) -> list[Path]:
    """Those of the files whose verdict may have changed since that commit, what is not committed yet included."""
    command = ["git", "diff", "--name-only", "--merge-base", ref, "--"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    listed = ["git", "ls-files", "--others", "--exclude-standard"]
    new = subprocess.run(listed, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise fail(f"--changed-since: git knows no commit {ref} ({done.stderr.strip().splitlines()[0]})", code=2)
    changed = {*done.stdout.splitlines(), *new.stdout.splitlines()}
    own = {str(file.relative_to(_ROOT)) for file in _stack_files()}
    if any(path.startswith(_DECIDING) for path in changed - own):
        return list(files)
    return [file for file in files if file.absolute().is_relative_to(_ROOT) and str(file.relative_to(_ROOT)) in changed]
