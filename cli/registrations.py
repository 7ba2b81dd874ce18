"""What a stack's program asks of the engine, as plain data: for whoever only reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.recorder import CannotRecordError, record
from cli.stack_files import stack_file
from policies.language import UNKNOWN
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Registration:
    """One resource as the program asks for it; what is not known before it exists is left out of ``inputs``."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]


def registered(stack: str) -> list[Registration]:
    """Everything that the stack's program registers, in its order.

    RehearsalError where there is no such stack, or where its program does not run to its end.
    """
    return registered_by(stack_file(stack))


def registered_by(file: Path) -> list[Registration]:
    """As ``registered``, for the program with any stack file."""
    try:
        recording = record(file)
    except CannotRecordError as error:
        raise RehearsalError(str(error)) from error
    return [Registration(r.type, r.name, r.parent, _known(r.properties)) for r in recording.registrations]


def _known(value: Any) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items() if each is not UNKNOWN}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value if each is not UNKNOWN]
    return value
