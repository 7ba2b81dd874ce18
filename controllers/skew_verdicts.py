"""What a value online is, seen beside the one offline; and what is said of many. Nothing here needs Feast."""

from __future__ import annotations

import hashlib
import heapq
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Key = tuple[Any, ...]
"""An entity: the values of its join keys."""

VERDICTS: Final = ("same", "different", "missing", "expired", "newer")
LONGEST_MESSAGE: Final = 4096
"""Bytes of a termination message that Kubernetes keeps."""
_PRECISION: Final = 1e-6
"""A feature that is declared as Float32 has no more."""


@dataclass(frozen=True)
class Value:
    """A feature's value of one entity, and the moment that it is of."""

    moment: datetime
    value: Any


def verdict(offline: Value, online: Value | None, time_to_live: timedelta | None, now: datetime) -> str:
    """How the value online relates to the one offline, both to the second."""
    if time_to_live and offline.moment + time_to_live <= now:
        return "expired"
    if online is None:
        return "missing"
    if _second(online.moment) > _second(offline.moment):
        return "newer"
    at_once = _second(online.moment) == _second(offline.moment)
    return "same" if at_once and same(offline.value, online.value) else "different"


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 (whatever a feature can be)
    """Whether two values are the same to a reader; no value and no number are."""
    if _is_nothing(one) or _is_nothing(other):
        return _is_nothing(one) and _is_nothing(other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return _second(aware(one)) == _second(aware(other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=_PRECISION)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def drawn(batches: Iterable[Iterable[Key]], size: int, seed: str) -> list[Key]:
    """Some of all distinct keys, each with the same chance, in memory for little more than these."""
    chosen: dict[Key, bytes] = {}
    for batch in batches:
        chosen |= {key: hashlib.sha256(f"{seed}{key!r}".encode()).digest() for key in batch}
        chosen = dict(heapq.nsmallest(size, chosen.items(), key=itemgetter(1)))
    return list(chosen)


def message(views: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """The counts for the termination message; where all of them are too long, those that all agree are left out."""
    short = {view: {name: list(counts.values()) for name, counts in each.items()} for view, each in views.items()}
    if len(text := _compact(short)) <= LONGEST_MESSAGE:
        return text
    wrong = [(view, name) for view, each in short.items() for name, counts in each.items() if counts[1] or counts[2]]
    told: dict[str, dict[str, list[int]]] = {}
    for view, name in wrong:
        more = {**told, view: {**told.get(view, {}), name: short[view][name]}}
        if len(_compact(more)) > LONGEST_MESSAGE:
            break
        told = more
    return _compact(told)


def _compact(views: Mapping[str, Any]) -> str:
    return json.dumps({"skew": views}, separators=(",", ":"))


def _is_nothing(value: Any) -> bool:  # noqa: ANN401
    return value is None or (isinstance(value, float) and math.isnan(value))


def aware(moment: datetime) -> datetime:
    """A moment in UTC, which one without a time zone is already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
