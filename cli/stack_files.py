"""The files of the project's stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

PROJECT_DIRECTORY: Final = Path(__file__).parents[1]


def stack_file(stack: str) -> Path:
    """The stack's file; RehearsalError when there is none."""
    path = PROJECT_DIRECTORY / "stacks" / f"Pulumi.{stack}.yaml"
    if not path.exists():
        known = ", ".join(sorted(each.stem.removeprefix("Pulumi.") for each in path.parent.glob("Pulumi.*.yaml")))
        raise RehearsalError(f"{stack}: no stack is called so", remedy=f"stacks are {known}")
    return path
