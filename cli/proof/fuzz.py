"""Random objects, judged by the evaluator and by every place: the same verdict, and no crash."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from cli.proof.answers import NotAsked, compared
from cli.proof.divergences import divergence_of
from cli.proof.objects import objects
from policies.admission import in_cluster
from policies.judgement import Outcome
from policies.proof.cases import Case, cases
from policies.proof.shapes import kinds_of
from policies.resource import from_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cli.proof.answers import Place
    from policies.proof.shapes import Kind
    from policies.rule import Rule

_UNHURRIED: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@dataclass
class Fuzzed:
    """What was asked, from which seed, and what came out."""

    seed: int
    objects: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    """Verdicts compared, by place."""
    refused: int = 0
    """Objects that a place refuses before it comes to the rules."""
    listed: Counter[str] = field(default_factory=Counter)
    """Differences that are known, by name."""
    wrong: list[str] = field(default_factory=list)
    """The smallest object that was found of those on which a place differs or a rule fails."""


class _WrongError(Exception):
    """A place differs, or a rule crashes."""


def seed_of_today() -> int:
    """Another one every day, the same all day: what is found can be found again."""
    return datetime.now(UTC).date().toordinal()


def fuzz(rules: Sequence[Rule], places: Sequence[Place], count: int, number: int) -> Fuzzed:
    """Judge that many objects of all kinds that the API server can be asked about."""
    fuzzed = Fuzzed(number)

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=_UNHURRIED,
        verbosity=Verbosity.quiet,
    )
    @given(st.sampled_from(kinds(rules)).flatmap(objects))
    def judge(manifest: dict[str, Any]) -> None:
        _judge(manifest, rules, places, fuzzed)

    try:
        judge()
    except _WrongError as wrong:
        fuzzed.wrong.append(str(wrong))
    return fuzzed


def kinds(rules: Iterable[Rule]) -> list[Kind]:
    """The kinds that admission policies are about, as the examples show them."""
    asked = {kind for rule in rules for kind in in_cluster(rule)}
    shown = (each.judged for rule in rules for each in cases(rule))
    return list(kinds_of(each for each in shown if each.type in asked).values())


def _judge(manifest: dict[str, Any], rules: Iterable[Rule], places: Iterable[Place], fuzzed: Fuzzed) -> None:
    fuzzed.objects += 1
    resources = (from_manifest(manifest),)
    refused = False
    for rule in rules:
        if resources[0].type not in rule.conditions:
            continue
        case = Case(rule, "random", resources, None, None, {}, f"{rule.id} {json.dumps(manifest)}")
        verdict = case.verdict()
        if verdict.outcome is Outcome.BROKEN:
            raise _WrongError(f"{case.label}: {verdict.detail}")
        for place in places:
            found = compared(case, place)
            if isinstance(found.answer, NotAsked):
                refused |= found.answer.of_itself
                continue
            fuzzed.asked[place.name] += 1
            if found.differs:
                if (known := divergence_of(found)) is None:
                    raise _WrongError(str(found))
                fuzzed.listed[known.name] += 1
    fuzzed.refused += refused
