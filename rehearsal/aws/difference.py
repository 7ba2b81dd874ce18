"""What changed between two sets of inputs, and whether AWS can change it in place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.aws.templates import fill
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rehearsal.aws.kind import Kind
    from rehearsal.aws.wire import Properties


@dataclass(frozen=True)
class Change:
    """One property that differs."""

    path: str
    """Dotted, as in ``vpcConfig.subnetIds``."""
    verb: str
    """``add``, ``delete`` or ``update``."""
    replaces: bool


def changes(kind: Kind, old: Properties, new: Properties) -> list[Change]:
    """Every property that differs."""
    return [
        Change(path, verb, any(path == field or path.startswith(f"{field}.") for field in (*kind.replace, "region")))
        for path, verb in _differences(old, new, "")
    ]


def deletes_first(kind: Kind, old: Properties, new: Properties) -> bool:
    """Whether the old one must go before the new one comes: both would have the same name."""
    if not kind.name:
        before = None if kind.id.startswith("@") else fill(kind.id, old)
        return before is not None and before == fill(kind.id, new)
    made_up = kind.name in (new.get("__defaults") or [])
    return not made_up and old.get(kind.name) == new.get(kind.name)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if key.startswith("__") or same(before, after):
            continue
        path = f"{prefix}{key}"
        if isinstance(before, dict) and isinstance(after, dict) and key not in ("tags", "tagsAll"):
            yield from _differences(before, after, f"{path}.")
        else:
            yield path, "add" if before is None else "delete" if after is None else "update"


def same(before: object, after: object) -> bool:
    """Whether two values mean the same: nothing is as good as an empty one, a list's order and a JSON text's layout
    do not count. An unknown value is never the same."""
    if before is UNKNOWN or after is UNKNOWN:
        return False
    if before in (None, [], {}) and after in (None, [], {}):
        return True
    if isinstance(before, list) and isinstance(after, list):
        return _same_lists(before, after)
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key.startswith("__") or same(before.get(key), after.get(key)) for key in {*before, *after})
    if isinstance(before, str) and isinstance(after, str):
        return before == after or _same_documents(before, after)
    return before == after or str(before).lower() == str(after).lower() != ""


def _same_lists(before: list[Any], after: list[Any]) -> bool:
    if len(before) != len(after):
        return False
    if all(isinstance(each, str) for each in (*before, *after)):
        return sorted(before) == sorted(after)
    return all(same(one, other) for one, other in zip(before, after, strict=True))


def _same_documents(before: str, after: str) -> bool:
    if not (before.lstrip()[:1] in ("{", "[") and after.lstrip()[:1] in ("{", "[")):
        return False
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False
