"""Runs short commands of this machine; a failed one becomes an error that shows what the command said."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str], *, seconds: float = 60) -> str:
    """Run a command and return its standard output; RehearsalError if it fails, is missing or takes too long."""
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise RehearsalError(f"{error.filename} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise RehearsalError(f"`{' '.join(argv)}` has not ended within {seconds:.0f} s") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise RehearsalError(f"`{' '.join(argv)}` failed: {said[-1] if said else done.returncode}")
    return done.stdout


def succeeds(argv: Sequence[str], *, seconds: float = 60) -> bool:
    """Whether a command runs and says yes."""
    try:
        run(argv, seconds=seconds)
    except RehearsalError:
        return False
    return True
