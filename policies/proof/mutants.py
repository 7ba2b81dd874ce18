"""Conditions with one thing wrong: a rule's examples must notice every one of them.

A rule's conditions for different resource types share their parts: a part of all of them is changed at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from policies.language.cel import NotInCelError, to_cel
from policies.language.comparisons import Among, Compare, CompareQuantity, Exists, Filled, Text
from policies.language.conditions import AtMostOne, Both, Condition, Either, Every, Let, Not, Some
from policies.language.moments import Later
from policies.language.paths import Path
from policies.proof.cases import Case, cases
from policies.rules._examples import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.language.conditions import Over
    from policies.rule import Rule


class _AsWritten(dict[str, str]):
    """Every name stands for itself."""

    def __missing__(self, name: str) -> str:
        return name

    def __contains__(self, name: object) -> bool:
        return True


_ALWAYS = Both(())
_NEVER = Either(())


@dataclass(frozen=True)
class Mutant:
    """A rule in which every part that equals ``part`` is ``instead``."""

    rule: Rule
    part: Condition
    instead: Condition
    change: str

    def survivor_of(self, examples: list[Case]) -> bool:
        """Whether no example gets another verdict than it should."""
        changed: dict[str, Rule] = {}
        for case in examples:
            kind = case.judged.type
            if kind not in changed:
                condition = _replaced(self.rule.conditions[kind], self.part, self.instead)
                changed[kind] = replace(self.rule, conditions={kind: condition})
            if changed[kind].conditions[kind] is self.rule.conditions[kind]:
                continue  # The part is not in it.
            if not replace(case, rule=changed[kind]).as_expected:
                return False
        return True

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.change} {_spelled(self.part)}"


def survivors(rule: Rule) -> tuple[int, list[Mutant]]:
    """How many mutants the rule has, and those that none of its examples notices."""
    examples = list(cases(rule))
    mutants = list(_mutants(rule))
    return len(mutants), [mutant for mutant in mutants if mutant.survivor_of(examples)]


def _spelled(part: Condition) -> str:
    try:
        return to_cel(part, asdict(PARAMETERS), _AsWritten())
    except NotInCelError:
        return repr(part)


def _mutants(rule: Rule) -> Iterator[Mutant]:
    parts = dict.fromkeys(part for condition in rule.conditions.values() for part in _parts(condition))
    for part in parts:
        for change, instead in _changes(part):
            if instead != part:
                yield Mutant(rule, part, instead, change)


def _changes(part: Condition) -> Iterator[tuple[str, Condition]]:
    yield "hold always:", _ALWAYS
    yield "hold never:", _NEVER
    if not isinstance(part, Not):
        yield "negate:", Not(part)
    match part:
        case Both(parts) | Either(parts) if len(parts) > 1:
            yield "swap and/or in", Either(parts) if isinstance(part, Both) else Both(parts)
        case Not(inner):
            yield "drop not of", inner
        case Every(over, name, condition):
            yield "some instead of every:", Some(over, name, condition)
            yield from _fewer_lists(part, over)
        case Some(over, name, condition):
            yield "every instead of some:", Every(over, name, condition)
            yield from _fewer_lists(part, over)
        case AtMostOne(over, name, condition):
            yield "none instead of at most one:", Every(over, name, Not(condition))
        case Compare(path, "<=" | ">=" as order, int(limit)) if not isinstance(limit, bool):
            yield "any value for", Exists(path)
            for near in (limit - 1, limit + 1):
                yield f"{near} instead of {limit}:", Compare(path, order, near)
            yield "the other order in", Compare(path, ">=" if order == "<=" else "<=", limit)
        case Later(path, than, days):
            yield "any value for", Exists(path)
            if days != 0:
                yield "without the days:", Later(path, than)
        case Text(path, "starts with", text):
            yield "any value for", Exists(path)
            yield "anywhere in", Text(path, "contains", text)
        case Compare(path, _, _) | CompareQuantity(path, _) | Text(path, _, _) | Filled(path):
            yield "any value for", Exists(path)
        case Among(path, members):
            yield "any value for", Exists(path)
            if isinstance(members, tuple):
                for member in members:
                    yield f"without {member!r}:", Among(path, tuple(each for each in members if each != member))


def _fewer_lists(part: Every | Some, over: tuple[Over, ...]) -> Iterator[tuple[str, Condition]]:
    if len(over) > 1:
        for one in over:
            name = one.keys[-1] if isinstance(one, Path) else one.type
            yield f"without {name}:", replace(part, over=tuple(each for each in over if each != one))


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    match condition:
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _parts(part)
        case Not(part):
            yield from _parts(part)
        case Every(_, _, inner) | Some(_, _, inner) | AtMostOne(_, _, inner) | Let(_, _, inner):
            yield from _parts(inner)


def _replaced(condition: Condition, part: Condition, instead: Condition) -> Condition:
    """The condition with the part replaced wherever it stands; itself where it stands nowhere."""
    if condition == part:
        return instead
    match condition:
        case Both(parts) | Either(parts):
            changed = tuple(_replaced(each, part, instead) for each in parts)
            same = all(new is each for new, each in zip(changed, parts, strict=True))
            return condition if same else replace(condition, parts=changed)
        case Not(inner):
            new = _replaced(inner, part, instead)
            return condition if new is inner else Not(new)
        case Every(_, _, inner) | Some(_, _, inner) | AtMostOne(_, _, inner) | Let(_, _, inner):
            new = _replaced(inner, part, instead)
            return condition if new is inner else replace(condition, condition=new)
    return condition
