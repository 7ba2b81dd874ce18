"""How long work tells what it is doing: the rehearsal speaks, the caller decides how it looks."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Phase(Protocol):
    """One piece of work under way."""

    def update(self, detail: str) -> None:
        """Say what is being done now, in a few words."""

    def note(self, line: str) -> None:
        """Leave a line that stays readable after the phase has ended."""


class Reporter(Protocol):
    """Where phases are announced."""

    def phase(
        self, title: str, *, log: Path | None = None, expected_seconds: float | None = None
    ) -> AbstractContextManager[Phase]:
        """Announce work that starts now; leaving the context ends it, an exception marks it failed."""


class _SilentPhase:
    def update(self, detail: str) -> None:
        del detail

    def note(self, line: str) -> None:
        del line


class Silent:
    """A reporter that says nothing, for tests and for callers that only want the result."""

    @contextmanager
    def phase(self, title: str, *, log: Path | None = None, expected_seconds: float | None = None) -> Iterator[Phase]:
        del title, log, expected_seconds
        yield _SilentPhase()
