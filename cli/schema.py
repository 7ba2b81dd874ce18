"""`mlplatform schema`: keep the stack file's schema, its documentation and the alerts' in step with the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "stacks" / "schema.json"
PAGE = ROOT / "docs" / "stack-file.md"
RUNBOOKS = ROOT / "docs" / "alerts.md"
MARK = "<!-- From here on made by `mlplatform schema`. -->\n"

Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit code 1 where a file is out of date.")]


def schema(check: Check = False) -> None:
    """Write the JSON schema of stack files, the tables of docs/stack-file.md and the runbooks of docs/alerts.md."""
    from components.monitoring.alerts import runbooks_of_all
    from stacks.schema import reference, schema_text

    made = {PAGE: reference(), RUNBOOKS: runbooks_of_all()}
    wanted = {page: f"{page.read_text().partition(MARK)[0]}{MARK}\n{text}" for page, text in made.items()}
    wanted[SCHEMA] = schema_text()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            typer.echo(f"{path.relative_to(ROOT)}: is out of date; run `mlplatform schema`", err=True)
        else:
            path.write_text(wanted[path])
            typer.echo(f"written: {path.relative_to(ROOT)}")
    if check and stale:
        raise typer.Exit(1)
