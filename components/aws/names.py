"""Names in an AWS account, which every stack of the account must choose differently, and names of AWS' services."""

from __future__ import annotations

import re
from typing import Final

import pulumi

_FOREIGN: Final = re.compile(r"[^a-z0-9]+")
_DOMAINS: Final = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}
"""Of the services of partitions that have a domain of their own, by the first part of their regions' names."""


def named(purpose: str, *, longest: int) -> str:
    """`<project>-<stack>-<purpose>` in lower-case letters, digits and single hyphens.

    Raises pulumi.RunError where that is longer than the service allows.
    """
    name = f"{stem()}-{purpose}"
    if len(name) > longest:
        raise pulumi.RunError(
            f'stack name: makes a name that AWS refuses, got "{name}" of {len(name)} characters; '
            f"choose a stack name that is {len(name) - longest} characters shorter"
        )
    return name


def stem() -> str:
    """`<project>-<stack>`, the part that all names of a stack begin with."""
    return _FOREIGN.sub("-", f"{pulumi.get_project()}-{pulumi.get_stack()}".lower()).strip("-")


def host(service: str, region: str) -> str:
    """The host name of a service's regional endpoint, such as `s3.eu-central-1.amazonaws.com`."""
    return f"{service}.{region}.{_DOMAINS.get(region.split('-')[0], 'amazonaws.com')}"
