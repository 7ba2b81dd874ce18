"""Proves the rules: every example at every place, every change of a condition, every value unknown, random objects."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from cli.proof.answers import compared
from cli.proof.figures import Figures
from cli.proof.pack import PackOfExamples
from policies.judgement import Outcome, judge
from policies.proof.cases import Case, cases
from policies.proof.mutants import survivors
from policies.proof.unknowns import each_made_unknown
from policies.rule import Level
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cli.proof.answers import Place
    from cli.proof.cluster import Cluster
    from policies.rule import Rule
    from rehearsal.progress import Reporter

RANDOM_OBJECTS: Final = 300
"""How many, where nobody says otherwise."""


@dataclass(frozen=True)
class Effort:
    """What to ask: a real API server too, and how many random objects from which seed (today's where none is given)."""

    cluster: bool = True
    objects: int = RANDOM_OBJECTS
    seed: int | None = None


def prove(rules: Sequence[Rule], effort: Effort, reporter: Reporter) -> Figures:
    """Prove these rules, or all."""
    rules = rules or RULES
    examples = [case for rule in rules for case in cases(rule)]
    figures = Figures(len(rules))
    with reporter.phase(f"{len(examples)} examples judged by the evaluator"):
        figures.fixtures["evaluator"] = len(examples)
        figures.wrong += [f"evaluator: {case.label}" for case in examples if not case.as_expected]
    with PackOfExamples() as pack, reporter.phase("the same over the pack's protocol"):
        _ask(pack, examples, figures)
    engine = _other_engine()
    if engine:
        with reporter.phase("the same by a second CEL engine"):
            _ask(engine, examples, figures)
    if effort.cluster:
        with _api_server(reporter) as server:
            with reporter.phase("the same by a real API server"):
                from cli.proof.examples_in_cluster import ExamplesInCluster

                cluster = ExamplesInCluster(server, examples)
                _ask(cluster, examples, figures)
            _fuzz(rules, [*([engine] if engine else []), cluster], effort, figures, reporter)
    elif engine:
        _fuzz(rules, [engine], effort, figures, reporter)
    with reporter.phase("every change of a condition"):
        _mutate(rules, figures)
    with reporter.phase("every value unknown"):
        _make_unknown([case for case in examples if case.role == "bad"], figures)
    return figures


def _ask(place: Place, examples: Sequence[Case], figures: Figures) -> None:
    for case in examples:
        figures.count(compared(case, place))


def _fuzz(rules: Sequence[Rule], places: Sequence[Place], effort: Effort, figures: Figures, reporter: Reporter) -> None:
    try:
        from cli.proof.fuzz import fuzz, kinds, seed_of_today
    except ImportError:
        # It is there for developers, not for who installs the platform.
        return
    if not effort.objects or not kinds(rules):
        return
    with reporter.phase(f"{effort.objects} random objects"):
        seed = seed_of_today() if effort.seed is None else effort.seed
        figures.fuzzed = fuzz(rules, places, effort.objects, seed)


def _other_engine() -> Place | None:
    try:
        from cli.proof.cel import CelEngine
    except ImportError:
        # For developers too.
        return None
    return CelEngine()


@contextmanager
def _api_server(reporter: Reporter) -> Iterator[Cluster]:
    from cli.proof.cluster import Cluster
    from rehearsal.own_control_plane import own_control_plane

    with own_control_plane("policies-test", reporter) as session, Cluster(session.kubeconfig) as cluster:
        yield cluster


def _mutate(rules: Sequence[Rule], figures: Figures) -> None:
    for rule in rules:
        count, alive = survivors(rule)
        figures.mutants += count
        figures.survivors += [str(mutant) for mutant in alive]


def _make_unknown(examples: Sequence[Case], figures: Figures) -> None:
    for case in examples:
        if case.rule.level is Level.ADVISORY:
            continue
        for place, properties in each_made_unknown(case.judged.properties):
            changed = replace(case.judged, properties=cast("Mapping[str, Any]", properties))
            surroundings = replace(case, resources=(changed, *case.resources[1:])).surroundings
            figures.unknowns += 1
            if judge(case.rule, changed, surroundings).outcome in (Outcome.PASS, Outcome.BROKEN):
                figures.passed_unknown.append(f"{case.label}: {place}")
