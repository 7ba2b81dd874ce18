"""Speaks to registries: the OCI distribution API, with a token or a password where a registry asks for one.

https everywhere, but for registries on this machine's loopback, as container runtimes do it.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from http.client import HTTPResponse

    from rehearsal.images.reference import Reference

TIMEOUT_SECONDS: Final = 60.0
_HOSTS: Final = {"docker.io": "registry-1.docker.io"}


class RegistryError(Exception):
    """A registry does not do what it was asked for; the message says which, and why."""


@dataclass(frozen=True)
class Credentials:
    """Who asks a registry; the password is shown nowhere."""

    username: str
    password: str = field(repr=False)

    def header(self) -> str:
        """As HTTP's basic authentication writes it."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def anonymous(registry: str) -> Credentials | None:
    """No credentials for any registry."""
    del registry
    return None


class Client:
    """Asks registries, to read or also to write; ``credentials`` finds those of a registry that wants some."""

    def __init__(self, credentials: Callable[[str], Credentials | None] = anonymous, *, writing: bool = False) -> None:
        self._credentials = credentials
        self._actions = "pull,push" if writing else "pull"
        self._authorizations: dict[str, str] = {}

    def ask(
        self,
        method: str,
        reference: Reference,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], Iterable[bytes]] | None = None,
    ) -> HTTPResponse:
        """The answer to one request below `/v2/<repository>/`, or at an address that the registry has named itself.

        ``body`` is called for each attempt. Raises what urllib raises; see ``explained``.
        """
        try:
            return self._open(method, reference, path, headers, body)
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
            # Not signed in yet, or for too long.
            challenge = refusal.headers["WWW-Authenticate"] or ""
        self._authorizations[reference.repository] = self._authorization(challenge, reference)
        return self._open(method, reference, path, headers, body)

    def _open(
        self,
        method: str,
        reference: Reference,
        path: str,
        headers: Mapping[str, str] | None,
        body: Callable[[], Iterable[bytes]] | None,
    ) -> HTTPResponse:
        registry = base_address(reference.registry)
        address = urllib.parse.urljoin(f"{registry}/v2/{reference.path}/", path)
        data = body() if body else None
        request = urllib.request.Request(address, data, dict(headers or {}), method=method)  # noqa: S310
        authorization = self._authorizations.get(reference.repository)
        if authorization and address.startswith(f"{registry}/"):
            # Unredirected: blobs are often kept by another host, to which it says nothing.
            request.add_unredirected_header("Authorization", authorization)
        return cast("HTTPResponse", urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS))  # noqa: S310

    def _authorization(self, challenge: str, reference: Reference) -> str:
        credentials = self._credentials(reference.registry)
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic":
            if credentials is None:
                raise RegistryError(f"{reference.registry} wants a password, and none is known here")
            return credentials.header()
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = fields.pop("realm")
        # Some registries ask for less than the request needs.
        fields["scope"] = f"repository:{reference.path}:{self._actions}"
        if not (realm.startswith("https://") or _is_loopback(urllib.parse.urlsplit(realm).netloc)):
            raise RegistryError(f"{reference.registry} would have a password sent in clear, to {realm}")
        request = urllib.request.Request(f"{realm}?{urllib.parse.urlencode(fields)}")  # noqa: S310
        if credentials:
            request.add_unredirected_header("Authorization", credentials.header())
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            grant = json.loads(answer.read())
        return f"Bearer {grant.get('token') or grant['access_token']}"


@contextlib.contextmanager
def explained(registry: str) -> Iterator[None]:
    """Turn what goes wrong with a registry into a ``RegistryError`` that names it."""
    try:
        yield
    except urllib.error.HTTPError as error:
        raise RegistryError(f"{registry} answers {error.code} {error.reason}{_reason(error)}") from error
    except (OSError, HTTPException) as error:
        raise RegistryError(f"{registry} cannot be asked: {getattr(error, 'reason', error)}") from error
    except (KeyError, ValueError) as error:
        raise RegistryError(f"{registry} answers in a way not known here: {error!r}") from error


def base_address(registry: str) -> str:
    """Scheme and host under which a registry is reached."""
    host = _HOSTS.get(registry, registry)
    return f"{'http' if _is_loopback(host) else 'https'}://{host}"


def _is_loopback(host: str) -> bool:
    name = urllib.parse.urlsplit(f"//{host}").hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name == "localhost"


def _reason(error: urllib.error.HTTPError) -> str:
    """What the registry says about it, where it keeps to the specification's form."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        first = json.loads(error.read(4096))["errors"][0]
        return f" ({first.get('message') or first['code']})"
    return ""
