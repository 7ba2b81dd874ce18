"""Who and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.account import DNS_SUFFIX, PARTITION
from rehearsal.aws.functions._arguments import filters_of, region_of

if TYPE_CHECKING:
    from rehearsal.aws.account import Account
    from rehearsal.aws.functions._arguments import Arguments


def caller_identity(account: Account, _: Arguments) -> dict[str, Any]:
    """``getCallerIdentity``."""
    who = account.call("sts", "get_caller_identity", {})
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def region(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getRegion``."""
    name = region_of(account, arguments)
    there = account.call("ec2", "describe_regions", {"RegionNames": [name]})["Regions"][0]
    return {"id": name, "region": name, "name": name, "description": name, "endpoint": there["Endpoint"]}


def partition(_account: Account, _arguments: Arguments) -> dict[str, Any]:
    """``getPartition``."""
    reverse = ".".join(reversed(DNS_SUFFIX.split(".")))
    return {"id": PARTITION, "partition": PARTITION, "dnsSuffix": DNS_SUFFIX, "reverseDnsPrefix": reverse}


def zones(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getAvailabilityZones``."""
    name = region_of(account, arguments)
    filters = filters_of(arguments)
    found = account.call("ec2", "describe_availability_zones", {"Filters": filters} if filters else {}, name)
    kept = [
        zone
        for zone in sorted(found["AvailabilityZones"], key=lambda zone: str(zone["ZoneName"]))
        if zone["State"] == arguments.get("state", zone["State"])
        and zone["ZoneName"] not in arguments.get("excludeNames", ())
        and zone["ZoneId"] not in arguments.get("excludeZoneIds", ())
    ]
    return {
        "id": name,
        "names": [zone["ZoneName"] for zone in kept],
        "zoneIds": [zone["ZoneId"] for zone in kept],
        "groupNames": sorted({zone.get("GroupName", name) for zone in kept}),
        "region": name,
    }
