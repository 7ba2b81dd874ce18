"""Typed, three-valued conditions over a resource's properties; evaluated in Python, compiled to CEL."""

from policies.language.conditions import Condition
from policies.language.paths import Bound, spell, steps
from policies.language.truth import ABSENT, UNKNOWN, Gap, Place, Truth
from policies.language.words import (
    Value,
    all_of,
    any_of,
    at_most_one,
    every,
    old,
    parameter,
    resource,
    some,
    stack,
)

__all__ = [
    "ABSENT",
    "UNKNOWN",
    "Bound",
    "Condition",
    "Gap",
    "Place",
    "Truth",
    "Value",
    "all_of",
    "any_of",
    "at_most_one",
    "every",
    "old",
    "parameter",
    "resource",
    "some",
    "spell",
    "stack",
    "steps",
]
