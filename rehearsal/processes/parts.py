"""The parts of a rehearsal: what shall run, and what does.

A part is *declared* by a file that says how to start it, and *recorded* by one that says which process it is.
Declarations are written by whoever starts or stops a rehearsal, records by its supervisor.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from rehearsal.files import read_json, write_json
from rehearsal.processes.process import Process, with_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "MLPLATFORM_PART"
"""Environment variable of every part and of what it starts: ``<directory of the rehearsal>/<part>``."""


@dataclass(frozen=True)
class Part:
    """One program of a rehearsal that is kept running.

    ``command`` is what the process is called with, ``through`` the prefix that puts it into its namespaces,
    ``log`` where its output goes. ``reads`` is a digest of the files that it reads at its start: when they
    change, the part is another one.
    """

    name: str
    command: tuple[str, ...]
    log: str
    through: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    reads: str = ""


@dataclass(frozen=True)
class Run:
    """The process that a part is, or was: ``since`` is Unix time, ``restarts`` counts those after it died."""

    process: Process
    since: float
    restarts: int = 0
    last_exit: str = ""


class Parts:
    """The declarations and records below one rehearsal's directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.declarations = directory / "parts"
        self.records = directory / "runs"

    def prepare(self) -> None:
        """Make room for declarations and records."""
        self.declarations.mkdir(parents=True, exist_ok=True)
        self.records.mkdir(exist_ok=True)

    def declare(self, part: Part) -> None:
        """Say that this part shall run, in this way."""
        write_json(self.declarations / f"{part.name}.json", asdict(part), mode=0o600)

    def withdraw(self, name: str) -> None:
        """Say that this part shall not be started again."""
        (self.declarations / f"{name}.json").unlink(missing_ok=True)

    def declared(self) -> dict[str, Part]:
        """The parts that shall run, by name."""
        found: dict[str, Part] = {}
        for file in sorted(self.declarations.glob("[!.]*.json")):
            # A file can be withdrawn while they are read.
            if (content := read_json(file)) is not None:
                command, through = tuple(content.pop("command")), tuple(content.pop("through"))
                found[file.stem] = Part(**content, command=command, through=through)
        return found

    def record(self, name: str, run: Run) -> None:
        """Say which process the part is."""
        write_json(self.records / f"{name}.json", asdict(run))

    def run_of(self, name: str) -> Run | None:
        """The last process that the part was; it may have ended."""
        content = read_json(self.records / f"{name}.json")
        return Run(**content | {"process": Process(**content["process"])}) if content else None

    def recorded(self) -> list[str]:
        """The names of all parts that ever ran and were not forgotten."""
        return sorted(file.stem for file in self.records.glob("[!.]*.json"))

    def forget(self, name: str) -> None:
        """Drop the record of a part that has ended."""
        (self.records / f"{name}.json").unlink(missing_ok=True)

    def marker(self, name: str) -> str:
        """The value of MARKER by which a process of this part is known even if it was never recorded."""
        return str(self.directory / name)

    def marked(self) -> Iterator[tuple[str, Process]]:
        """Every live process that was started as a part, or by one, with the part's name."""
        for process, value in with_environment(MARKER):
            directory, _, name = value.rpartition("/")
            if directory == str(self.directory):
                yield name, process
