"""What the stand-in takes from its environment, and what it removes from it first."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rehearsal.aws.errors import UnsafeEndpointError
from rehearsal.files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

ENDPOINT: Final = "MLPLATFORM_AWS_ENDPOINT"
STATE: Final = "MLPLATFORM_AWS_STATE"
CLUSTER: Final = "MLPLATFORM_AWS_CLUSTER"
STORES: Final = "MLPLATFORM_AWS_STORES"

_REHEARSALS: Final = ipaddress.ip_network("198.18.0.0/15")
"""The addresses that rehearsals have (set aside for benchmarks by RFC 2544: no real host has one)."""
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass(frozen=True)
class Surroundings:
    """Where the stand-in's AWS is and where it keeps what it knows."""

    endpoint: str
    """Moto's URL."""
    state: Path
    """The ledger's directory."""
    cluster: Path | None
    """A JSON file about the control plane that stands for EKS clusters; None: there is none."""
    stores: str
    """``module:factory`` of what runs managed stores; empty: nothing does."""

    @classmethod
    def take(cls, environment: MutableMapping[str, str]) -> Surroundings:
        """Scrub the environment, then read it.

        Raises UnsafeEndpointError where the endpoint could be somebody else's, KeyError where a variable is missing.
        """
        scrub(environment)
        cluster = environment.get(CLUSTER)
        return cls(
            safe_endpoint(environment[ENDPOINT]),
            Path(environment[STATE]),
            Path(cluster) if cluster else None,
            environment.get(STORES, ""),
        )

    def control_plane(self) -> Mapping[str, str]:
        """``endpoint`` and ``certificate_authority`` (base64) of EKS clusters; empty if the rehearsal has none."""
        return (read_json(self.cluster) if self.cluster else None) or {}


def scrub(environment: MutableMapping[str, str]) -> None:
    """Remove everything through which an AWS client finds credentials, another endpoint or another way there."""
    for name in list(environment):
        if name.startswith(("AWS_", "BOTO")) or name.lower() in _PROXIES:
            del environment[name]
    environment["AWS_CONFIG_FILE"] = os.devnull
    environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environment["AWS_EC2_METADATA_DISABLED"] = "true"


def safe_endpoint(url: str) -> str:
    """The URL, if it names this machine or a rehearsal's network by number: a name could lead anywhere."""
    parts = urlsplit(url)
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        address = None
    if parts.scheme != "http" or address is None or not (address.is_loopback or address in _REHEARSALS):
        raise UnsafeEndpointError(
            f"{ENDPOINT}: refused, got {url!r}; "
            f"the stand-in talks to http:// and an address of this machine or of {_REHEARSALS} only"
        )
    return url
