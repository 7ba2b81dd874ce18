"""Pools of GPU nodes and the teams that share them, as a stack file states them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Name, Spec
from components.specs.aws_regions import ZoneName
from components.specs.gpu_sharing import SLICES, Sharing
from components.specs.instance_types import MACHINES, GpuMachine
from components.specs.objectives import QUEUE_WAITS, Threshold, nearest
from components.specs.topology import TopologyLevel, misplaced

LabelValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
"""The value of a Kubernetes label."""

Purpose = Literal["training", "serving"]


ReservationId = Annotated[str, StringConstraints(pattern=r"^cr-[0-9a-f]{8,17}$")]
"""A capacity reservation's or a Capacity Block's identifier."""


class AwsMachines(Spec):
    """Which machines of AWS a pool's nodes are, and how they are bought; Karpenter starts one when pods wait for it."""

    instance_types: tuple[GpuMachine, ...] = Field(min_length=1, max_length=10)
    """Interchangeable machine types with GPUs."""
    purchase: Literal["on_demand", "spot", "capacity_reservation", "capacity_block"] = "on_demand"
    """`spot` machines cost less and may be taken away at two minutes' notice; reservations and Capacity Blocks are
    bought before."""
    reservation_ids: tuple[ReservationId, ...] = Field(default=(), max_length=30)
    """Reservations or Capacity Blocks to use, where bought before."""
    zones: tuple[ZoneName, ...] = ()
    """Availability zones to take machines from; absent: those of the network."""
    efa: bool = False
    """Elastic Fabric Adapter for training on several nodes: a pod asks for `vpc.amazonaws.com/efa`."""
    placement_group: bool = False
    """Put the nodes close together in one zone, for the fastest network between them."""
    disk_gib: int = Field(default=500, ge=50, le=16384)
    """Each node's disk for images and scratch space in GiB; machines with disks of their own use those as well."""

    @model_validator(mode="after")
    def _is_to_be_had(self) -> Self:
        bought_before = self.purchase in ("capacity_reservation", "capacity_block")
        if bought_before != bool(self.reservation_ids):
            raise ValueError(
                "purchase and reservation_ids contradict each other; name what was bought, or buy on demand"
            )
        for name in self.instance_types:
            if self.purchase == "capacity_block" and not MACHINES[name].in_blocks:
                raise ValueError(f"purchase is capacity_block, but {name} is not sold so; choose another purchase")
            if self.efa and not MACHINES[name].fabric_interfaces:
                raise ValueError(f"efa is true, but {name} has no such adapter; leave efa out or choose a larger type")
        if self.placement_group and len(self.zones) != 1:
            raise ValueError("placement_group lies in one zone, but zones does not name one; name the one zone")
        return self


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
    place: Literal["cloud", "on_premises"] = "cloud"
    """On an EKS cluster with hybrid nodes: whether the nodes are machines of AWS or your own, which join by
    themselves."""
    aws: AwsMachines | None = None
    """Machines of AWS that become the pool's nodes; on an EKS cluster every pool in the cloud names some."""

    sharing: Sharing = Sharing()
    """Whether pods have whole GPUs, and how they are divided otherwise; quotas then count the parts."""
    oversubscription: float = Field(default=1.0, ge=1.0, le=4.0)
    """How much more than there is the quotas of all teams may come to; what is promised twice waits."""
    zone: LabelValue | None = None
    """Zone that all nodes are in, as their label `topology.kubernetes.io/zone` says; on AWS, `aws.zones` says it."""

    @model_validator(mode="after")
    def _shares_what_can_be_shared(self) -> Self:
        if self.sharing.kinds and self.purpose == "serving":
            raise ValueError(
                "sharing divides GPUs, but purpose is serving: models have whole ones; leave one of them out"
            )
        if profile := self.sharing.mig:
            known = SLICES.get(self.accelerator, {})
            if profile not in known:
                has = f"it has {', '.join(known)}" if known else "it has none; leave mig out"
                raise ValueError(f"sharing.mig is a profile that {self.accelerator} does not have; {has}")
        if self.sharing.kinds and self.aws:
            raise ValueError(
                "sharing and aws exclude each other: machines are started for pods that ask for whole GPUs; leave one "
                "of them out"
            )
        return self

    topology: tuple[TopologyLevel, ...] = Field(default=(), max_length=15)
    """Labels that say how near nodes are to each other, widest first: jobs may ask to be in one such group."""

    @model_validator(mode="after")
    def _places_by_what_is_there(self) -> Self:
        serving, bought, claimed = self.purpose == "serving", self.aws is not None, self.sharing.dra is not None
        if wrong := misplaced(self.topology, serving=serving, bought=bought, claimed=claimed):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _zone_is_named_once(self) -> Self:
        if self.zone and self.aws:
            raise ValueError("zone and aws exclude each other; use aws.zones")
        return self

    @model_validator(mode="after")
    def _own_machines_are_not_bought(self) -> Self:
        if self.place == "on_premises" and self.aws is not None:
            raise ValueError("place is on_premises, but aws names machines to buy; leave one of them out")
        return self

    @property
    def parts_per_gpu(self) -> int:
        """Pods that have a GPU together, where each has one part of it."""
        if self.sharing.mig:
            return SLICES[self.accelerator][self.sharing.mig]
        return self.sharing.time_slicing or self.sharing.mps or 1

    @property
    def gpus(self) -> int:
        """What quotas hand out in the whole pool: GPUs, or the parts into which they are divided."""
        return self.nodes * self.gpus_per_node * self.parts_per_gpu


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


Role = Literal["data-scientist", "engineer", "governance"]
"""What somebody may do in a team's namespace."""


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
    """GPUs that are the team's own, by pool; parts of GPUs where the pool divides them. In training pools a team may
    borrow what others leave idle."""
    borrow: dict[Name, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """The most GPUs of others that the team may use, by pool; absent: whatever is idle."""
    lend: dict[Name, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """The most of its own GPUs that others may use while they are idle, by pool; absent: all of them."""
    weight: int = Field(default=1, ge=0, le=1000)
    """Its part of the idle GPUs where several teams want them, in proportion to the other teams' weights; with 0 it
    comes after all others."""
    monthly_budget: int | None = Field(default=None, ge=0, le=1_000_000_000)
    """What the team may spend in a month, in whole units of the cost centre's currency; on its namespace and its queue
    as label `mlplatform.dev/monthly-budget`, for whoever reports costs."""
    cpus: int = Field(default=16, ge=1)
    """CPUs for pods outside of the GPU pools: notebooks, data preparation, small models."""
    memory_gib: int = Field(default=64, ge=1)
    """Memory for pods outside of the GPU pools, in GiB."""
    storage_gib: int = Field(default=500, ge=0)
    """Volumes that the team may claim, in GiB."""
    groups: TeamGroups = TeamGroups()
    """Who holds the team's roles."""
    accounts: tuple[Role, ...] = ("data-scientist",)
    """Roles that `mlplatform team kubeconfig` gives out for a time, for people and programs that the identity provider
    does not know."""
    egress: tuple[Destination, ...] = ()
    """Addresses outside the cluster that the team's pods may reach; absent means none."""
    queue_wait: Threshold | None = None
    """Share of the team's jobs that are started within a time; absent: nothing is promised."""
    leaving: bool = False
    """Nobody misses what is in the team's namespace any more: once `pulumi up` has heard so, the entry may be taken out
    of the file, and the namespace goes with its jobs and volumes."""

    @model_validator(mode="after")
    def _queue_wait_can_be_judged(self) -> Self:
        if self.queue_wait is not None and self.queue_wait.seconds not in QUEUE_WAITS:
            raise ValueError(
                f"queue_wait.seconds is {self.queue_wait.seconds:g}, which Kueue does not count; "
                f"choose {nearest(self.queue_wait.seconds, QUEUE_WAITS)}"
            )
        return self

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

    @property
    def account_labels(self) -> dict[str, str]:
        """The same on what stands for the team as a whole, with what it may spend."""
        budget = {} if self.monthly_budget is None else {"mlplatform.dev/monthly-budget": str(self.monthly_budget)}
        return {**self.labels, **budget}
