"""Passwords that nobody chooses and nobody sees."""

from __future__ import annotations

import secrets
from typing import Final

import pulumi

_BYTES: Final = 24


def password(name: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """A random password of 48 hexadecimal digits, made on the first update and the same ever after.

    It is a secret output: encrypted in the state, hidden in every display. `pulumi up --replace` of the stash called
    `name` makes a new one. Hexadecimal digits mean the same to a shell, a URL and a configuration file.
    """
    stash = pulumi.Stash(
        name,
        input=pulumi.Output.secret(secrets.token_hex(_BYTES)),
        # Every run of the program draws anew; only the first draw counts.
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["input"]),
    )
    return pulumi.Output.secret(stash.output)
