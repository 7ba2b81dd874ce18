"""Typed, three-valued conditions over a resource's properties; evaluated in Python, compiled to CEL."""

from policies.language.conditions import Condition
from policies.language.paths import Bound, spell, steps
from policies.language.relations import MEMBER, Stack
from policies.language.truth import ABSENT, UNKNOWN, Gap, Place, Truth
from policies.language.words import (
    Value,
    all_of,
    any_of,
    at_most_one,
    every,
    may,
    now,
    old,
    option,
    parameter,
    requester,
    resource,
    some,
)

__all__ = [
    "ABSENT",
    "MEMBER",
    "UNKNOWN",
    "Bound",
    "Condition",
    "Gap",
    "Place",
    "Stack",
    "Truth",
    "Value",
    "all_of",
    "any_of",
    "at_most_one",
    "every",
    "may",
    "now",
    "old",
    "option",
    "parameter",
    "requester",
    "resource",
    "some",
    "spell",
    "steps",
]
