"""What runs in one rehearsal, and how: computed from its record, written down before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rehearsal.cloud import Account
from rehearsal.cluster import simulated_nodes
from rehearsal.cluster.furnishing import Furnishing
from rehearsal.kubernetes import PAUSE_IMAGE, certificates, node
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.kubernetes.node import Node
from rehearsal.machine import host
from rehearsal.machine.claims import Machine
from rehearsal.machine.host import Level

if TYPE_CHECKING:
    from rehearsal.layout import Layout
    from rehearsal.processes.parts import Part
    from rehearsal.record import Record
    from rehearsal.toolchain import Tools


@dataclass(frozen=True)
class Plan:
    """The parts of the rehearsal that ``record`` describes, made of these tools."""

    layout: Layout
    record: Record
    tools: Tools

    @cached_property
    def machine(self) -> Machine | None:
        """The rehearsal's share of this machine; None at level objects."""
        if self.record.level is Level.OBJECTS:
            return None
        return Machine.of(self.layout, self.record.subnet)

    @cached_property
    def account(self) -> Account | None:
        """AWS; None where it is not played."""
        if not self.record.aws:
            return None
        return Account(self.layout, self.record.endpoints, self.record.aws, self._enter)

    @cached_property
    def control_plane(self) -> ControlPlane:
        """etcd, API server, controllers."""
        webhook = self.account.webhook if self.account else None
        return ControlPlane(self.layout, self.tools, self.record.endpoints, self._enter, webhook)

    @cached_property
    def furnishing(self) -> Furnishing:
        """What simulates nodes and stands in for others."""
        own = simulated_nodes.CPU_NODE if self.machine is None else node.NAME
        return Furnishing(self.layout, self.tools, own, self._enter)

    @cached_property
    def node(self) -> Node | None:
        """The real node; None at level objects."""
        if self.machine is None:
            return None
        return Node(
            layout=self.layout,
            tools=self.tools,
            address=self.record.endpoints.address,
            through=self._enter,
            runtime=host.runtime(),
            snapshotter=self.record.snapshotter,
            pause=PAUSE_IMAGE,
            control_group=self.machine.control_group.name,
        )

    def configure(self) -> None:
        """Write the certificates and all that the parts read."""
        certificates.ensure(self.layout.certificates, address=self.record.endpoints.address, node=node.NAME)
        self.control_plane.configure()
        if self.account:
            self.account.configure()
        self.furnishing.configure()
        if self.node:
            self.node.configure()

    def parts(self) -> list[Part]:
        """All parts, as they shall run; the configuration must have been written."""
        parts = [*self.control_plane.store(), *self.control_plane.controllers(), *self.furnishing.parts()]
        parts += self.account.parts() if self.account else []
        return [*parts, self.node.containerd(), *self.node.agents()] if self.node else parts

    @property
    def _enter(self) -> tuple[str, ...]:
        return self.machine.enter if self.machine else ()
