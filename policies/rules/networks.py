"""Networks: what is let in, what is recorded, and which machines can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, resource
from policies.rule import Example, Level, Rule
from policies.rules._examples import variants
from policies.rules.nodes import NODE_GROUP, TEMPLATE

if TYPE_CHECKING:
    from policies.language import Condition

_VPC: Final = "aws:ec2/vpc:Vpc"
_SUBNET: Final = "aws:ec2/subnet:Subnet"
_ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_TABLE: Final = "aws:ec2/routeTable:RouteTable"
_ROUTE: Final = "aws:ec2/route:Route"
_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
_FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
_DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
_ID: Final = ("id",)


def _not_to_the_internet(route: Value) -> Condition:
    return ~route["gatewayId"].matches("^igw-")


def _private_table(table: Value) -> Condition:
    return all_of(
        table["routes"].every(_not_to_the_internet),
        table.named_in(_ROUTE, "routeTableId", by=_ID).every(
            lambda route: _not_to_the_internet(route) & ~route.names(_GATEWAY, "gatewayId", by=_ID).exist()
        ),
    )


def _private(subnet: Value) -> Condition:
    """Machines in it get no public address, and none of its routes leads to an internet gateway."""
    return ~subnet["mapPublicIpOnLaunch"].is_true() & subnet.named_in(_ASSOCIATION, "subnetId", by=_ID).every(
        lambda association: association.names(_TABLE, "routeTableId", by=_ID).every(lambda table: _private_table(table))
    )


_SUBNETS: Final = (Example("subnet"), Example("subnet", {"id": "subnet-0b"}))
_ROUTED: Final = (Example("association"), Example("route table"))
_PUBLIC_ROUTE: Final = {"natGatewayId": ABSENT, "gatewayId": "igw-0a"}
_FUTURE: Final = {"natGatewayId": ABSENT, "gatewayId": UNKNOWN}
_INTERFACE: Final = "networkInterfaces[0].associatePublicIpAddress"

PRIVATE_NODES = Rule(
    id="NODE-02",
    title="Machines are in private subnets and have no public address",
    why="A machine that the internet can reach is tried within minutes; behind it are the accelerators and every "
    "team's data.",
    fix="put node groups into subnets without a route to an internet gateway and without mapPublicIpOnLaunch; set "
    'associatePublicIpAddress "false"',
    level=Level.MANDATORY,
    related=(_SUBNET, _ASSOCIATION, _TABLE, _ROUTE, _GATEWAY),
    conditions={
        NODE_GROUP: resource.names(_SUBNET, "subnetIds", by=_ID).every(lambda subnet: _private(subnet)),
        TEMPLATE: resource["networkInterfaces"].every(
            lambda interface: ~interface["associatePublicIpAddress"].is_one_of(("true",))
        ),
    },
    frameworks={"CIS EKS": ("5.4.3",), "AWS Security Hub": ("EC2.15", "EC2.25")},
    peers=("CKV_AWS_88", "Prowler ec2_instance_public_ip"),
    differs="Subnets that were there before are not in the program, so they are not judged.",
    good=(
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route"))),
        Example("node group", beside=(Example("subnet", {"id": "subnet-0c", "mapPublicIpOnLaunch": True}),)),
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route", {"routeTableId": "rtb-0b"}))),
        Example(
            "node group",
            beside=(*_SUBNETS, *_ROUTED, Example("route", {**_PUBLIC_ROUTE, "routeTableId": "rtb-0b"})),
        ),
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route", {"gatewayId": "vgw-0a"}))),
        Example(
            "node group",
            beside=(*_SUBNETS, Example("association"), Example("route table", {"routes": [{"gatewayId": "vgw-0a"}]})),
        ),
        Example("node group", beside=(*_SUBNETS, Example("association"))),
        Example("launch template"),
        Example("launch template", {_INTERFACE: ABSENT}),
    ),
    bad=(
        Example("node group", beside=(Example("subnet", {"mapPublicIpOnLaunch": True}),)),
        Example(
            "node group", beside=(_SUBNETS[0], Example("subnet", {"id": "subnet-0b", "mapPublicIpOnLaunch": True}))
        ),
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route", _PUBLIC_ROUTE))),
        Example(
            "node group",
            beside=(
                *_SUBNETS,
                *_ROUTED,
                Example("route", {**_PUBLIC_ROUTE, "gatewayId": "the-one"}),
                Example("gateway", {"id": "the-one"}),
            ),
        ),
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route"), Example("route", _PUBLIC_ROUTE))),
        Example(
            "node group",
            beside=(
                *_SUBNETS,
                Example("association"),
                Example("route table", {"routes": [{"natGatewayId": "nat-0a"}, {"gatewayId": "igw-0a"}]}),
            ),
        ),
        Example(
            "node group",
            beside=(
                *_SUBNETS,
                *_ROUTED,
                Example("route", _FUTURE, sources={"gatewayId": ("gateway",)}),
                Example("gateway", {"id": UNKNOWN}),
            ),
        ),
        Example("launch template", {_INTERFACE: "true"}),
        Example("launch template", {"networkInterfaces[1]": {"associatePublicIpAddress": "true"}}),
    ),
    unknown=(
        Example("node group", beside=(*_SUBNETS, *_ROUTED, Example("route", _FUTURE))),
        Example("node group", {"subnetIds": UNKNOWN}, beside=(Example("subnet", {"mapPublicIpOnLaunch": True}),)),
        Example("launch template", {_INTERFACE: UNKNOWN}),
    ),
)


def _closed(source: Value) -> Condition:
    return all_of(
        source["cidrBlocks"].every(lambda cidr: ~cidr.equals("0.0.0.0/0")),
        source["ipv6CidrBlocks"].every(lambda cidr: ~cidr.equals("::/0")),
    )


_flow_logs: Final = resource.named_in(_FLOW_LOG, "vpcId", by=_ID)
_default_groups: Final = resource.named_in(_DEFAULT_GROUP, "vpcId", by=_ID)
_RECORDED: Final = (Example("flow log"), Example("default group"))

CLOSED_NETWORKS = Rule(
    id="NET-01",
    title="Networks record who talks to whom, their default group is empty, and nothing is open to everybody",
    why="What was attached to no group of its own gets the default one; and an intrusion can only be traced in records "
    "that were kept before it.",
    fix="add a FlowLog (trafficType ALL or REJECT) and a DefaultSecurityGroup without rules to the VPC; name networks "
    "or security groups in place of 0.0.0.0/0 and ::/0",
    level=Level.MANDATORY,
    related=(_FLOW_LOG, _DEFAULT_GROUP),
    conditions={
        _VPC: all_of(
            _flow_logs.some(lambda log: log["trafficType"].is_one_of(("ALL", "REJECT"))),
            _default_groups.some(lambda group: ~group["ingress"].is_filled() & ~group["egress"].is_filled()),
        ),
        _GROUP: resource["ingress"].every(_closed),
        _INGRESS: all_of(
            ~resource["cidrIpv4"].equals("0.0.0.0/0"),
            ~resource["cidrIpv6"].equals("::/0"),
        ),
        _RULE: resource["type"].equals("egress") | _closed(resource),
    },
    frameworks={"AWS Security Hub": ("EC2.2", "EC2.6", "EC2.18")},
    peers=("CKV2_AWS_11/12", "CKV_AWS_24"),
    good=(
        Example("vpc", beside=_RECORDED),
        Example("vpc", beside=(Example("flow log", {"trafficType": "REJECT"}), _RECORDED[1])),
        Example("vpc", beside=(_RECORDED[0], Example("default group", {"ingress": [], "egress": []}))),
        *(Example(base) for base in ("security group", "ingress rule", "group rule")),
        Example("security group", {"ingress[0].ipv6CidrBlocks": ["fd00::/8"]}),
        Example("ingress rule", {"cidrIpv4": ABSENT, "cidrIpv6": "fd00::/8"}),
        Example("ingress rule", {"cidrIpv4": ABSENT, "referencedSecurityGroupId": "sg-0b"}),
        Example("group rule", {"ipv6CidrBlocks": ["fd00::/8"]}),
        Example("group rule", {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]}),
    ),
    bad=(
        Example("vpc", beside=(_RECORDED[0],)),
        Example("vpc", beside=(_RECORDED[1],)),
        Example("vpc", {"id": "vpc-0b"}, beside=_RECORDED),
        *(
            Example("vpc", beside=(Example("flow log", {"trafficType": traffic}), _RECORDED[1]))
            for traffic in ("ACCEPT", ABSENT)
        ),
        *(
            Example("vpc", beside=(_RECORDED[0], Example("default group", {direction: [{"self": True}]})))
            for direction in ("ingress", "egress")
        ),
        *variants(
            "security group",
            ("ingress[0].cidrBlocks", ["10.0.0.0/8", "0.0.0.0/0"]),
            ("ingress[0].ipv6CidrBlocks", ["::/0"]),
            ("ingress[1]", {"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}),
        ),
        *variants("ingress rule", ("cidrIpv4", "0.0.0.0/0"), ("cidrIpv6", "::/0")),
        *variants("group rule", ("cidrBlocks", ["10.0.0.0/8", "0.0.0.0/0"]), ("ipv6CidrBlocks", ["fd00::/8", "::/0"])),
    ),
    unknown=(
        Example("vpc", {"id": UNKNOWN}, beside=_RECORDED),
        Example("vpc", beside=(Example("flow log", {"trafficType": UNKNOWN}), _RECORDED[1])),
        Example("security group", {"ingress": UNKNOWN}),
        Example("ingress rule", {"cidrIpv4": UNKNOWN}),
        Example("group rule", {"type": UNKNOWN, "cidrBlocks": ["0.0.0.0/0"]}),
    ),
)

RULES: Final = (PRIVATE_NODES, CLOSED_NETWORKS)
