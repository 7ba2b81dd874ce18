"""The one error of the rehearsal that a user is meant to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class RehearsalError(Exception):
    """Something on this machine stops the rehearsal: the cause in one line, and what to do about it.

    ``cause`` says what is wrong and names the part; ``remedy`` says what to try; ``log`` is the file that
    holds the details, where there is one.
    """

    def __init__(self, cause: str, *, remedy: str = "", log: Path | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.log = log

    def __str__(self) -> str:
        parts = [self.cause]
        if self.remedy:
            parts.append(self.remedy)
        if self.log:
            parts.append(f"log: {self.log}")
        return "; ".join(parts)
