"""Reads from kubeconfig files what a client of one context needs."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from rehearsal.errors import RehearsalError
from rehearsal.kube._credentials import Pair, Token, pair_of, pem, token_of

if TYPE_CHECKING:
    from pathlib import Path

_NOT_FOLLOWED: Final = ("insecure-skip-tls-verify", "proxy-url", "tls-server-name")
"""Settings of a cluster that this client would have to ignore, and must not."""


@dataclass(frozen=True)
class Access:
    """How to reach an API server, and as whom."""

    server: str
    authority: bytes | None
    """Who vouches for the server, in PEM; absent: those whom this machine trusts."""
    pair: Pair | None = field(default=None, repr=False)
    token: Token | None = field(default=None, repr=False)
    context: str = ""
    namespace: str = ""

    @classmethod
    def read(cls, kubeconfig: Path, *more: Path, context: str | None = None) -> Access:
        """What the files together say of a context, by default the current one; the first that names a thing wins.

        RehearsalError where a file cannot be read, or names something that this client does not do.
        """
        merged = _Merged([_Document.read(path) for path in (kubeconfig, *more)])
        try:
            return merged.access(context or merged.current)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise RehearsalError(f"{kubeconfig}: cannot be used as a kubeconfig ({error!r})") from error

    def tls(self) -> ssl.SSLContext:
        """Verifies the server against the authority and shows it the client certificate, if there is one."""
        context = ssl.create_default_context(cadata=self.authority.decode() if self.authority else None)
        if self.pair:
            # The ssl module takes a client certificate from a file only; a temporary one has mode 0600.
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(self.pair.certificate.rstrip() + b"\n" + self.pair.key)
                pair.flush()
                context.load_cert_chain(pair.name)
        return context

    def headers(self) -> dict[str, str]:
        """What every request says of who asks, beside the certificate."""
        return {"Authorization": f"Bearer {self.token()}"} if self.token else {}


@dataclass(frozen=True)
class _Document:
    """One kubeconfig file, and where paths in it start."""

    content: dict[str, Any]
    path: Path

    @classmethod
    def read(cls, path: Path) -> _Document:
        try:
            content = yaml.safe_load(path.read_text())
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise RehearsalError(f"{path}: cannot be read as a kubeconfig ({type(error).__name__})") from error
        if not isinstance(content, dict):
            raise RehearsalError(f"{path}: is no kubeconfig")
        return cls(content, path)


@dataclass(frozen=True)
class _Merged:
    documents: list[_Document]

    @property
    def current(self) -> str:
        found = (each.content.get("current-context") for each in self.documents)
        return next((str(name) for name in found if name), "")

    def access(self, name: str) -> Access:
        context, _ = self._named("contexts", "context", name)
        cluster, beside = self._named("clusters", "cluster", context["cluster"])
        user, here = self._named("users", "user", context["user"])
        if unknown := [key for key in _NOT_FOLLOWED if cluster.get(key)]:
            raise RehearsalError(f"context {name}: {unknown[0]} is not supported", remedy="choose a context without it")
        trusted = any(cluster.get(f"certificate-authority{suffix}") for suffix in ("", "-data"))
        return Access(
            server=_https(cluster["server"]),
            authority=pem(cluster, "certificate-authority", beside) if trusted else None,
            pair=pair_of(user, here),
            token=token_of(user, here),
            context=name,
            namespace=context.get("namespace", ""),
        )

    def _named(self, section: str, kind: str, name: str) -> tuple[dict[str, Any], Path]:
        entries = [(entry, each.path.parent) for each in self.documents for entry in each.content.get(section) or ()]
        for entry, here in entries:
            if entry["name"] == name:
                return entry[kind], here
        known = ", ".join(sorted({entry["name"] for entry, _ in entries})) or "none"
        raise RehearsalError(
            f"{self.documents[0].path}: has no {kind} {name or 'chosen'}", remedy=f"there are: {known}"
        )


def _https(server: str) -> str:
    if not server.startswith("https://"):
        raise RehearsalError(f"{server}: is no https address", remedy="credentials are sent over TLS only")
    return server
