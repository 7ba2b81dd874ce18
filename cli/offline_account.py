"""What an AWS account would answer a program that asks before it creates anything: so much that it runs to its end."""

from __future__ import annotations

from typing import Any, Final

ACCOUNT: Final = "123456789012"
"""One of the numbers that AWS's own examples use."""
_ZONES: Final = "abcdef"


def answer(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The answer of an account whose every region has six zones with every machine, and whose VPCs have every subnet.

    LookupError for other questions.
    """
    zones = [f"{arguments.get('region')}{letter}" for letter in _ZONES]
    match function.rpartition(":")[2]:
        case "getCallerIdentity":
            return {"accountId": ACCOUNT}
        case "getPartition":
            return {"partition": "aws"}
        case "getAvailabilityZones":
            return {"names": zones}
        case "getPrefixList":
            return {"cidrBlocks": ["192.0.2.0/24", "198.51.100.0/24"]}  # RFC 5737
        case "getSubnets":
            return {"ids": next(each["values"] for each in arguments["filters"] if each["name"] == "subnet-id")}
        case "getInstanceTypeOfferings":
            asked = next(each["values"] for each in arguments["filters"] if each["name"] == "instance-type")
            offers = [(machine, zone) for machine in asked for zone in zones]
            return {"instanceTypes": [machine for machine, _ in offers], "locations": [zone for _, zone in offers]}
        case _:
            raise LookupError(f"{function}: what it answers offline is not known; add it to cli/offline_account.py")
