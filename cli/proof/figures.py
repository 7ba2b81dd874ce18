"""The figures of a proof: what was asked of whom, and what came out; zeros where zeros belong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from cli.proof.answers import NotAsked
from cli.proof.divergences import DIVERGENCES, divergence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from cli.proof.answers import Compared
    from cli.proof.fuzz import Fuzzed


@dataclass
class Figures:
    """What was asked and what came out, over all rules."""

    rules: int
    fixtures: Counter[str] = field(default_factory=Counter)
    """Examples with a verdict, by place."""
    not_asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Examples without, by place and reason."""
    same: int = 0
    listed: Counter[str] = field(default_factory=Counter)
    """Answers that differ as it is known, by the name of the divergence."""
    wrong: list[str] = field(default_factory=list)
    """Examples to which a place answers otherwise than it should."""
    mutants: int = 0
    survivors: list[str] = field(default_factory=list)
    unknowns: int = 0
    passed_unknown: list[str] = field(default_factory=list)
    """Values that, made unknown, let a violation pass."""
    fuzzed: Fuzzed | None = None

    @property
    def failures(self) -> list[str]:
        """All that there is to object to."""
        return [*self.wrong, *self.survivors, *self.passed_unknown, *(self.fuzzed.wrong if self.fuzzed else ())]

    def count(self, answer: Compared) -> None:
        """Count in what a place says of an example."""
        if isinstance(answer.answer, NotAsked):
            self.not_asked[answer.place, answer.answer.reason.partition(":")[0]] += 1
            return
        self.fixtures[answer.place] += 1
        if not answer.differs:
            self.same += 1
        elif known := divergence_of(answer):
            self.listed[known.name] += 1
        else:
            self.wrong.append(str(answer))

    def data(self) -> dict[str, Any]:
        """As plain data, for other programs."""
        fuzzed = self.fuzzed
        return {
            "proved": not self.failures,
            "rules": self.rules,
            "fixtures": dict(self.fixtures),
            "no_verdict": [
                {"place": place, "reason": reason, "fixtures": count}
                for (place, reason), count in sorted(self.not_asked.items())
            ],
            "parity": {"same": self.same, "listed": _explained(self.listed), "different": self.wrong},
            "mutants": {"killed": self.mutants - len(self.survivors), "survivors": self.survivors},
            "unknowns": {"made": self.unknowns, "passed": self.passed_unknown},
            "fuzz": fuzzed
            and {
                "seed": fuzzed.seed,
                "objects": fuzzed.objects,
                "refused": fuzzed.refused,
                "verdicts": dict(fuzzed.asked),
                "listed": _explained(fuzzed.listed),
                "different": fuzzed.wrong,
            },
        }


def show(out: Console, figures: Figures) -> None:
    """Print the figures, then all that is to be known of them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _rows(figures):
        table.add_row(name, value)
    out.print(table)
    for (place, reason), count in sorted(figures.not_asked.items()):
        out.print(f"[dim]{place} gives no verdict on {count:,}: {escape(reason)}[/]", soft_wrap=True)
    listed = figures.listed + (figures.fuzzed.listed if figures.fuzzed else Counter())
    for each in _explained(listed):
        out.print(f"[dim]listed: {each['name']}, {each['answers']:,}: {each['reason']}[/]", soft_wrap=True)
    for line in figures.failures:
        out.print(f"[red]✗[/] {escape(line)}", soft_wrap=True)


def _rows(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "rules", f"{figures.rules}"
    for place, count in figures.fixtures.items():
        yield f"fixtures, {place}", f"{count:,}"
    yield "parity, the same", f"{figures.same:,}"
    yield "parity, listed divergences", f"{figures.listed.total():,}"
    yield "parity, different", _zero(len(figures.wrong))
    yield "mutants killed", f"{figures.mutants - len(figures.survivors):,}"
    yield "mutants that survive", _zero(len(figures.survivors))
    yield "values made unknown", f"{figures.unknowns:,}"
    yield "unknowns that pass", _zero(len(figures.passed_unknown))
    if fuzzed := figures.fuzzed:
        yield "fuzz, random objects", f"{fuzzed.objects:,} from seed {fuzzed.seed}"
        for place, count in fuzzed.asked.items():
            yield f"fuzz, verdicts of {place}", f"{count:,}"
        yield "fuzz, objects that the server itself refuses", f"{fuzzed.refused:,}"
        yield "fuzz, listed divergences", f"{fuzzed.listed.total():,}"
        yield "fuzz, different or crashed", _zero(len(fuzzed.wrong))


def _explained(counted: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "answers": counted[each.name], "reason": each.reason}
        for each in DIVERGENCES
        if counted[each.name]
    ]


def _zero(count: int) -> str:
    return f"[{'red' if count else 'green'}]{count}[/]"
