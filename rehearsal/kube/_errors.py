"""The one error of the client."""

from __future__ import annotations

import http
import http.client
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class KubeError(Exception):
    """The API server refused a request, or did not answer it.

    ``code`` is the HTTP status (0: no answer), ``reason`` the Status' reason (``NotFound``, ``Conflict``, …)
    and ``message`` the Status' message.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message

    @property
    def missing(self) -> bool:
        """Whether what was asked for does not exist."""
        return self.code == http.HTTPStatus.NOT_FOUND

    @property
    def conflict(self) -> bool:
        """Whether the object is not the one, or not in the state, that the request was made for."""
        return self.code == http.HTTPStatus.CONFLICT

    @property
    def expired(self) -> bool:
        """Whether a watch must start again from a new list."""
        return self.code == http.HTTPStatus.GONE

    @classmethod
    def from_status(cls, status: Mapping[str, Any]) -> KubeError:
        """The error that a ``Status`` object describes."""
        reason = status.get("reason") or "Unknown"
        return cls(status.get("code", 500), reason, status.get("message") or reason)

    @classmethod
    def from_reply(cls, code: int, payload: bytes) -> KubeError:
        """The error behind a refused request, whose body need not be a ``Status``."""
        try:
            status = json.loads(payload)
        except ValueError:
            status = None
        if isinstance(status, dict) and status.get("kind") == "Status":
            return cls.from_status({"code": code, **status})
        text = payload.decode(errors="replace").strip()
        return cls(code, http.client.responses.get(code, "Unknown"), text or f"HTTP status {code}")

    @classmethod
    def no_answer(cls, server: str, error: Exception) -> KubeError:
        """The error of a request that the API server did not answer."""
        return cls(0, "NoAnswer", f"{server} does not answer: {error or type(error).__name__}")
