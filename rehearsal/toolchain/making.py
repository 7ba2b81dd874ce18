"""Makes the tools that are missing: taken from this machine, from the vendors, or built; one run at a time."""

from __future__ import annotations

import shutil
import signal
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from rehearsal import locks
from rehearsal.errors import RehearsalError
from rehearsal.toolchain import lanes, machine, releases
from rehearsal.toolchain.bench import Bench
from rehearsal.toolchain.store import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rehearsal.progress import Phase, Reporter
    from rehearsal.toolchain.go import Go
    from rehearsal.toolchain.store import Store
    from rehearsal.toolchain.tool import Tool

_LOCK: Final = ".lock"


def make(
    wanted: Sequence[Tool], keys: Mapping[str, str], store: Store, compiler: Go, reporter: Reporter
) -> Mapping[str, Installation]:
    """Install every wanted tool that is missing or broken; returns all of them by name.

    Safe beside another run, which is waited for. Interrupted or failed, it leaves the tools that were done and
    nothing else. Raises ``RehearsalError`` where a tool cannot be had.
    """
    with _exclusive(store.directory, reporter), _ended_by_sigterm():
        # The run that was waited for may have made them.
        found = {tool.name: store.find(tool, keys[tool.name]) for tool in wanted}
        missing = [tool for tool in wanted if isinstance(found[tool.name], str)]
        if missing:
            with Bench(store, keys) as bench:
                with reporter.phase("Look for official builds of the tools") as phase:
                    for tool in missing:
                        if store.path(tool, keys[tool.name]).exists():
                            phase.note(f"{tool.name} is {found[tool.name]}; it is made again")
                    missing = _fetch(_adopt(missing, bench, store.directory, phase), bench, phase)
                if missing:
                    lanes.build(missing, bench, compiler, reporter)
            found = {tool.name: store.find(tool, keys[tool.name]) for tool in wanted}
    return {name: _sound(name, state) for name, state in found.items()}


def remove_all(store: Store, reporter: Reporter) -> int:
    """Remove everything in the store, when no run is under way; returns how many bytes became free."""
    if not store.directory.exists():
        return 0
    with _exclusive(store.directory, reporter):
        size = sum(file.lstat().st_size for file in store.directory.rglob("*") if not file.is_dir())
        for entry in store.directory.iterdir():
            if entry.name != _LOCK:
                shutil.rmtree(entry)
    return size


def _adopt(tools: Sequence[Tool], bench: Bench, store: Path, phase: Phase) -> list[Tool]:
    """Take over what the machine has; returns the other tools."""
    left = []
    for tool in tools:
        source = machine.official(tool, outside=store)
        if source is None:
            left.append(tool)
            continue
        bench.make(tool, "machine", partial(machine.copy, tool, source))
        phase.note(f"{tool.name}: taken from {source}")
    return left


def _fetch(tools: Sequence[Tool], bench: Bench, phase: Phase) -> list[Tool]:
    """Fetch official builds; returns the tools that must be built."""
    published = [tool for tool in tools if releases.release_of(tool)]
    sums = releases.sums_of(published)
    if silent := [tool.name for tool in published if tool.name not in sums]:
        phase.note(f"official builds of {', '.join(silent)} cannot be reached: building from source")
    return [tool for tool in tools if tool.name not in sums or not _fetched(tool, sums[tool.name], bench, phase)]


def _fetched(tool: Tool, sums: Mapping[str, str], bench: Bench, phase: Phase) -> bool:
    downloads = bench.caches.directory / "downloads"
    try:
        bench.make(tool, "release", lambda staged: releases.fetch(tool, sums, staged, downloads, phase.update))
    except releases.ReleaseUnusable as error:
        phase.note(f"{tool.name}: official build not used ({error}): building from source")
        return False
    phase.note(f"{tool.name}: official build fetched")
    return True


def _sound(name: str, state: Installation | str) -> Installation:
    if isinstance(state, Installation):
        return state
    raise RehearsalError(f"{name} was made and is {state}", remedy="check the disk of the cache directory")


@contextmanager
def _exclusive(directory: Path, reporter: Reporter) -> Iterator[None]:
    """Hold the store's lock; another run that has it is waited for, and the wait is told."""
    lock = directory / _LOCK
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.touch()
    except OSError as error:
        raise RehearsalError(
            f"the tools' cache {directory} cannot be written: {error.strerror}",
            remedy="make it writable, or set MLPLATFORM_CACHE to a directory that is",
        ) from error
    with ExitStack() as told:

        def tell() -> None:
            told.enter_context(reporter.phase("Wait for another command that makes or removes tools"))

        with locks.exclusive(lock, waiting=tell):
            told.close()
            yield


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the run as an exception does, so that compilers and half-made tools go with it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears of signals: it ends this run in its own way
        return

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
