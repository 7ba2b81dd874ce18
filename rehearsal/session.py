"""Rehearsals of this machine: start one, find it, look at it, stop it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rehearsal.cloud import Account
from rehearsal.errors import RehearsalError
from rehearsal.layout import Layout, rehearsals_directory
from rehearsal.locks import exclusive
from rehearsal.machine.claims import Machine
from rehearsal.machine.host import Level, choose_level
from rehearsal.processes.supervision import PartStatus, Supervision
from rehearsal.record import Record
from rehearsal.world import Aws, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rehearsal.progress import Reporter
    from rehearsal.toolchain import Tools

__all__ = ["Aws", "Level", "PartStatus", "Session", "World", "choose_level", "needed_tools", "remove_all", "stop"]

_CONTROL_PLANE_TOOLS = frozenset({"etcd", "kubernetes", "kwok", "kserve"})
_NODE_TOOLS = frozenset({"pause", "coredns"})


def needed_tools(level: Level) -> frozenset[str]:
    """The tools of the toolchain without which no rehearsal of this level starts."""
    return _CONTROL_PLANE_TOOLS if level is Level.OBJECTS else _CONTROL_PLANE_TOOLS | _NODE_TOOLS


@dataclass(frozen=True)
class Session:
    """A rehearsal that was started and not stopped since; its parts may have died all the same."""

    layout: Layout
    record: Record

    @classmethod
    def start(cls, name: str, tools: Tools, world: World, reporter: Reporter, level: Level) -> Session:
        """Have the rehearsal run with this world: begun anew, repaired, or found as it should be.

        It returns when the API server answers, nodes are ready and images imported. Interrupted at any moment,
        it leaves what the next start or stop can go on from. RehearsalError says what does not come up.
        """
        # The programs' side takes its time to import, and is not needed to look at a rehearsal.
        from rehearsal.plan import Plan
        from rehearsal.starting import Start, go_on_or_begin

        layout = Layout.of(name)
        with _changing(layout, reporter):
            record = replace(go_on_or_begin(layout, level, reporter), aws=world.aws)
            record.save(layout)
            record = Start(Plan(layout, record, tools), world, reporter).run()
        return cls(layout, record)

    @classmethod
    def find(cls, name: str) -> Session | None:
        """The rehearsal of that name, whether all of it runs or not; None if it was stopped or never started."""
        layout = Layout.of(name)
        record = Record.load(layout)
        return cls(layout, record) if record else None

    @classmethod
    def all(cls) -> list[Session]:
        """All rehearsals of this user's state directory that were not stopped."""
        return [session for name in _names() if (session := cls.find(name))]

    @property
    def name(self) -> str:
        """Its name."""
        return self.layout.name

    @property
    def level(self) -> Level:
        """How much of a platform it runs."""
        return self.record.level

    @property
    def directory(self) -> Path:
        """Its state; all but logs and imported images goes when it stops."""
        return self.layout.directory

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; it works from the host and from inside."""
        return self.layout.kubeconfig

    @property
    def account(self) -> Account | None:
        """The AWS account that it plays; None where it plays none."""
        return Account(self.layout, self.record.endpoints, self.record.aws) if self.record.aws else None

    @property
    def address(self) -> str:
        """Where the host reaches it."""
        return self.record.endpoints.address

    @property
    def logs(self) -> dict[str, Path]:
        """The log of each part, by its name."""
        return {file.stem: file for file in sorted(self.layout.logs.glob("*.log"))}

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs ``argv`` inside the rehearsal's network; at level objects it is ``argv``."""
        if self.level is Level.OBJECTS:
            return list(argv)
        return [*Machine.of(self.layout, self.record.subnet).space.enter, *argv]

    def status(self) -> list[PartStatus]:
        """How each part is."""
        return Supervision(self.directory, self.layout.logs).status()

    def stop(self, reporter: Reporter, *, remove: bool = False) -> None:
        """End every process and take everything away from this machine but logs and imported images.

        With ``remove`` these go too.
        """
        stop(self.name, reporter, remove=remove)


def stop(name: str, reporter: Reporter, *, remove: bool = False) -> None:
    """Stop the rehearsal of that name, or clear up what a crash left of it; nothing happens if there is nothing."""
    from rehearsal.teardown import Teardown

    layout = Layout.of(name)
    with _changing(layout, reporter), reporter.phase(f"stop rehearsal {name}", expected_seconds=5) as phase:
        teardown = Teardown(layout)
        teardown.run(remove=remove)
        for line in teardown.notes:
            phase.note(line)


def remove_all(reporter: Reporter) -> None:
    """Stop every rehearsal of this user's state directory, and delete what stopped ones have kept."""
    for name in _names():
        stop(name, reporter, remove=True)


def _names() -> list[str]:
    directory = rehearsals_directory()
    found = sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []
    # The others are locks.
    return [name for name in found if not name.startswith(".")]


@contextmanager
def _changing(layout: Layout, reporter: Reporter) -> Iterator[None]:
    """Be the only one that starts or stops the rehearsal, and say what the disk does not let it do."""

    def waiting() -> None:
        with reporter.phase(f"rehearsal {layout.name}") as phase:
            phase.note("another command is starting or stopping it: waiting for its end")

    try:
        layout.lock.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(layout.lock, waiting):
            yield
    except OSError as error:
        raise RehearsalError(
            f"the state of rehearsals cannot be kept in {layout.directory} ({error.strerror}: {error.filename})",
            remedy="make it writable, or set MLPLATFORM_STATE to another directory",
        ) from error
