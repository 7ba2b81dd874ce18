"""Reads from a kubeconfig what a client of its current context needs."""

from __future__ import annotations

import base64
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.errors import RehearsalError


@dataclass(frozen=True)
class Access:
    """How to reach an API server, and as whom: all in PEM."""

    server: str
    authority: bytes
    certificate: bytes
    key: bytes

    @classmethod
    def read(cls, kubeconfig: Path) -> Access:
        """The current context's server, authority and client certificate, inline or as files beside it."""
        try:
            config = yaml.safe_load(kubeconfig.read_text())
            context = _named(config["contexts"], config["current-context"])["context"]
            cluster = _named(config["clusters"], context["cluster"])["cluster"]
            user = _named(config["users"], context["user"])["user"]
            here = kubeconfig.parent
            return cls(
                server=cluster["server"],
                authority=_pem(cluster, "certificate-authority", here),
                certificate=_pem(user, "client-certificate", here),
                key=_pem(user, "client-key", here),
            )
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise RehearsalError(
                f"{kubeconfig}: cannot be used as a kubeconfig with a client certificate ({error!r})"
            ) from error

    def tls(self) -> ssl.SSLContext:
        """Verifies the server against the authority and shows it the client certificate."""
        context = ssl.create_default_context(cadata=self.authority.decode())
        # The ssl module takes a client certificate from a file only; a temporary one has mode 0600.
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(self.certificate.rstrip() + b"\n" + self.key)
            pair.flush()
            context.load_cert_chain(pair.name)
        return context


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for entry in entries:
        if entry["name"] == name:
            return entry
    raise KeyError(name)


def _pem(entry: dict[str, Any], field: str, here: Path) -> bytes:
    if inline := entry.get(f"{field}-data"):
        return base64.b64decode(inline)
    return (here / Path(entry[field])).read_bytes()
