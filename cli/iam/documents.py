"""Policy documents of a size that IAM takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.iam.statements import Statement

LARGEST: Final = 6144
"""Characters of a managed policy, white space not counted (IAM User Guide, "IAM and AWS STS quotas")."""
_FRAME: Final = len('{"Version":"2012-10-17","Statement":[]}')


def documents(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """As few documents as the order of the statements allows; one too large for any is divided by its actions."""
    packed: list[list[Statement]] = [[]]
    room = LARGEST - _FRAME
    for statement in _small(statements):
        size = len(compact(statement)) + 1
        if size > room:
            packed.append([])
            room = LARGEST - _FRAME
        packed[-1].append(statement)
        room -= size
    return [{"Version": "2012-10-17", "Statement": group} for group in packed if group]


def compact(value: object) -> str:
    """JSON without white space, as IAM counts it."""
    return json.dumps(value, separators=(",", ":"))


def _small(statements: Iterable[Statement]) -> Iterable[Statement]:
    for statement in statements:
        if len(compact(statement)) < LARGEST - _FRAME:
            yield statement
            continue
        half = len(statement["Action"]) // 2
        halves = (statement["Action"][:half], statement["Action"][half:])
        parts = [{**statement, "Sid": f"{statement['Sid']}{i}", "Action": part} for i, part in enumerate(halves, 1)]
        yield from _small(parts)
