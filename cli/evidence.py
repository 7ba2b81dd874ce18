"""`mlplatform evidence`: a check's result in forms that auditors' tools read, bound to what was checked."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.console import console, fail

_ROOT: Final = Path(__file__).parents[1]
_DECIDING: Final = (
    "policies/**/*.py",
    "policies/exceptions.yaml",
    "components/**/*.py",
    "stacks/*.py",
    "cli/recorder/*.py",
)
_PACKAGES: Final = ("mlplatform", "pulumi", "pulumi-kubernetes", "pydantic", "pyyaml")

Stack = Annotated[str, typer.Argument(help="The stack by name, or a stack file.", metavar="STACK")]
Into = Annotated[Path | None, typer.Option("--into", help="The directory to write; evidence/STACK if absent.")]


def evidence(stack: Stack, into: Into = None) -> None:
    """Check a stack and write what was judged, by which rules, with which result: an in-toto statement, OSCAL
    assessment results, the report, the rules.

    The exit code is the check's. Nothing is signed: sign statement.json with a key of your own.
    """
    from cli.check import stack_files
    from cli.checking import check_stacks
    from policies.reports.evidence import bundle

    (file,) = stack_files([stack])
    report = check_stacks([file])
    if report.unchecked:
        raise fail(report.unchecked[0].mistakes[0].text, code=2)
    (checked,) = report.checked
    digests = {str(path.relative_to(_ROOT)): _digest(path) for path in _deciding()}
    digests[checked.file] = _digest(file)
    directory = into or Path("evidence", checked.stack)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in bundle(report, digests, _versions()).items():
        (directory / name).write_text(text)
    console().print(f"written, not signed: {directory}", soft_wrap=True)
    raise typer.Exit(report.exit_code)


def _deciding() -> list[Path]:
    return sorted(path for pattern in _DECIDING for path in _ROOT.glob(pattern) if path.is_file())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}
