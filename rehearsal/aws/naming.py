"""Names that are made up where a program gives none, as the real provider does."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.aws.kind import Kind
    from rehearsal.aws.wire import Properties

_SUFFIX_LENGTH = 7


def named(kind: Kind, inputs: Properties, old: Properties, logical_name: str, seed: bytes) -> Properties:
    """The inputs with a name: the one given, else the one it has, else the logical name and something random.

    ``__defaults`` says which inputs were made up; the engine keeps it and shows it to nobody.
    """
    if not kind.name:
        return inputs
    given, prefix = inputs.get(kind.name), inputs.get(f"{kind.name}Prefix")
    if given is not None:
        return {**inputs, "__defaults": []}
    if kind.name in (old.get("__defaults") or []) and old.get(kind.name):
        return {**inputs, kind.name: old[kind.name], "__defaults": [kind.name]}
    suffix = hashlib.sha256(seed + kind.token.encode() + logical_name.encode()).hexdigest()[:_SUFFIX_LENGTH]
    start = prefix if isinstance(prefix, str) else f"{logical_name}-"
    name = f"{start[: kind.name_length - _SUFFIX_LENGTH]}{suffix}"
    name = name.lower() if kind.name == "bucket" else name
    return {**inputs, kind.name: name, "__defaults": [kind.name]}
