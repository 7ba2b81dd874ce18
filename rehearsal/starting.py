"""Brings one rehearsal up, from whatever state it is in: made anew, repaired, or found to run already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from rehearsal.cloud.furnishing import furnish_account, furnish_cluster
from rehearsal.cloud.stores import IMAGES as STORE_IMAGES
from rehearsal.cluster import node_capacity, rbac
from rehearsal.cluster.probes import api_ready, controllers_ready
from rehearsal.errors import RehearsalError
from rehearsal.images import ImageStore
from rehearsal.kube import Kube, KubeError
from rehearsal.kubernetes import DNS_IMAGE, PAUSE_IMAGE, node
from rehearsal.kubernetes.control_plane import CONTROLLERS, STORE, Endpoints
from rehearsal.kubernetes.real_node import RealNode
from rehearsal.machine.claims import Machine
from rehearsal.machine.host import Level, obstacle, snapshotter
from rehearsal.places import cache_directory
from rehearsal.processes.process import boot_id
from rehearsal.processes.supervision import Supervision
from rehearsal.record import Record
from rehearsal.teardown import Teardown

if TYPE_CHECKING:
    from rehearsal.layout import Layout
    from rehearsal.plan import Plan
    from rehearsal.progress import Reporter
    from rehearsal.world import World

_SECONDS = 120.0
"""A control plane that is not ready by then never will be: a free machine needs two seconds, a busy one twenty."""


def go_on_or_begin(layout: Layout, level: Level, reporter: Reporter) -> Record:
    """The record of the rehearsal if it can go on, else of a new one in its place with nothing in it yet.

    It cannot go on after a restart of the machine, at another level, or when its namespaces are gone.
    """
    record = Record.load(layout)
    if record and _can_go_on(record, layout, level):
        return record
    if level is Level.FULL and (reason := obstacle()):
        raise RehearsalError(reason)
    with reporter.phase("space") as phase:
        if record:
            phase.note(f"rehearsal {layout.name} cannot go on from how it was left: it begins anew")
        Teardown(layout).run(remove=False)
        return _begin(layout, level)


@dataclass(frozen=True)
class Start:
    """One start of the rehearsal that ``plan`` describes, for this world."""

    plan: Plan
    world: World
    reporter: Reporter

    def run(self) -> Record:
        """Start what does not run as it should; return the record of the rehearsal as it is then."""
        self.plan.configure()
        with Kube(self.plan.layout.kubeconfig) as kube:
            if self._is_up(kube):
                return self.plan.record
            try:
                self._bring_up(kube)
            except KubeError as error:
                log = self.plan.layout.log(STORE[-1])
                raise RehearsalError(f"the API server does not take what it is given: {error}", log=log) from error
        record = replace(self.plan.record, world=self.world.digest())
        record.save(self.plan.layout)
        return record

    def _bring_up(self, kube: Kube) -> None:
        plan = self.plan
        if plan.machine:
            plan.machine.repair()
        unavailable = self._obtain_images()
        for name in self._supervision.parts.declared().keys() - {part.name for part in plan.parts()}:
            self._supervision.end([name], grace_seconds=1)
        with self.reporter.phase("control plane", log=plan.layout.log(STORE[-1]), expected_seconds=3):
            aws = plan.account.parts() if plan.account else []
            self._supervision.ensure([*plan.control_plane.store(), *aws])
            loading = self._real_node.load() if self._real_node else None
            self._wait_for_control_plane(kube)
        if self._real_node and loading:
            with self.reporter.phase("real node", log=plan.layout.log("kubelet"), expected_seconds=3):
                node_capacity.apply(kube, node.NAME)
                self._real_node.start(kube, loading)
                node_capacity.announce(kube, node.NAME)
        with self.reporter.phase("simulated nodes and stand-ins", expected_seconds=2):
            plan.furnishing.apply(kube, self.world, unavailable, real_node=plan.node is not None)
        if account := plan.account:
            with self.reporter.phase("AWS", log=plan.layout.log("aws"), expected_seconds=3):
                names = [part.name for part in account.parts()]
                self._supervision.wait(account.ready, names, "AWS does not answer", within_seconds=_SECONDS)
                furnish_account(account)
                if plan.node:
                    furnish_cluster(kube, account)

    def _is_up(self, kube: Kube) -> bool:
        supervision = self._supervision
        return (
            self.plan.record.world == self.world.digest()
            and supervision.parts.declared() == {part.name: part for part in self.plan.parts()}
            and supervision.all_run()
            and api_ready(kube)
            and (self.plan.account is None or self.plan.account.ready())
            and (self._real_node is None or self._real_node.is_ready(kube))
        )

    def _obtain_images(self) -> list[str]:
        """Have the images made or pulled; the references of those that cannot be had."""
        if self._real_node is None:
            return []
        had = {image.reference for image in self._store.ensure(self._images, self.reporter)}
        return [reference for reference in self._images if reference not in had]

    def _wait_for_control_plane(self, kube: Kube) -> None:
        supervision, plan = self._supervision, self.plan
        supervision.wait(lambda: api_ready(kube), STORE, "the API server is not ready", within_seconds=_SECONDS)
        rbac.apply(kube)
        supervision.ensure([*plan.control_plane.controllers(), *plan.furnishing.parts()])
        supervision.wait(
            lambda: controllers_ready(kube),
            CONTROLLERS,
            "the controller manager does not work",
            within_seconds=_SECONDS,
        )

    @property
    def _images(self) -> list[str]:
        stores = STORE_IMAGES if self.plan.account else ()
        return list(dict.fromkeys([PAUSE_IMAGE, DNS_IMAGE, *stores, *self.world.images]))

    @cached_property
    def _store(self) -> ImageStore:
        return ImageStore(cache_directory() / "images", self.plan.tools)

    @cached_property
    def _supervision(self) -> Supervision:
        return Supervision(self.plan.layout.directory, self.plan.layout.logs)

    @cached_property
    def _real_node(self) -> RealNode | None:
        if self.plan.node is None:
            return None
        return RealNode(self.plan.node, self._supervision, self._store, self._images)


def _can_go_on(record: Record, layout: Layout, level: Level) -> bool:
    if record.level is not level or not record.of_this_boot:
        return False
    return level is Level.OBJECTS or record.namespaces == Machine.of(layout, record.subnet).namespaces()


def _begin(layout: Layout, level: Level) -> Record:
    layout.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    layout.logs.mkdir(exist_ok=True)
    if level is Level.OBJECTS:
        record = Record(level, boot_id(), Endpoints.on_loopback())
    else:
        layout.images.mkdir(exist_ok=True)
        machine = Machine.claim(layout)
        endpoints = Endpoints.in_space(machine.space.address)
        record = Record(
            level,
            boot_id(),
            endpoints,
            subnet=str(machine.subnet),
            namespaces=machine.namespaces(),
            snapshotter=snapshotter(layout.images),
        )
    record.save(layout)
    return record
