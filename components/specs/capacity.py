"""Pools of GPU nodes and the teams that share them, as a stack file states them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from components._spec import Name, Spec

LabelValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
"""The value of a Kubernetes label."""

Purpose = Literal["training", "serving"]


class Pool(Spec):
    """GPU nodes of one shape, bought and labelled alike."""

    name: Name
    """What teams and models call the pool; the value of the nodes' label `mlplatform.dev/pool`."""
    accelerator: LabelValue
    """The GPU product as the nodes' label `nvidia.com/gpu.product` says, such as `NVIDIA-H100-80GB-HBM3`."""
    gpus_per_node: int = Field(ge=1, le=16)
    """GPUs in one node."""
    nodes: int = Field(ge=1, le=5000)
    """Nodes in the pool; a pool that has none yet is left out of the file."""
    cpus_per_node: int = Field(ge=1)
    """CPUs that pods can use on one node."""
    memory_gib_per_node: int = Field(ge=1)
    """Memory that pods can use on one node, in GiB."""
    purpose: Purpose = "training"
    """`training`: jobs wait in queues and share idle GPUs. `serving`: kept free for models that answer
    requests."""

    @property
    def gpus(self) -> int:
        """GPUs in the whole pool."""
        return self.nodes * self.gpus_per_node


class CapacitySpec(Spec):
    """The GPU machines of the platform."""

    pools: tuple[Pool, ...] = Field(min_length=1)
    """Pools of GPU nodes, each with a name of its own."""


class TeamGroups(Spec):
    """Groups of the identity provider that hold a team's roles; absent means that nobody holds the role."""

    data_scientists: str | None = None
    """May submit, watch and stop jobs, and read their logs."""
    engineers: str | None = None
    """May also run models, workloads and their configuration."""
    governance: str | None = None
    """May read everything but secrets."""


class Destination(Spec):
    """Addresses outside the cluster that a team's pods may reach."""

    cidr: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
    """An address range, such as `203.0.113.0/24`."""
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (443,)
    """TCP ports."""


class Team(Spec):
    """People who share GPUs, a namespace and a bill."""

    name: Name
    """What the team is called; its namespace is `team-<name>`."""
    owner: LabelValue
    """Who answers for the team's workloads; on every object as label `mlplatform.dev/owner`."""
    cost_centre: LabelValue
    """Who pays; on every object as label `mlplatform.dev/cost-centre`."""
    gpus: dict[Name, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """GPUs that are the team's own, by pool. In training pools a team may borrow what others leave idle."""
    cpus: int = Field(default=16, ge=1)
    """CPUs for pods outside of the GPU pools: notebooks, data preparation, small models."""
    memory_gib: int = Field(default=64, ge=1)
    """Memory for pods outside of the GPU pools, in GiB."""
    storage_gib: int = Field(default=500, ge=0)
    """Volumes that the team may claim, in GiB."""
    groups: TeamGroups = TeamGroups()
    """Who holds the team's roles."""
    egress: tuple[Destination, ...] = ()
    """Addresses outside the cluster that the team's pods may reach; absent means none."""

    @property
    def namespace(self) -> str:
        """The namespace of the team's workloads."""
        return f"team-{self.name}"

    @property
    def labels(self) -> dict[str, str]:
        """What every object of the team says about whose it is."""
        return {
            "mlplatform.dev/team": self.name,
            "mlplatform.dev/owner": self.owner,
            "mlplatform.dev/cost-centre": self.cost_centre,
        }
