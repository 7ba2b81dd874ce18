"""VPCs and subnets that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jmespath

from rehearsal.aws.account import ACCOUNT_ID, PARTITION
from rehearsal.aws.functions._arguments import by, filters_of, region_of, single, tags_of

if TYPE_CHECKING:
    from rehearsal.aws.account import Account
    from rehearsal.aws.functions._arguments import Arguments

_BLOCKS = (
    "CidrBlockAssociationSet[]"
    ".{associationId: AssociationId, cidrBlock: CidrBlock, state: CidrBlockState.State} || `[]`"
)


def vpc(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getVpc``."""
    region = region_of(account, arguments)
    there = single(_asked(account, arguments, "vpc", region), "EC2 VPC")
    own = by("vpc-id", [there["VpcId"]])
    tables = account.call("ec2", "describe_route_tables", {"Filters": [own, by("association.main", ["true"])]}, region)
    dns = {
        f"{name[:1].lower()}{name[1:]}": account.call(
            "ec2",
            "describe_vpc_attribute",
            {"VpcId": there["VpcId"], "Attribute": f"{name[:1].lower()}{name[1:]}"},
            region,
        )[name]["Value"]
        for name in ("EnableDnsHostnames", "EnableDnsSupport")
    }
    return {
        "id": there["VpcId"],
        "arn": f"arn:{PARTITION}:ec2:{region}:{ACCOUNT_ID}:vpc/{there['VpcId']}",
        "cidrBlock": there["CidrBlock"],
        "cidrBlockAssociations": jmespath.search(_BLOCKS, there),
        "default": there.get("IsDefault", False),
        "dhcpOptionsId": there.get("DhcpOptionsId", ""),
        "instanceTenancy": there.get("InstanceTenancy", "default"),
        "mainRouteTableId": tables["RouteTables"][0]["RouteTableId"],
        "ownerId": there.get("OwnerId", ACCOUNT_ID),
        "region": region,
        "state": there["State"],
        "tags": tags_of(there),
        **dns,
    }


def subnets(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getSubnets``."""
    region = region_of(account, arguments)
    found = _asked(account, arguments, "subnet", region)
    return {"id": region, "ids": sorted(subnet["SubnetId"] for subnet in found), "region": region}


def subnet(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getSubnet``."""
    region = region_of(account, arguments)
    there = single(_asked(account, arguments, "subnet", region), "EC2 Subnet")
    return {
        "id": there["SubnetId"],
        "arn": there["SubnetArn"],
        "availabilityZone": there["AvailabilityZone"],
        "availabilityZoneId": there.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": there["AvailableIpAddressCount"],
        "cidrBlock": there["CidrBlock"],
        "mapPublicIpOnLaunch": there["MapPublicIpOnLaunch"],
        "ownerId": there["OwnerId"],
        "region": region,
        "state": there["State"],
        "tags": tags_of(there),
        "vpcId": there["VpcId"],
    }


def prefix_list(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getPrefixList``: the addresses of a service that VPCs reach through a gateway endpoint."""
    region = region_of(account, arguments)
    filters = filters_of(arguments, {"name": "prefix-list-name", "prefixListId": "prefix-list-id"})
    found = account.call("ec2", "describe_managed_prefix_lists", {"Filters": filters} if filters else {}, region)
    there = single(found["PrefixLists"], "EC2 Prefix List")
    asked = {"PrefixListId": there["PrefixListId"]}
    entries = account.call("ec2", "get_managed_prefix_list_entries", asked, region)["Entries"]
    return {
        "id": there["PrefixListId"],
        "name": there["PrefixListName"],
        "cidrBlocks": sorted(entry["Cidr"] for entry in entries),
        "region": region,
    }


_ASKED = {
    "vpc": ("describe_vpcs", "VpcIds", "Vpcs", {"cidrBlock": "cidr", "default": "isDefault"}),
    "subnet": (
        "describe_subnets",
        "SubnetIds",
        "Subnets",
        {"vpcId": "vpc-id", "availabilityZone": "availabilityZone", "cidrBlock": "cidrBlock"},
    ),
}


def _asked(account: Account, arguments: Arguments, kind: str, region: str) -> list[dict[str, Any]]:
    operation, ids, answer, names = _ASKED[kind]
    parameters: dict[str, Any] = {ids: [arguments["id"]]} if arguments.get("id") else {}
    filters = filters_of(arguments, names)
    if filters:
        parameters["Filters"] = filters
    found: list[dict[str, Any]] = account.call("ec2", operation, parameters, region)[answer]
    return found
