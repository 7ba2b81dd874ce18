"""What one rehearsal takes of this machine when it has a real node: namespaces, devices and a control group."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.files import write
from rehearsal.machine import tunables
from rehearsal.machine.cgroups import ControlGroup
from rehearsal.machine.mounts import MountSpace
from rehearsal.machine.space import Space, free_subnet
from rehearsal.processes.process import inode_of

if TYPE_CHECKING:
    from rehearsal.layout import Layout


@dataclass(frozen=True)
class Machine:
    """The share of the rehearsal with this layout; its network has the addresses of ``subnet``."""

    layout: Layout
    subnet: IPv4Network

    @classmethod
    def of(cls, layout: Layout, subnet: str) -> Machine:
        """The share of a rehearsal that was recorded with this subnet."""
        return cls(layout, IPv4Network(subnet))

    @classmethod
    def claim(cls, layout: Layout) -> Machine:
        """Make everything anew for a rehearsal of which nothing is left."""
        # Two that start at once must not choose the same addresses.
        with layout.machine_lock():
            layout.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(layout.runtime / "owner", str(layout.directory))
            tunables.remember(layout.runtime.parent)
            machine = cls(layout, free_subnet(layout.name))
            machine.space.ensure()
        machine.mounts.make()
        return machine

    def refuse_if_foreign(self) -> None:
        """RehearsalError if the name's share belongs to a rehearsal of another state directory."""
        owner = self.layout.runtime / "owner"
        other = Path(owner.read_text()) if owner.exists() else self.layout.directory
        if other != self.layout.directory and (other / self.layout.record.name).exists():
            raise RehearsalError(
                f"a rehearsal called {self.layout.name} runs already, from {other}",
                remedy=f"choose another name, or stop that one with MLPLATFORM_STATE={other.parents[1]}",
            )

    @property
    def space(self) -> Space:
        """The network namespace."""
        return Space(self.layout.name, self.subnet)

    @property
    def mounts(self) -> MountSpace:
        """The mount namespace."""
        return MountSpace(self.layout.runtime / "namespace", self.layout.node)

    @property
    def control_group(self) -> ControlGroup:
        """The control group of all pods."""
        return ControlGroup(f"mlplatform-{self.layout.name}")

    @property
    def enter(self) -> tuple[str, ...]:
        """The prefix that runs a part of the rehearsal."""
        return ("nsenter", f"--net={self.space.path}", f"--mount={self.mounts.path}", "--")

    def namespaces(self) -> tuple[tuple[str, int], ...]:
        """What the kernel calls the namespaces, by kind; those that are not there are left out."""
        pins = (("net", self.space.path), ("mnt", self.mounts.path))
        return tuple((kind, inode) for kind, pin in pins if (inode := inode_of(pin)) is not None)

    def repair(self) -> None:
        """Bring back what of the devices, routes and groups somebody took away."""
        self.space.ensure()
        self.control_group.ensure()
