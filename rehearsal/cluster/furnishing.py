"""What the rehearsal puts into its cluster before the platform comes: simulated nodes, DNS, stand-ins."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.cloud.stores import corefile
from rehearsal.cluster import cert_stand_in, cluster_dns, only_node, simulated_nodes, simulated_pods, volume_stand_in
from rehearsal.files import digest
from rehearsal.kubernetes import DNS_IMAGE, PAUSE_IMAGE
from rehearsal.processes.parts import Part

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from rehearsal.kube import Kube
    from rehearsal.layout import Layout
    from rehearsal.toolchain import Tools
    from rehearsal.world import World

PARTS = ("kwok", "cert-stand-in", "volume-stand-in")


@dataclass(frozen=True)
class Furnishing:
    """The rehearsal's own objects in the cluster, and the programs that act on them through ``through``.

    ``node`` is where volumes are that wait for no pod.
    """

    layout: Layout
    tools: Tools
    node: str
    through: tuple[str, ...] = ()

    def configure(self) -> None:
        """Write what the programs read."""
        simulated_nodes.write_configuration(self.tools.asset("kwok/stages"), self._stages)

    def parts(self) -> list[Part]:
        """The simulation of nodes, and the stand-ins for cert-manager and for storage drivers."""
        kwok, certificates, volumes = (self.layout.kubeconfig_of(name) for name in PARTS)
        return [
            self._part(
                "kwok",
                str(self.tools.binary("kwok")),
                *simulated_nodes.kwok_arguments(kwok, self._stages),
                # It would log every heartbeat.
                "--v=WARN",
                reads=digest(self._stages),
            ),
            self._part(
                "cert-stand-in",
                *(sys.executable, "-m", "rehearsal.cluster.cert_stand_in"),
                *("--kubeconfig", str(certificates), "--crds", str(self._definitions)),
            ),
            self._part(
                "volume-stand-in",
                *(sys.executable, "-m", "rehearsal.cluster.volume_stand_in"),
                *("--kubeconfig", str(volumes), "--directory", str(self.layout.volumes), "--node", self.node),
            ),
        ]

    def apply(self, kube: Kube, world: World, unavailable: Collection[str], *, real_node: bool) -> None:
        """Put everything in place; without a real node every pod is simulated."""
        simulated_nodes.apply(kube, world.nodes, real_node=real_node)
        if world.aws is None:
            # EKS has no default class.
            kube.apply(volume_stand_in.default_class())
        cert_stand_in.apply_definitions(kube, self._definitions)
        if real_node:
            only_node.apply(kube, self.node, unavailable, PAUSE_IMAGE)
            simulated_pods.apply(kube, unavailable)
            cluster_dns.apply(kube, DNS_IMAGE, more=corefile(cluster_dns.PORT) if world.aws else "")
        else:
            only_node.apply_simulated(kube)

    @property
    def _stages(self) -> Path:
        return self.layout.configuration / "kwok.yaml"

    @property
    def _definitions(self) -> Path:
        return self.tools.asset("kserve/cert-manager-crds")

    def _part(self, name: str, *command: str, reads: str = "") -> Part:
        environment = {"HOME": str(self.layout.configuration)}
        return Part(name, command, str(self.layout.log(name)), self.through, environment, reads)
