"""What the policy pack adds to a preview of a stack that is up on a rehearsal: the same preview with and without it.

`python -m benchmarks.pack [--stack STACK] [--repeat N]`
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Final

from benchmarks.measuring import Figure, show
from cli.console import ConsoleReporter, console
from cli.rehearsal_ready import make_ready
from cli.rehearsal_run import PACK
from cli.stack_files import PROJECT_DIRECTORY
from rehearsal.engine import Engine, EngineHome
from rehearsal.progress import Silent
from rehearsal.session import Level, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.rehearsal_ready import Ready
    from rehearsal.progress import Reporter

ADDED_PERCENT: Final = 20.0
NAME: Final = "benchmark-pack"


def measure(stack: str, repeat: int, reporter: Reporter) -> list[Figure]:
    """Bring the stack up on a rehearsal, preview it in turns, and take everything away again."""
    ready = make_ready(stack, Level.OBJECTS.value, reporter)
    session = Session.start(NAME, ready.tools, ready.world, reporter, ready.level)
    try:
        without, with_pack = _homes(session, ready, stack)
        without.prepare()
        without.use_image_lock(ready.images.lock.text() if ready.images.lock else None)
        _bring_up(without, reporter)
        # Each once before, so that neither finds the other's files in memory.
        for home in (without, with_pack):
            _preview(home, reporter)
        pairs = [(_preview(without, reporter), _preview(with_pack, reporter)) for _ in range(repeat)]
    finally:
        session.stop(Silent(), remove=True)
    plain, judged = (min(pair[number] for pair in pairs) for number in (0, 1))
    return [
        Figure(f"preview of {stack} without the pack", plain, "s"),
        Figure(f"preview of {stack} with it", judged, "s"),
        Figure("what the pack adds", 100 * (judged - plain) / plain, "%", ADDED_PERCENT),
    ]


def _homes(session: Session, ready: Ready, stack: str) -> list[EngineHome]:
    packs: Sequence[tuple[Path, ...]] = ((), (PACK,))
    return [EngineHome(session, ready.tools, PROJECT_DIRECTORY, stack, each) for each in packs]


def _bring_up(home: EngineHome, reporter: Reporter) -> None:
    """AWS's stand-in looks for what a resource names before it says what will be made: there is no first preview."""
    engine = Engine(home)
    with reporter.phase("pulumi up", log=engine.log_of("up")) as phase:
        outcome = engine.up(phase)
    if not outcome.succeeded:
        raise SystemExit(f"the stack does not come up: {engine.last_error('up')}")


def _preview(home: EngineHome, reporter: Reporter) -> float:
    """Seconds of one preview that goes well."""
    engine = Engine(home)
    with reporter.phase("pulumi preview" + (" with the pack" if home.packs else "")) as phase:
        started = time.monotonic()
        outcome = engine.preview(phase)
        seconds = time.monotonic() - started
    if not outcome.succeeded:
        raise SystemExit(f"the preview failed: {engine.last_error('preview')}")
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="prod")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    show(measure(asked.stack, asked.repeat, ConsoleReporter(console())))


if __name__ == "__main__":
    main()
