"""Runs a program and says how long it took and how much memory it held; prints figures beside their goals."""

from __future__ import annotations

import math
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from cli.console import console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """One run of a program: seconds to its end, seconds of CPU, its peak memory, and what it said on standard error."""

    started: float
    """On the machine's monotonic clock, which its processes share."""
    seconds: float
    cpu_seconds: float
    peak_mib: float
    code: int
    said: str


@dataclass(frozen=True)
class Figure:
    """One line of a benchmark's result; ``goal`` is empty where none was set."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it is more than it may be."""
        return self.goal is not None and self.value > self.goal


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run a program; what it prints on standard output is thrown away."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stderr is not None  # noqa: S101 - it was asked for
    said = process.stderr.read()
    process.stderr.close()
    # Not wait(): only this call says what the process used.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    return Run(started, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode, said)


def fastest(runs: Sequence[Run], by: Callable[[Run], float]) -> float:
    """The least disturbed of several runs of one program: on a machine that does other work, that is the measure."""
    return min(by(each) for each in runs)


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, in user mode and in the kernel (`proc(5)`)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def show(figures: Sequence[Figure]) -> None:
    """Print the figures as a table."""
    table = Table("what", "measured", "goal", "", box=None, pad_edge=False)
    for each in figures:
        goal = "" if each.goal is None else f"≤ {each.goal:g} {each.unit}"
        met = "" if each.goal is None else "[red]missed[/]" if each.missed else "[green]met[/]"
        table.add_row(each.name, f"{each.value:,.{_digits(each.value)}f} {each.unit}", goal, met)
    console().print(table)


def _digits(value: float) -> int:
    """Three figures are more than such measurements are good for; counts have none after the point."""
    if float(value).is_integer():
        return 0
    return 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
