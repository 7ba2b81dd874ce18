"""What goes wrong between the stand-in and its AWS."""

from __future__ import annotations

from typing import Final

NOBODY: Final = "ServiceUnavailable"
"""The code of an error that says that nothing answers at all."""


class AwsError(Exception):
    """A call that AWS would refuse: AWS's code for it, what is wrong, and the call that said so, if one did."""

    def __init__(self, code: str, message: str, call: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.call = call

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.call})" if self.call else "")

    @property
    def says_missing(self) -> bool:
        """Whether the resource that the call is about is not there."""
        return any(word in self.code for word in ("404", "NotFound", "NoSuch", "NonExistent", "DoesNotExist"))


class NotEmulatedError(Exception):
    """Moto has no answer to a call: the call and why."""

    def __init__(self, call: str, why: str) -> None:
        super().__init__(f"{call}: {why}")
        self.call = call
        self.why = why


class UnsafeEndpointError(Exception):
    """An address that is not on this machine or in the rehearsal's own network."""
