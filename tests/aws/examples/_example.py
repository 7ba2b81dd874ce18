"""What an example of a resource type says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Example:
    """A resource. ``$name`` is the ID of what NEEDED has, ``$name.output`` an output of it, ``#`` a fresh number."""

    token: str
    inputs: Mapping[str, Any]
    change: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that AWS can change; empty: none can be."""
    replaces: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that it cannot."""
    recorded: bool = False
    """Whether moto has no answer; a newer moto that has one makes the test fail, and this be dropped."""
    gaps: tuple[str, ...] = ()
    """Properties that moto does not take."""
    stays: bool = False
    """Whether it outlives its deletion, as what every VPC has does."""


def policy(*actions: str, principal: Mapping[str, Any] | None = None, resource: str | None = "*") -> str:
    """A policy document with one statement."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions)}
    statement |= {"Principal": principal} if principal else {}
    statement |= {"Resource": resource} if resource else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    """Who may assume a role."""
    return policy("sts:AssumeRole", principal={"Service": service}, resource=None)


ACCOUNT = {"AWS": "arn:aws:iam::123456789012:root"}
TAGS = {"team": "vision"}
