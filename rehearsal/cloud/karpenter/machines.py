"""The machine types that Karpenter may start, as its KWOK build reads them: what AWS says of them, and where it has
them."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rehearsal.aws.account import Account
    from rehearsal.kube import Json

_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
_PRICES: Final = {"on-demand": 1.0, "spot": 0.5}
"""Dollars for a vCPU and hour: of no account, but Karpenter compares them, and spot is the cheaper one."""


def machine_types(account: Account, names: Sequence[str]) -> str:
    """The file's text for the machines of these names, with every zone of the region that has them."""
    described = account.call("ec2", "describe_instance_types", {"InstanceTypes": list(names)})["InstanceTypes"]
    these = {"Name": "instance-type", "Values": list(names)}
    offered = account.call(
        "ec2", "describe_instance_type_offerings", {"LocationType": "availability-zone", "Filters": [these]}
    )
    zones: defaultdict[str, list[str]] = defaultdict(list)
    for each in offered["InstanceTypeOfferings"]:
        zones[each["InstanceType"]].append(each["Location"])
    return json.dumps([_machine(each, sorted(zones[each["InstanceType"]])) for each in described], sort_keys=True)


def _machine(described: Mapping[str, Any], zones: Iterable[str]) -> Json:
    cpus = described["VCpuInfo"]["DefaultVCpus"]
    gpus = sum(each["Count"] for each in described.get("GpuInfo", {}).get("Gpus", []))
    adapters = described["NetworkInfo"].get("EfaInfo", {}).get("MaximumEfaInterfaces", 0)
    resources = {
        "cpu": str(cpus),
        "memory": f"{described['MemoryInfo']['SizeInMiB']}Mi",
        "ephemeral-storage": "1Ti",
        "pods": "110",
        **({"nvidia.com/gpu": str(gpus)} if gpus else {}),
        **({"vpc.amazonaws.com/efa": str(adapters)} if adapters else {}),
    }
    (architecture,) = (_ARCHITECTURES[each] for each in described["ProcessorInfo"]["SupportedArchitectures"][-1:])
    return {
        "name": described["InstanceType"],
        "architecture": architecture,
        "operatingSystems": ["linux"],
        "offerings": [_offering(zone, kind, cpus * price) for zone in zones for kind, price in _PRICES.items()],
        "resources": resources,
    }


def _offering(zone: str, kind: str, price: float) -> Json:
    where = {"topology.kubernetes.io/zone": zone, "karpenter.sh/capacity-type": kind}
    requirements = [{"key": key, "operator": "In", "values": [value]} for key, value in where.items()]
    return {"Price": price, "Available": True, "Requirements": requirements}
