"""The network of a cluster on AWS."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.aws_regions import ZoneName


def _is_network(text: str) -> str:
    try:
        ipaddress.IPv4Network(text)
    except ValueError as error:
        said = str(error)
        remedy = "clear the bits after the prefix" if "host bits" in said else "give one such as 10.0.0.0/16"
        raise ValueError(f"is no IPv4 address range; {remedy}") from None
    return text


Cidr = Annotated[str, AfterValidator(_is_network)]
"""An IPv4 address range, such as `10.0.0.0/16`."""

VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
"""A VPC's identifier."""

SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
"""A subnet's identifier."""

Endpoint = Literal[
    "aps-workspaces",
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "rds-data",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
]
"""An AWS service as the name of its interface endpoint ends."""

_NEEDED_WITHOUT_NAT: Final[tuple[Endpoint, ...]] = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "logs",
    "sqs",
    "ssm",
    "sts",
)
_LARGEST, _SMALLEST = 16, 20  # prefix lengths: AWS allows no VPC above /16; below /20 pods run out of addresses


class NewNetworkSpec(Spec):
    """A VPC of the platform's own: nodes in private subnets, one a zone."""

    kind: Literal["new"] = "new"
    """How the network comes to be."""
    cidr: Cidr = "10.0.0.0/16"
    """Addresses of the VPC, between /16 and /20. Every node and pod takes one; nothing that the VPC is ever connected
    with may have the same."""
    zones: int = Field(default=3, ge=2, le=6)
    """How many availability zones the subnets lie in."""
    zone_names: tuple[ZoneName, ...] = ()
    """Which zones, where GPUs or reservations are bound to one; absent: the first `zones` of the region."""
    nat: Literal["none", "one", "per_zone"] = "per_zone"
    """NAT gateways, the nodes' way out. `one` is cheaper and lost with its zone; with `none` nodes reach only what has
    an endpoint, so all images and charts must come from a registry in the VPC."""
    endpoints: tuple[Endpoint, ...] = (
        "ecr.api",
        "ecr.dkr",
        "sts",
        "eks",
        "eks-auth",
        "ec2",
        "ssm",
        "sqs",
        "logs",
        "kms",
        "aps-workspaces",
    )
    """AWS services that are called without leaving the VPC. Each costs money by zone and hour; S3 always has one, which
    costs nothing."""
    load_balancers: bool = True
    """Public subnets for load balancers that the internet may reach. NAT gateways need them in any case."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if not _LARGEST <= ipaddress.IPv4Network(self.cidr).prefixlen <= _SMALLEST:
            raise ValueError(f"cidr is too large or too small for a VPC; give a range between /{_LARGEST} and /20")
        if self.zone_names and len(set(self.zone_names)) != self.zones:
            raise ValueError(f"zone_names and zones contradict each other; name {self.zones} different zones")
        missing = [each for each in _NEEDED_WITHOUT_NAT if each not in self.endpoints]
        if self.nat == "none" and missing:
            raise ValueError(f"nat is none but nodes cannot do without endpoints; add {', '.join(missing)}")
        return self

    @property
    def has_public_subnets(self) -> bool:
        """Whether anything of the VPC must be reachable from the internet or reach it by NAT."""
        return self.load_balancers or self.nat != "none"


class ExistingNetworkSpec(Spec):
    """A VPC that is already there; nothing of it is changed."""

    kind: Literal["existing"]
    """How the network comes to be."""
    vpc_id: VpcId
    """The VPC."""
    private_subnet_ids: tuple[SubnetId, ...] = Field(min_length=2, max_length=16)
    """Subnets without a way in from the internet, for nodes, managed stores and internal load balancers; in two zones
    or more. Load balancers find those with the tag `kubernetes.io/role/internal-elb`."""

    @model_validator(mode="after")
    def _subnets_differ(self) -> Self:
        if len(set(self.private_subnet_ids)) < len(self.private_subnet_ids):
            raise ValueError("private_subnet_ids names a subnet twice; give each once")
        return self


NetworkSpec = Annotated[
    Annotated[NewNetworkSpec, Tag("new")] | Annotated[ExistingNetworkSpec, Tag("existing")], by_kind("new")
]
