"""Shows how the parts of rehearsals are."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from cli.console import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.session import Session

RUNNING = "running"


def print_status(sessions: Sequence[Session], *, json: bool) -> bool:
    """Print the parts of each rehearsal; true when all of them run."""
    found = {session.name: session.status() for session in sessions}
    if json:
        data = {name: [asdict(part) for part in parts] for name, parts in found.items()}
        sys.stdout.write(json_format.dumps(data, indent=2, default=str) + "\n")
        return all(part.state == RUNNING for parts in found.values() for part in parts)
    out = console()
    if not sessions:
        out.print("no rehearsal runs; `make up` starts one")
    for session in sessions:
        out.print(f"[bold]{session.name}[/] level {session.level.value}, API server at {session.address}")
        table = Table("part", "state", "pid", "restarts", box=None, pad_edge=False)
        for part in found[session.name]:
            state = f"[{'green' if part.state == RUNNING else 'red'}]{part.state}[/]"
            table.add_row(part.name, state, str(part.pid or ""), str(part.restarts or ""))
        out.print(table)
    return all(part.state == RUNNING for parts in found.values() for part in parts)
