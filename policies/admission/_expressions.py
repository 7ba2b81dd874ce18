"""A rule's conditions for all its kinds as one CEL expression.

A rule about pods is the same condition at another place of each kind. Written out for each, it is a dozen copies of
one text; here the places are a list, of the pods that the object at hand has, and the text stands once:
``(object.kind == "Pod" ? [object.spec] : …).all(pod, …)``. What has no such shape is chosen by the object's kind.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from policies.admission._kinds import kinds
from policies.admission._walk import free_names
from policies.language import ABSENT, Bound
from policies.language.cel import to_cel
from policies.language.conditions import Both, Condition, Either, Every, Let, Not, Some
from policies.language.paths import Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_KNOWN_EVERYWHERE: Final = frozenset({"object", "old", "request", "now", "parameters"})

Way = tuple[Path, ...]
"""Lists to go through, the last one a single value: ``spec.jobs``, each job's ``template``."""


_Spot = tuple[str, type[Condition], Condition, tuple[int, ...]]
"""What is said of every (or some) place of a list, and where in the rule: two spots never share a list."""


@dataclass
class _Shared:
    """Conditions that stand at several places, with the places of each kind."""

    parameters: Mapping[str, Any]
    places: dict[_Spot, dict[str, list[Way]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))


def expression(conditions: Mapping[str, Condition], parameters: Mapping[str, Any]) -> str:
    """What must be true of an object of any of these types. Raises NotInCelError where one looks beyond the object."""
    if len(conditions) == 1:
        (condition,) = conditions.values()
        return to_cel(condition, parameters)
    shared = _Shared(parameters)
    reduced = {kind: _reduced(condition, kind, (), Every, shared) for kind, condition in conditions.items()}
    names = {_marker(spot): _places(by_kind, conditions) for spot, by_kind in shared.places.items()}
    listed: dict[Condition, None] = {}
    by_text: dict[str, list[str]] = defaultdict(list)
    for kind, condition in reduced.items():
        parts = condition.parts if isinstance(condition, Both) else (condition,)
        # A kind that keeps nothing in a list has an empty one: what is said of every place of it is said of all kinds.
        of_all = [part for part in parts if _is_listed(part)]
        listed.update(dict.fromkeys(of_all))
        rest = Both(tuple(part for part in parts if part not in of_all))
        by_text[to_cel(rest, parameters, names)].append(kind)
    texts = [to_cel(part, parameters, names) for part in listed]
    if set(by_text) != {"true"} or not texts:
        texts.append(f"({_chosen_by_kind(by_text)})")
    return " && ".join(texts)


def _is_listed(part: Condition) -> bool:
    return isinstance(part, Every) and len(part.over) == 1 and " " in str(getattr(part.over[0], "root", ""))


def _chosen_by_kind(by_text: Mapping[str, list[str]]) -> str:
    *others, last = sorted(by_text, key=lambda text: (len(by_text[text]), text))
    chosen = "".join(f"object.kind in {json.dumps(kinds(by_text[text]))} ? {text} : " for text in others)
    return f"{chosen}{last}"


def _reduced(
    condition: Condition, kind: str, at: tuple[int, ...], quantifier: type[Every | Some], shared: _Shared
) -> Condition:
    """The condition with what stands at several places told by the places' list.

    ``at`` is the way to the condition in its rule, ``quantifier`` what a list means there: in a conjunction every
    place, in a disjunction some.
    """
    match condition:
        case Both(parts) | Either(parts):
            inside = Every if isinstance(condition, Both) else Some
            several = dict.fromkeys(
                # What may share the list is at one spot: the conjunction's (or disjunction's) own.
                _reduced(part, kind, at if _way(part, inside)[0] else (*at, number), inside, shared)
                for number, part in enumerate(parts)
            )
            return next(iter(several)) if len(several) == 1 else type(condition)(tuple(several))
        case Not(part):
            return Not(_reduced(part, kind, (*at, 0), Some if quantifier is Every else Every, shared))
    way, let = _way(condition, quantifier)
    if not isinstance(let, Let) or not _may_be_listed(let, quantifier, shared.parameters):
        return condition
    spot = (let.name, quantifier, let.condition, at)
    shared.places[spot][kind].append(way)
    return quantifier((Path(_marker(spot)),), let.name, let.condition)


def _marker(spot: _Spot) -> str:
    name, quantifier, condition, at = spot
    return f"{name} {quantifier.__name__} {hash(condition)} {at}"


def _way(part: Condition, quantifier: type[Every | Some]) -> tuple[Way, Condition]:
    """The lists that are gone through, and the ``Let`` that is reached there: none for another shape."""
    way: list[Path] = []
    bound = "object"
    while isinstance(part, Every | Some) and type(part) is quantifier and len(part.over) == 1:
        over = part.over[0]
        if not isinstance(over, Path) or over.root != bound:
            break
        way.append(over)
        bound, part = part.name, part.condition
    if isinstance(part, Let) and part.path.root == bound and not _keyed(way, part.path):
        return (*way, part.path), part
    return (), part


def _keyed(way: list[Path], last: Path) -> bool:
    return any(isinstance(key, Path) for path in (*way, last) for key in path.keys)


def _may_be_listed(let: Let, quantifier: type[Every | Some], parameters: Mapping[str, Any]) -> bool:
    """Whether a place where nothing is decides nothing, so that a list may leave it out."""
    if free_names(let.condition) - _KNOWN_EVERYWHERE - {let.name}:
        return False
    nothing = {
        "object": Bound({}, ()),
        "old": Bound(ABSENT, ()),
        "parameters": Bound(parameters, ()),
        let.name: Bound(ABSENT, ()),
    }
    return let.condition.evaluate(nothing).value is (quantifier is Every)


def _places(by_kind: Mapping[str, list[Way]], all_kinds: Iterable[str]) -> str:
    """The list of places of whatever kind the object is, as an optional."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for kind in all_kinds:
        by_text[_list(by_kind[kind]) if kind in by_kind else "[]"].append(kind)
    return f"optional.of({_chosen_by_kind(by_text)})"


def _list(ways: list[Way]) -> str:
    """The values at these places, those that are there, as one list."""
    single = [_spelled(way[0]) for way in ways if len(way) == 1]
    parts = [f"[{', '.join(f'?{text}' for text in single)}]"] if single else []
    return " + ".join([*parts, *(_through(way) for way in ways if len(way) > 1)])


def _through(way: Way, depth: int = 0) -> str:
    over, *rest = way
    item = f"item{depth}" if depth else "item"
    inner = [Path(item, rest[0].keys), *rest[1:]]
    values = f"{_spelled(over)}.orValue([])"
    if len(inner) == 1 and not inner[0].keys:
        return values
    if len(inner) > 1:
        return f"{values}.map({item}, {_through(tuple(inner), depth + 1)}).flatten()"
    there = _spelled(inner[0])
    return f"{values}.map({item}, {there}.hasValue(), {there}.value())"


def _spelled(path: Path) -> str:
    steps = "".join(
        f".?{key}" if re.fullmatch(r"[A-Za-z_]\w*", str(key)) else f"[?{json.dumps(key)}]" for key in path.keys
    )
    return f"{path.root}{steps}" if path.keys else f"optional.of({path.root})"
