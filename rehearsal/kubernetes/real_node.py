"""Brings the real node up: first its container runtime with the images, then kubelet and kube-proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.cluster.probes import node_ready
from rehearsal.kubernetes import node
from rehearsal.machine.containers import Containers
from rehearsal.processes.background import Background
from rehearsal.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.images import ImageStore
    from rehearsal.kube import Kube
    from rehearsal.kubernetes.node import Node
    from rehearsal.processes.supervision import Supervision

_RUNTIME_SECONDS = 30.0
_READY_SECONDS = 60.0


@dataclass(frozen=True)
class Loading:
    """The container runtime on its way: ready for pods, then with all images."""

    runtime: Background[None]
    images: Background[None]


@dataclass(frozen=True)
class RealNode:
    """The node's programs under supervision, and the images that pods on it need."""

    node: Node
    supervision: Supervision
    store: ImageStore
    images: Sequence[str]

    def load(self) -> Loading:
        """Begin to start containerd and to import the images that it lacks."""
        is_new = self.supervision.parts.run_of("kubelet") is None
        self.supervision.ensure([self.node.containerd()])

        def runtime() -> None:
            self.supervision.wait(
                self._containers.answer,
                ["containerd"],
                "containerd does not answer",
                within_seconds=_RUNTIME_SECONDS,
            )
            if is_new:
                # An earlier rehearsal that was killed may have left some beside its images.
                self._containers.remove()

        def images() -> None:
            ready.result()
            self.store.import_into(self._containers.command, self.images, Silent())

        ready = Background(runtime)
        return Loading(ready, Background(images))

    def start(self, kube: Kube, loading: Loading) -> None:
        """Start kubelet and kube-proxy; return when the node is ready and has its images."""
        loading.runtime.result()
        self.supervision.ensure(self.node.agents())
        self.supervision.wait(
            lambda: self.is_ready(kube),
            node.AGENTS,
            f"node {node.NAME} is not ready",
            within_seconds=_READY_SECONDS,
        )
        loading.images.result()

    def is_ready(self, kube: Kube) -> bool:
        """Whether the kubelet of now says that its node is ready."""
        run = self.supervision.parts.run_of("kubelet")
        return run is not None and node_ready(kube, node.NAME, since=run.since)

    @property
    def _containers(self) -> Containers:
        return Containers(self.node.runtime.ctr, self.node.socket)
