"""What pulumi-aws itself knows of a resource type: asked only where a name is in doubt, for it is slow to load."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module


def knows(token: str, name: str) -> bool:
    """Whether a property, or one of a property's parts, has this name (camelCase) in the installed pulumi-aws."""
    return _snake(name) in _names(token)


@cache
def _names(token: str) -> frozenset[str]:
    """All names of the type's inputs, and of every input type of its service, in Python's spelling."""
    service = token.split(":")[1].split("/")[0]
    package = import_module(f"pulumi_aws.{service}")
    resource = getattr(package, token.split(":")[-1])
    arguments = getattr(sys.modules[resource.__module__], f"{resource.__name__}Args")
    inputs = import_module(f"pulumi_aws.{service}._inputs")
    parts = [
        value for name, value in vars(inputs).items() if name.startswith(resource.__name__) and isinstance(value, type)
    ]
    return frozenset(
        name for each in (arguments, *parts) for name, value in vars(each).items() if isinstance(value, property)
    )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
