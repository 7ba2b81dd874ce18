"""Proves the rules and prints the figures: zeros where zeros belong."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from rich.markup import escape
from rich.table import Table

from cli.console import ConsoleReporter, console
from cli.proof.answers import NotAsked, compared
from cli.proof.pack import PackOfExamples
from policies.judgement import Outcome, judge
from policies.proof.cases import Case, cases
from policies.proof.mutants import survivors
from policies.proof.unknowns import each_made_unknown
from policies.rule import Level
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from cli.proof.answers import Place
    from cli.proof.cluster import Cluster
    from policies.rule import Rule


@dataclass
class Figures:
    """What was asked and what came out, over all rules."""

    asked: Counter[str] = field(default_factory=Counter)
    """Examples with a verdict, by place."""
    not_asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Examples without, by place and reason."""
    wrong: list[str] = field(default_factory=list)
    """Examples to which a place answers otherwise than it should."""
    mutants: int = 0
    survivors: list[str] = field(default_factory=list)
    unknowns: int = 0
    passed_unknown: list[str] = field(default_factory=list)
    """Values that, made unknown, let a violation pass."""

    @property
    def proved(self) -> bool:
        """Whether there is nothing to object to."""
        return not (self.wrong or self.survivors or self.passed_unknown)


def prove(rules: Sequence[Rule], *, cluster: bool) -> bool:
    """Prove these rules, or all; true if nothing is found."""
    rules, figures = rules or RULES, Figures()
    out = console()
    reporter = ConsoleReporter(out)
    examples = [case for rule in rules for case in cases(rule)]
    with reporter.phase(f"{len(examples)} examples judged by the evaluator"):
        figures.asked["evaluator"] = len(examples)
        figures.wrong += [f"evaluator: {case.label}" for case in examples if not case.as_expected]
    with PackOfExamples() as pack, reporter.phase("the same over the pack's protocol"):
        _ask(pack, examples, figures)
    if engine := _other_engine():
        with reporter.phase("the same by a second CEL engine"):
            _ask(engine, examples, figures)
    if cluster:
        with _api_server(reporter) as server, reporter.phase("the same by a real API server"):
            from cli.proof.examples_in_cluster import ExamplesInCluster

            _ask(ExamplesInCluster(server, examples), examples, figures)
    with reporter.phase("every change of a condition"):
        _mutate(rules, figures)
    with reporter.phase("every value unknown"):
        _make_unknown([case for case in examples if case.role == "bad"], figures)
    _print(out, rules, figures)
    return figures.proved


def _ask(place: Place, examples: Sequence[Case], figures: Figures) -> None:
    for case in examples:
        found = compared(case, place)
        if isinstance(found.answer, NotAsked):
            figures.not_asked[place.name, found.answer.reason.partition(":")[0]] += 1
            continue
        figures.asked[place.name] += 1
        if found.differs:
            figures.wrong.append(str(found))


def _other_engine() -> Place | None:
    try:
        from cli.proof.cel import CelEngine
    except ImportError:
        # It is there for developers, not for who installs the platform.
        return None
    return CelEngine()


@contextmanager
def _api_server(reporter: ConsoleReporter) -> Iterator[Cluster]:
    from cli.proof.cluster import Cluster
    from rehearsal.progress import Silent
    from rehearsal.session import Level as RehearsalLevel
    from rehearsal.session import Session, World, needed_tools
    from rehearsal.toolchain import Toolchain

    level = RehearsalLevel.OBJECTS
    tools = Toolchain.default().ensure(needed_tools(level), reporter)
    session = Session.start("policies-test", tools, World(), reporter, level)
    try:
        with Cluster(session.kubeconfig) as cluster:
            yield cluster
    finally:
        session.stop(Silent(), remove=True)


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


def _print(out: Console, rules: Sequence[Rule], figures: Figures) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    rows: list[tuple[str, str]] = [("rules", f"{len(rules)}")]
    rows += [(f"examples, {place}", f"{count:,}") for place, count in figures.asked.items()]
    rows += [
        ("answers that differ", _zero(len(figures.wrong))),
        ("changed conditions", f"{figures.mutants:,}"),
        ("changes unnoticed", _zero(len(figures.survivors))),
        ("values made unknown", f"{figures.unknowns:,}"),
        ("unknowns that pass", _zero(len(figures.passed_unknown))),
    ]
    for name, value in rows:
        table.add_row(name, value)
    out.print(table)
    for (place, reason), count in sorted(figures.not_asked.items()):
        out.print(f"[dim]{place} gives no verdict on {count:,}: {escape(reason)}[/]", soft_wrap=True)
    for line in (*figures.wrong, *figures.survivors, *figures.passed_unknown):
        out.print(f"[red]✗[/] {escape(line)}", soft_wrap=True)


def _zero(count: int) -> str:
    return f"[{'red' if count else 'green'}]{count}[/]"
