"""The functions of pulumi-aws that read: who and where one is, and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jmespath

from rehearsal.aws.account import ACCOUNT_ID, DNS_SUFFIX, PARTITION, Account
from rehearsal.aws.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Arguments = "Mapping[str, Any]"


def invoke(account: Account, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the function answers, its arguments included. Raises AwsError as AWS does."""
    function = _FUNCTIONS.get(token)
    if function is None:
        raise AwsError("NotKnown", f"{token}: the AWS stand-in does not know this function")
    given = {key: value for key, value in arguments.items() if value is not None}
    return {**given, **function(account, given)}


def _region(account: Account, arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("region") or account.region)


def _caller_identity(account: Account, _: Mapping[str, Any]) -> dict[str, Any]:
    who = account.call("sts", "get_caller_identity", {})
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def _where(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    there = account.call("ec2", "describe_regions", {"RegionNames": [region]})["Regions"][0]
    return {"id": region, "region": region, "name": region, "description": region, "endpoint": there["Endpoint"]}


def _partition(_account: Account, _arguments: Mapping[str, Any]) -> dict[str, Any]:
    reverse = ".".join(reversed(DNS_SUFFIX.split(".")))
    return {"id": PARTITION, "partition": PARTITION, "dnsSuffix": DNS_SUFFIX, "reverseDnsPrefix": reverse}


def _zones(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    parameters = {"Filters": _filters(arguments)} if arguments.get("filters") else {}
    found = account.call("ec2", "describe_availability_zones", parameters, region)["AvailabilityZones"]
    zones = sorted(
        (
            zone
            for zone in found
            if zone["State"] == arguments.get("state", zone["State"])
            and zone["ZoneName"] not in arguments.get("excludeNames", ())
            and zone["ZoneId"] not in arguments.get("excludeZoneIds", ())
        ),
        key=lambda zone: str(zone["ZoneName"]),
    )
    return {
        "id": region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", region) for zone in zones}),
        "region": region,
    }


def _vpc(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    parameters: dict[str, Any] = {"VpcIds": [arguments["id"]]} if arguments.get("id") else {}
    filters = [*_filters(arguments), *_plain_filters(arguments, {"cidrBlock": "cidr", "default": "isDefault"})]
    if filters:
        parameters["Filters"] = filters
    vpc = _single(account.call("ec2", "describe_vpcs", parameters, region)["Vpcs"], "EC2 VPC")
    tables = account.call("ec2", "describe_route_tables", {"Filters": [_filter("vpc-id", [vpc["VpcId"]])]}, region)
    main = jmespath.search("RouteTables[?Associations[?Main]].RouteTableId | [0]", tables)
    ask = {"VpcId": vpc["VpcId"]}
    dns = {
        name: account.call("ec2", "describe_vpc_attribute", {**ask, "Attribute": name}, region)[member]["Value"]
        for name, member in (("enableDnsHostnames", "EnableDnsHostnames"), ("enableDnsSupport", "EnableDnsSupport"))
    }
    return {
        "id": vpc["VpcId"],
        "arn": f"arn:{PARTITION}:ec2:{region}:{ACCOUNT_ID}:vpc/{vpc['VpcId']}",
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": jmespath.search(
            "CidrBlockAssociationSet[]"
            ".{associationId: AssociationId, cidrBlock: CidrBlock, state: CidrBlockState.State}",
            vpc,
        ),
        "default": vpc.get("IsDefault", False),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "mainRouteTableId": main or "",
        "ownerId": vpc.get("OwnerId", ACCOUNT_ID),
        "region": region,
        "state": vpc["State"],
        "tags": {tag["Key"]: tag["Value"] for tag in vpc.get("Tags", [])},
        **dns,
    }


def _subnets(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    filters = _filters(arguments)
    found = account.call("ec2", "describe_subnets", {"Filters": filters} if filters else {}, region)["Subnets"]
    return {"id": region, "ids": sorted(subnet["SubnetId"] for subnet in found), "region": region}


def _subnet(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    parameters: dict[str, Any] = {"SubnetIds": [arguments["id"]]} if arguments.get("id") else {}
    filters = [
        *_filters(arguments),
        *_plain_filters(arguments, {"vpcId": "vpc-id", "availabilityZone": "availabilityZone"}),
    ]
    if filters:
        parameters["Filters"] = filters
    subnet = _single(account.call("ec2", "describe_subnets", parameters, region)["Subnets"], "EC2 Subnet")
    return {
        "id": subnet["SubnetId"],
        "arn": subnet["SubnetArn"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": subnet["AvailableIpAddressCount"],
        "cidrBlock": subnet["CidrBlock"],
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "ownerId": subnet["OwnerId"],
        "region": region,
        "state": subnet["State"],
        "tags": {tag["Key"]: tag["Value"] for tag in subnet.get("Tags", [])},
        "vpcId": subnet["VpcId"],
    }


def _offerings(account: Account, arguments: Mapping[str, Any]) -> dict[str, Any]:
    region = _region(account, arguments)
    parameters: dict[str, Any] = {"Filters": _filters(arguments)} if arguments.get("filters") else {}
    if arguments.get("locationType"):
        parameters["LocationType"] = arguments["locationType"]
    found = account.call("ec2", "describe_instance_type_offerings", parameters, region)["InstanceTypeOfferings"]
    return {
        "id": region,
        "instanceTypes": [offer["InstanceType"] for offer in found],
        "locationTypes": [offer["LocationType"] for offer in found],
        "locations": [offer["Location"] for offer in found],
        "region": region,
    }


def _single(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    problem = "no matching" if not found else "multiple"
    raise AwsError("InvalidQuery", f"{problem} {what} found; use different search criteria")


def _filters(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = [_filter(each["name"], each["values"]) for each in arguments.get("filters") or []]
    return given + [_filter(f"tag:{key}", [value]) for key, value in (arguments.get("tags") or {}).items()]


def _plain_filters(arguments: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        _filter(name, [str(arguments[key]).lower() if isinstance(arguments[key], bool) else arguments[key]])
        for key, name in names.items()
        if arguments.get(key) is not None
    ]


def _filter(name: str, values: list[Any]) -> dict[str, Any]:
    return {"Name": name, "Values": values}


_FUNCTIONS: Final[dict[str, Callable[[Account, Mapping[str, Any]], dict[str, Any]]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _where,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": _offerings,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSubnet:getSubnet": _subnet,
}
