"""The network of a cluster on AWS: a VPC of its own, or one that is already there."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import ec2

from components.aws.identity import service_role, trust
from components.aws.log_group import log_group
from components.cluster import _endpoints
from components.specs.network import ExistingNetworkSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.aws.place import AwsAccount
    from components.specs.network import NetworkSpec, NewNetworkSpec

_BLOCKS: Final = 3  # bits: an eighth of the VPC for each zone's nodes, whatever their number, and the last for the rest
_PUBLIC: Final = 3  # bits: an eighth of the last block for each zone's load balancers


@dataclass(frozen=True)
class NetworkArgs:
    """Inputs of a Network."""

    spec: NetworkSpec
    """What the stack file says of the network."""
    account: AwsAccount
    """Where it is."""
    zones: Sequence[str]
    """The zones of its subnets; of no account for a VPC that was there before."""
    cluster_name: str
    """The cluster that it is for; the parts of the network are named after it."""
    log_key_arn: pulumi.Input[str]
    """The key that its flow logs are encrypted with."""


class Network(pulumi.ComponentResource):
    """Private subnets in several zones, where nodes are out of the internet's reach. Of a VPC that was there before
    nothing is changed."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]
    """One a zone, in the zones' order."""
    private_route_table_ids: pulumi.Output[list[str]]
    """Where a way to networks of one's own is entered, one a zone; empty for a VPC that was there before."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:Network", name, None, opts)
        self._name, self._args = name, args
        self._options = args.account.options(self)
        if isinstance(args.spec, ExistingNetworkSpec):
            self.vpc_id = pulumi.Output.from_input(args.spec.vpc_id)
            self.private_subnet_ids = pulumi.Output.from_input(list(args.spec.private_subnet_ids))
            self.private_route_table_ids = pulumi.Output.from_input([])
        else:
            self._create(args.spec)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "private_route_table_ids": self.private_route_table_ids,
            }
        )

    def _create(self, spec: NewNetworkSpec) -> None:
        zones = self._args.zones
        vpc = ec2.Vpc(
            self._name,
            cidr_block=spec.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # endpoints' private names need it
            tags=self._named("vpc"),
            opts=self._options,
        )
        # The group that AWS makes allows everything among its members; nobody is to be one.
        ec2.DefaultSecurityGroup(f"{self._name}-default", vpc_id=vpc.id, tags=self._named("unused"), opts=self._options)
        self._flow_logs(vpc)
        blocks = list(IPv4Network(spec.cidr).subnets(prefixlen_diff=_BLOCKS))
        gateway, public = self._public(vpc, zones, blocks[-1]) if spec.has_public_subnets else (vpc, [])
        private = [
            self._subnet(f"private-{i}", vpc, zone, block, {"kubernetes.io/role/internal-elb": "1"})
            for i, (zone, block) in enumerate(zip(zones, blocks, strict=False))
        ]
        tables = [self._route_table(f"private-{i}", vpc, subnet) for i, subnet in enumerate(private)]
        self._ways_out(spec, gateway, public, tables)
        _endpoints.create(self._name, self._args.account, spec, vpc, private, tables, self)
        self.vpc_id = vpc.id
        self.private_subnet_ids = pulumi.Output.all(*[subnet.id for subnet in private])
        self.private_route_table_ids = pulumi.Output.all(*[table.id for table in tables])

    def _public(
        self, vpc: ec2.Vpc, zones: Sequence[str], block: IPv4Network
    ) -> tuple[ec2.InternetGateway, list[ec2.Subnet]]:
        gateway = ec2.InternetGateway(self._name, vpc_id=vpc.id, tags=self._named("internet"), opts=self._options)
        subnets = [
            self._subnet(f"public-{i}", vpc, zone, part, {"kubernetes.io/role/elb": "1"})
            for i, (zone, part) in enumerate(zip(zones, block.subnets(prefixlen_diff=_PUBLIC), strict=False))
        ]
        tables = [self._route_table(f"public-{i}", vpc, subnet) for i, subnet in enumerate(subnets)]
        for i, table in enumerate(tables):
            self._route(f"public-{i}", table, gateway_id=gateway.id)
        return gateway, subnets

    def _ways_out(
        self, spec: NewNetworkSpec, internet: pulumi.Resource, public: list[ec2.Subnet], tables: list[ec2.RouteTable]
    ) -> None:
        """NAT gateways in public subnets, and the private subnets' routes to them."""
        opts = self._args.account.options(self, internet)  # an address is no use without the way to the internet
        gateways: list[ec2.NatGateway] = []
        for i, subnet in enumerate(public[: {"none": 0, "one": 1, "per_zone": len(public)}[spec.nat]]):
            tags = self._named(f"nat-{i}")
            address = ec2.Eip(f"{self._name}-nat-{i}", domain="vpc", tags=tags, opts=opts)
            gateways.append(
                ec2.NatGateway(
                    f"{self._name}-nat-{i}", subnet_id=subnet.id, allocation_id=address.id, tags=tags, opts=opts
                )
            )
        for i, table in enumerate(tables):
            if gateways:
                self._route(f"private-{i}", table, nat_gateway_id=gateways[i % len(gateways)].id)

    def _subnet(self, part: str, vpc: ec2.Vpc, zone: str, block: IPv4Network, role: dict[str, str]) -> ec2.Subnet:
        # A zone that opens later must not move the subnets of those before it.
        keep = pulumi.ResourceOptions(ignore_changes=["availabilityZone"])
        return ec2.Subnet(
            f"{self._name}-{part}",
            vpc_id=vpc.id,
            cidr_block=str(block),
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags={**self._named(part), **role},
            opts=pulumi.ResourceOptions.merge(self._options, keep),
        )

    def _route_table(self, part: str, vpc: ec2.Vpc, subnet: ec2.Subnet) -> ec2.RouteTable:
        name = f"{self._name}-{part}"
        table = ec2.RouteTable(name, vpc_id=vpc.id, tags=self._named(part), opts=self._options)
        ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=table.id, opts=self._options)
        return table

    def _route(
        self,
        part: str,
        table: ec2.RouteTable,
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        ec2.Route(
            f"{self._name}-{part}-out",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self._options,
        )

    def _flow_logs(self, vpc: ec2.Vpc) -> None:
        account, name = self._args.account, f"{self._name}-flow-logs"
        path = f"/aws/vpc/{self._args.cluster_name}/flow-logs"
        group = log_group(name, account, path, key_arn=self._args.log_key_arn, parent=self)
        writes = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        role, rights = service_role(
            name,
            account,
            trust("vpc-flow-logs.amazonaws.com"),
            description=f"Writes the flow logs of {self._args.cluster_name}",
            parent=self,
            statements=[{"Effect": "Allow", "Action": writes, "Resource": pulumi.Output.concat(group.arn, ":*")}],
        )
        ec2.FlowLog(
            name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags=self._named("flow-logs"),
            opts=account.options(self, *rights),
        )

    def _named(self, part: str) -> dict[str, str]:
        """What AWS' console calls a part of the network."""
        return {"Name": f"{self._args.cluster_name}-{part}"}
