"""`mlplatform check prod` with 10, 100 and 500 teams, beside the same program run with the stock SDK.

`python -m benchmarks.check [--teams N N N] [--repeat N]`
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measuring import Figure, Run, fastest, run, show
from benchmarks.stacks import ROOT, locked, prod_with

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST_SECONDS: Final = 1.5
DONE_SECONDS: Final = 2.0
MANY_SECONDS: Final = 5.0
PEAK_MIB: Final = 300.0
SLOPES: Final = 1.15

_CHECK: Final = """
import sys, time
from policies import check
judge = check.judge
def first(*asked):
    check.judge = judge
    verdict = judge(*asked)
    print(time.monotonic(), file=sys.stderr)
    return verdict
check.judge = first
from cli.main import main
main()
"""
"""The command, which says on standard error when the first verdict was there."""


@dataclass(frozen=True)
class Checks:
    """Runs of the check with one number of teams."""

    teams: int
    runs: Sequence[Run]

    @property
    def done(self) -> float:
        return fastest(self.runs, lambda each: each.seconds)

    @property
    def cpu(self) -> float:
        return fastest(self.runs, lambda each: each.cpu_seconds)

    @property
    def first(self) -> float:
        return fastest(self.runs, lambda each: float(each.said.split()[0]) - each.started)

    @property
    def peak(self) -> float:
        return max(each.peak_mib for each in self.runs)


def measure(teams: Sequence[int], repeat: int, directory: Path) -> list[Figure]:
    """All figures for these three numbers of teams, the smallest first."""
    environment = locked(directory)
    files = {count: prod_with(count, directory) for count in teams}
    found: dict[int, list[Run]] = {count: [] for count in teams}
    stock: list[Run] = []
    # In turns, so that what else the machine does is spread over all.
    for _ in range(repeat):
        for count, file in files.items():
            found[count].append(_passing([sys.executable, "-c", _CHECK, "check", str(file)], environment))
        command = [sys.executable, "-m", "tests.program.record", str(files[teams[0]]), "--preview"]
        stock.append(_passing(command, environment))
    few, some, many = (Checks(count, found[count]) for count in teams)
    reference = fastest(stock, lambda each: each.seconds)
    slopes = _slope(some, many) / _slope(few, some)
    return [
        *_of(few, FIRST_SECONDS, DONE_SECONDS),
        *_of(some, None, None),
        *_of(many, None, MANY_SECONDS),
        Figure(f"CPU per added team, {few.teams} to {some.teams}", 1000 * _slope(few, some), "ms"),
        Figure(f"CPU per added team, {some.teams} to {many.teams}", 1000 * _slope(some, many), "ms"),
        Figure("the second over the first", slopes, "", SLOPES),
        Figure(f"{few.teams} teams: the program alone with the stock SDK", reference, "s"),
        Figure("the whole check over that", few.done / reference, ""),
    ]


def _of(checks: Checks, first: float | None, done: float | None) -> list[Figure]:
    return [
        Figure(f"{checks.teams} teams: first verdict", checks.first, "s", first),
        Figure(f"{checks.teams} teams: done", checks.done, "s", done),
        Figure(f"{checks.teams} teams: peak memory", checks.peak, "MiB", PEAK_MIB),
    ]


def _slope(less: Checks, more: Checks) -> float:
    return (more.cpu - less.cpu) / (more.teams - less.teams)


def _passing(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    done = run(command, {**environment, "PYTHONPATH": str(ROOT)})
    if done.code:
        sys.exit(f"{' '.join(command[-3:])}: exit code {done.code}\n{done.said}")
    return done


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, nargs=3, default=[10, 100, 500])
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        show(measure(sorted(asked.teams), asked.repeat, Path(directory)))


if __name__ == "__main__":
    main()
