"""As whom a client asks: a certificate, a token, or what a program says each time (`exec`, as managed clouds do)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from rehearsal.errors import RehearsalError

_PROGRAM_SECONDS: Final = 60
_MARGIN: Final = timedelta(minutes=1)
"""A token that ends within it is replaced: a request takes its time too."""


class Token(Protocol):
    """Gives the bearer token of the moment."""

    def __call__(self) -> str:
        """The token; RehearsalError where none is to be had."""


@dataclass(frozen=True)
class Pair:
    """A client certificate with its key, both in PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class FileToken:
    """A token in a file, which somebody else replaces from time to time."""

    path: Path

    def __call__(self) -> str:
        """What the file holds now."""
        try:
            return self.path.read_text().strip()
        except OSError as error:
            raise RehearsalError(f"{self.path}: the kubeconfig's token cannot be read ({error.strerror})") from error


class ProgramToken:
    """A token from a program of the kubeconfig's `exec`, asked again when the last one is about to end.

    Source: client.authentication.k8s.io/v1, ExecCredential.
    """

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked
        self._token = ""
        self._ends: datetime | None = None

    def __call__(self) -> str:
        """The token; RehearsalError where the program fails or answers something else."""
        if not self._token or (self._ends and datetime.now(UTC) > self._ends - _MARGIN):
            self._token, self._ends = self._ask()
        return self._token

    def _ask(self) -> tuple[str, datetime | None]:
        program, version = self._asked["command"], self._asked["apiVersion"]
        said = {"kind": "ExecCredential", "apiVersion": version, "spec": {"interactive": False}}
        more = {each["name"]: each["value"] for each in self._asked.get("env") or ()}
        try:
            done = subprocess.run(
                [program, *(self._asked.get("args") or ())],
                env={**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(said), **more},
                capture_output=True,
                text=True,
                check=True,
                timeout=_PROGRAM_SECONDS,
            )
            status = json.loads(done.stdout)["status"]
            ends = status.get("expirationTimestamp")
            return str(status["token"]), datetime.fromisoformat(ends) if ends else None
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip() or f"exit code {error.returncode}").splitlines()[-1]
            raise RehearsalError(f"{program}: gives no credentials for the cluster: {last}") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            remedy = "install it, or choose a kubeconfig without it"
            raise RehearsalError(
                f"{program}: gives no credentials for the cluster ({type(error).__name__})", remedy=remedy
            ) from None
        except (ValueError, KeyError, TypeError):
            # What it said is not repeated: it may hold a credential.
            raise RehearsalError(f"{program}: its answer is no ExecCredential with a token") from None


def pair_of(user: dict[str, Any], here: Path) -> Pair | None:
    """The client certificate of a kubeconfig's user."""
    if not any(f"client-certificate{suffix}" in user for suffix in ("", "-data")):
        return None
    return Pair(pem(user, "client-certificate", here), pem(user, "client-key", here))


def token_of(user: dict[str, Any], here: Path) -> Token | None:
    """The bearer token of a kubeconfig's user."""
    if path := user.get("tokenFile"):
        return FileToken(here / path)
    if token := user.get("token"):
        return lambda: str(token)
    if asked := user.get("exec"):
        return ProgramToken(asked)
    return None


def pem(entry: dict[str, Any], field: str, here: Path) -> bytes:
    """A field of a kubeconfig that is inline or a file beside it."""
    if inline := entry.get(f"{field}-data"):
        return base64.b64decode(inline)
    return (here / Path(entry[field])).read_bytes()
