"""VPC, subnets and gateways."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Problem, Update
from rehearsal.aws.services._ec2 import arn, described, on, tagged
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.kind import Check
    from rehearsal.aws.work import Work


def cidr(name: str, shortest: int = 0, longest: int = 32) -> Check:
    """A check that a property is an IPv4 block in its canonical form, of a size that AWS takes here."""

    top = name.split(".")[0]

    def check(inputs: Mapping[str, Any]) -> list[Problem]:
        block: Any = inputs
        for step in name.split("."):
            block = block.get(step) if isinstance(block, dict) else None
        if block is None or block is UNKNOWN:
            return []
        try:
            network = ipaddress.IPv4Network(block)
        except ValueError as error:
            return [Problem(top, f"InvalidParameterValue: {block!r} is not a valid IPv4 CIDR block: {error}")]
        if not shortest <= network.prefixlen <= longest:
            return [Problem(top, f"InvalidVpc.Range: The CIDR '{block}' is invalid: /{shortest} to /{longest}.")]
        return []

    return check


def _read_vpc(work: Work) -> dict[str, Any]:
    """The VPC with the parts that AWS makes for each."""
    vpc = work.call("ec2", "describe_vpcs", VpcIds=[work.id])["Vpcs"][0]
    own = [{"Name": "vpc-id", "Values": [work.id]}]
    main = [*own, {"Name": "association.main", "Values": ["true"]}]
    groups = work.call(
        "ec2", "describe_security_groups", Filters=[*own, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    lists = work.call("ec2", "describe_network_acls", Filters=[*own, {"Name": "default", "Values": ["true"]}])
    return {
        **vpc,
        "Tables": work.call("ec2", "describe_route_tables", Filters=main)["RouteTables"],
        "Groups": groups,
        "Lists": lists["NetworkAcls"],
    }


def _set_vpc_attribute(name: str, member: str) -> Update:
    step = on("modify_vpc_attribute", {"VpcId": "{id}", member: {"Value": f"{{{name}}}"}})
    return Update((name,), step, at_create=True)


VPC = Kind(
    "aws:ec2/vpc:Vpc",
    create=Call("ec2", "create_vpc", inputs=True, answer="Vpc"),
    read=_read_vpc,
    described=described("describe_vpcs", "VpcIds", "Vpcs[0]"),
    delete=on("delete_vpc", {"VpcId": "{id}"}),
    id="@VpcId",
    updates=(
        _set_vpc_attribute("enableDnsSupport", "EnableDnsSupport"),
        _set_vpc_attribute("enableDnsHostnames", "EnableDnsHostnames"),
        _set_vpc_attribute("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics"),
    ),
    replace=("cidrBlock",),
    outputs={
        "ownerId": "OwnerId",
        "cidrBlock": "CidrBlock",
        "instanceTenancy": "InstanceTenancy",
        "dhcpOptionsId": "DhcpOptionsId",
        "mainRouteTableId": "Tables[0].RouteTableId",
        "defaultRouteTableId": "Tables[0].RouteTableId",
        "defaultSecurityGroupId": "Groups[0].GroupId",
        "defaultNetworkAclId": "Lists[0].NetworkAclId",
    },
    forms={"arn": arn("vpc"), "ownerId": "{account}"},
    tagging=tagged("vpc"),
    checks=(cidr("cidrBlock", 16, 28),),
)


def _set_subnet_attribute(name: str, member: str) -> Update:
    step = on("modify_subnet_attribute", {"SubnetId": "{id}", member: {"Value": f"{{{name}}}"}})
    return Update((name,), step, at_create=True)


SUBNET = Kind(
    "aws:ec2/subnet:Subnet",
    create=Call("ec2", "create_subnet", inputs=True, answer="Subnet"),
    read=described("describe_subnets", "SubnetIds", "Subnets[0]"),
    delete=on("delete_subnet", {"SubnetId": "{id}"}),
    id="@SubnetId",
    updates=(
        _set_subnet_attribute("mapPublicIpOnLaunch", "MapPublicIpOnLaunch"),
        _set_subnet_attribute("assignIpv6AddressOnCreation", "AssignIpv6AddressOnCreation"),
        Update(
            ("privateDnsHostnameTypeOnLaunch",),
            on(
                "modify_subnet_attribute",
                {"SubnetId": "{id}", "PrivateDnsHostnameTypeOnLaunch": "{privateDnsHostnameTypeOnLaunch}"},
            ),
            at_create=True,
        ),
    ),
    replace=("vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native"),
    outputs={
        "arn": "SubnetArn",
        "ownerId": "OwnerId",
        "availabilityZone": "AvailabilityZone",
        "availabilityZoneId": "AvailabilityZoneId",
    },
    forms={"arn": arn("subnet")},
    tagging=tagged("subnet"),
    references={"vpcId": "vpc"},
    checks=(cidr("cidrBlock", 16, 28),),
)


def _attach(work: Work) -> None:
    if work.old.get("vpcId"):
        work.call("ec2", "detach_internet_gateway", InternetGatewayId=work.id, VpcId=work.old["vpcId"])
    if work.inputs.get("vpcId"):
        work.call("ec2", "attach_internet_gateway", InternetGatewayId=work.id, VpcId=work.inputs["vpcId"])


def _delete_gateway(work: Work) -> None:
    gateway = work.call("ec2", "describe_internet_gateways", InternetGatewayIds=[work.id])["InternetGateways"][0]
    for attachment in gateway["Attachments"]:
        work.call("ec2", "detach_internet_gateway", InternetGatewayId=work.id, VpcId=attachment["VpcId"])
    work.call("ec2", "delete_internet_gateway", InternetGatewayId=work.id)


INTERNET_GATEWAY = Kind(
    "aws:ec2/internetGateway:InternetGateway",
    create=Call("ec2", "create_internet_gateway", inputs=True, answer="InternetGateway"),
    read=described("describe_internet_gateways", "InternetGatewayIds", "InternetGateways[0]"),
    delete=_delete_gateway,
    id="@InternetGatewayId",
    updates=(Update(("vpcId",), _attach, at_create=True),),
    outputs={"ownerId": "OwnerId"},
    forms={"arn": arn("internet-gateway"), "ownerId": "{account}"},
    tagging=tagged("internet-gateway"),
    references={"vpcId": "vpc"},
)

EIP = Kind(
    "aws:ec2/eip:Eip",
    create=Call("ec2", "allocate_address", inputs=True),
    read=described("describe_addresses", "AllocationIds", "Addresses[0]"),
    delete=on("release_address", {"AllocationId": "{id}"}),
    id="@AllocationId",
    replace=("domain", "publicIpv4Pool", "networkBorderGroup"),
    outputs={
        "allocationId": "AllocationId",
        "publicIp": "PublicIp",
        "associationId": "AssociationId",
        "privateIp": "PrivateIpAddress",
        "networkInterface": "NetworkInterfaceId",
    },
    forms={
        "arn": arn("elastic-ip"),
        "publicDns": "ec2-{publicIp}.{region}.compute.amazonaws.com",
    },
    tagging=tagged("elastic-ip"),
)

NAT_GATEWAY = Kind(
    "aws:ec2/natGateway:NatGateway",
    create=Call("ec2", "create_nat_gateway", inputs=True, answer="NatGateway"),
    read=described("describe_nat_gateways", "NatGatewayIds", "NatGateways[?State!='deleted'] | [0]"),
    delete=on("delete_nat_gateway", {"NatGatewayId": "{id}"}),
    id="@NatGatewayId",
    replace=("allocationId", "subnetId", "connectivityType", "privateIp", "vpcId"),
    outputs={
        "connectivityType": "ConnectivityType",
        "publicIp": "NatGatewayAddresses[0].PublicIp",
        "privateIp": "NatGatewayAddresses[0].PrivateIp",
        "networkInterfaceId": "NatGatewayAddresses[0].NetworkInterfaceId",
        "associationId": "NatGatewayAddresses[0].AssociationId",
    },
    tagging=tagged("natgateway"),
    references={"subnetId": "subnet"},
)


KINDS = (VPC, SUBNET, INTERNET_GATEWAY, EIP, NAT_GATEWAY)
