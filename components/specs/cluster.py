"""Which cluster the platform runs on."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.aws_regions import AccountId, IamRole, Region
from components.specs.capacity import LabelValue
from components.specs.eks_versions import Addon, KubernetesVersion
from components.specs.hybrid import HybridSpec
from components.specs.instance_types import PlainMachine, architecture
from components.specs.network import Cidr, NetworkSpec, NewNetworkSpec
from components.specs.size import Size

AwsTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 +=._:/@-]{1,256}$")]
"""The value of a tag on an AWS resource."""

AddonVersion = Annotated[str, StringConstraints(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$")]
"""A version of an EKS add-on, such as `v1.22.4-eksbuild.3`."""

LogRetentionDays = Literal[365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
"""What CloudWatch offers from a year on."""


class ExistingClusterSpec(Spec):
    """A Kubernetes cluster that is already there."""

    kind: Literal["existing"] = "existing"
    """How the cluster comes to be."""
    kubeconfig: str | None = None
    """Path of the kubeconfig file; absent means `KUBECONFIG` of the environment, else `~/.kube/config`."""
    context: str | None = None
    """Context of the kubeconfig file; absent means its current one."""
    keep_crds: bool = True
    """Whether destroy leaves the custom resource definitions, and with them everybody's objects, and refuses the
    namespace of a team that is not `leaving`."""
    requests_per_second: int = Field(default=500, ge=1)
    """How many requests a second the provider may send to the API server."""


class Tags(Spec):
    """Whose everything is; on every AWS resource that can bear tags."""

    owner: LabelValue
    """Who answers for the platform."""
    cost_centre: LabelValue
    """Who pays."""
    environment: LabelValue
    """What it is for, such as `production`."""
    more: dict[AwsTag, AwsTag] = Field(default_factory=dict, max_length=40)
    """Further tags of your own."""

    def as_aws(self) -> dict[str, str]:
        """The tags by their keys on AWS."""
        return {
            **self.more,
            "owner": self.owner,
            "cost-centre": self.cost_centre,
            "environment": self.environment,
            "managed-by": "pulumi",
        }


class ApiEndpoint(Spec):
    """How the cluster's API server is reached."""

    allowed_cidrs: tuple[Cidr, ...] = Field(default=(), max_length=40)
    """Public addresses from which it may be reached over the internet; absent: from the VPC alone and from what is
    connected with it. Who runs `pulumi up` must be among those who reach it."""

    @model_validator(mode="after")
    def _is_not_open_to_all(self) -> Self:
        if any(IPv4Network(cidr).prefixlen < 8 for cidr in self.allowed_cidrs):
            raise ValueError("allowed_cidrs lets in most of the internet; name your own networks")
        return self


class Access(Spec):
    """Who may do what in the cluster; nobody has rights because of having created it."""

    admins: tuple[IamRole, ...] = Field(min_length=1)
    """IAM roles with all rights in Kubernetes. The role that runs `pulumi up` must be one of them."""
    groups: dict[LabelValue, tuple[IamRole, ...]] = Field(default_factory=dict)
    """IAM roles that are members of a Kubernetes group, by the group's name as teams give it."""


class SystemNodes(Spec):
    """Nodes of the platform's own pods, which no autoscaler of ours takes away."""

    instance_types: tuple[PlainMachine, ...] = Field(default=("m7i.2xlarge",), min_length=1, max_length=10)
    """Interchangeable machine types of one architecture, without GPUs."""
    nodes: int = Field(default=3, ge=2, le=50)
    """How many there are, spread over the zones."""
    most_nodes: int = Field(default=6, ge=2, le=100)
    """How many there may be during an update or when you ask for more."""
    disk_gib: int = Field(default=100, ge=20, le=16384)
    """Size of each node's disk in GiB."""

    @model_validator(mode="after")
    def _most_is_not_less(self) -> Self:
        if self.most_nodes < self.nodes:
            raise ValueError("most_nodes is below nodes; raise it or have fewer nodes")
        if len({architecture(each) for each in self.instance_types}) > 1:
            raise ValueError("instance_types mixes Graviton and x86; images of one group run on one of them")
        return self


class GeneralNodes(Spec):
    """Nodes without GPUs that come and go with the teams' pods; no more than the teams' CPUs add up to."""

    instance_types: tuple[PlainMachine, ...] = Field(
        default=("m7i.2xlarge", "m7i.4xlarge", "m6i.2xlarge", "m6i.4xlarge"), min_length=1, max_length=30
    )
    """Machine types to choose from."""
    purchase: Literal["on_demand", "spot"] = "on_demand"
    """`spot` machines cost less and may be taken away at two minutes' notice."""
    disk_gib: int = Field(default=100, ge=20, le=16384)
    """Size of each node's disk in GiB."""


class KarpenterSpec(Spec):
    """Karpenter, which starts the machines that pods wait for and ends those that nobody needs."""

    replicas: int = Field(default=2, ge=1, le=3)
    """Copies on different nodes, of which one works; with two, one may be lost."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1024)
    """One copy's size."""


class Addons(Spec):
    """Parts of Kubernetes that AWS maintains; those that every cluster needs are always there."""

    fsx_lustre: bool = False
    """Whether pods can mount FSx for Lustre file systems."""
    versions: dict[Addon, AddonVersion] = Field(default_factory=dict)
    """Versions of add-ons by their names, where others than the platform's are wanted."""


class EksClusterSpec(Spec):
    """An Amazon EKS cluster with its network and nodes."""

    kind: Literal["eks"]
    """How the cluster comes to be."""
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,47}$")] | None = None
    """The cluster's name, unique in account and region; absent: `mlplatform-<stack>`."""
    region: Region
    """Where everything is."""
    account_id: AccountId | None = None
    """The only account that it may be created in; absent: whichever the credentials belong to."""
    kubernetes_version: KubernetesVersion
    """Version of Kubernetes, such as `"1.35"`."""
    tags: Tags
    """Whose it is."""
    access: Access
    """Who may do what."""
    endpoint: ApiEndpoint = ApiEndpoint()
    """How the API server is reached."""
    network: NetworkSpec = NewNetworkSpec()
    """The network."""
    system_nodes: SystemNodes = SystemNodes()
    """Nodes for the platform's pods; those with GPUs are pools."""
    general_nodes: GeneralNodes = GeneralNodes()
    """Nodes for the teams' pods that need no GPU."""
    karpenter: KarpenterSpec = KarpenterSpec()
    """What starts and ends all other nodes."""
    addons: Addons = Addons()
    """Parts that AWS maintains."""
    hybrid: HybridSpec | None = None
    """Machines of one's own as nodes; absent: none."""
    service_cidr: Cidr = "172.20.0.0/16"
    """Addresses of Services inside the cluster; it cannot be changed later."""
    log_retention_days: LogRetentionDays = 365
    """Days for which logs are kept."""
    disposable: bool = False
    """Nothing is protected from destroy; for stacks whose data nobody misses."""
    requests_per_second: int = Field(default=500, ge=1)
    """How many requests a second the provider may send to the API server."""

    @model_validator(mode="after")
    def _own_machines_reach_the_api(self) -> Self:
        if self.hybrid and self.endpoint.allowed_cidrs:
            raise ValueError(
                "endpoint.allowed_cidrs would have hybrid machines call a public address; reach the API server by the "
                "connection that they use, and leave allowed_cidrs out"
            )
        return self

    @model_validator(mode="after")
    def _networks_differ(self) -> Self:
        named = [("service_cidr", self.service_cidr)]
        if isinstance(self.network, NewNetworkSpec):
            named.append(("network.cidr", self.network.cidr))
            foreign = [zone for zone in self.network.zone_names if zone[:-1] != self.region]
            if foreign:
                raise ValueError(f"network.zone_names is of another region; name zones of {self.region}")
        if self.hybrid:
            named += [(f"hybrid.node_cidrs[{i}]", cidr) for i, cidr in enumerate(self.hybrid.node_cidrs)]
            named += [(f"hybrid.pod_cidrs[{i}]", cidr) for i, cidr in enumerate(self.hybrid.pod_cidrs)]
        for (first, one), (second, other) in combinations(named, 2):
            if IPv4Network(one).overlaps(IPv4Network(other)):
                raise ValueError(f"{first} {one} and {second} {other} overlap; every network needs its own addresses")
        return self


ClusterSpec = Annotated[
    Annotated[ExistingClusterSpec, Tag("existing")] | Annotated[EksClusterSpec, Tag("eks")], by_kind("existing")
]
