"""A small platform for tests of single components: two pools, two teams, a cluster that is never called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pulumi_kubernetes import Provider

from components.capacity import Capacity, Pool, Team

if TYPE_CHECKING:
    import pulumi

CAPACITY: Final = Capacity(
    pools=(
        Pool(
            name="h100",
            accelerator="NVIDIA-H100-80GB-HBM3",
            gpus_per_node=8,
            nodes=2,
            cpus_per_node=192,
            memory_gib_per_node=2048,
        ),
        Pool(
            name="a100",
            accelerator="NVIDIA-A100-SXM4-80GB",
            gpus_per_node=8,
            nodes=1,
            cpus_per_node=96,
            memory_gib_per_node=1024,
        ),
        Pool(
            name="l4",
            accelerator="NVIDIA-L4",
            gpus_per_node=4,
            nodes=2,
            cpus_per_node=48,
            memory_gib_per_node=192,
            purpose="serving",
        ),
    ),
    teams=(
        Team(name="vision", owner="ada", cost_centre="cc-1", gpus={"h100": 12, "l4": 4}),
        Team(name="language", owner="bob", cost_centre="cc-2", gpus={"h100": 4, "a100": 8}),
    ),
)
NAMESPACES: Final = {team.name: team.namespace for team in CAPACITY.teams}


@dataclass(frozen=True)
class ExistingCluster:
    """A cluster as components see it."""

    provider: Provider
    keep_crds: bool = True
    machines: tuple[pulumi.Resource, ...] = ()
    aws: None = None


def cluster() -> ExistingCluster:
    """To be called where a program is recorded: it registers the provider `cluster`."""
    return ExistingCluster(Provider("cluster"))
