"""What there is where, asked of AWS before anything is created: zones, machines in them, a VPC's subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from pulumi_aws import ec2

from components.specs.network import ExistingNetworkSpec, NewNetworkSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.aws.place import AwsAccount
    from components.specs.capacity import Pool
    from components.specs.cluster import EksClusterSpec

Offers = dict[str, set[str]]
"""The zones of the region that have each type of machine."""


def zones(spec: EksClusterSpec, account: AwsAccount, parent: pulumi.Resource) -> list[str]:
    """The zones of a network of the cluster's own; none where the network was there before.

    Raises pulumi.RunError where the region has fewer than asked for.
    """
    network = spec.network
    if not isinstance(network, NewNetworkSpec) or network.zone_names:
        return list(network.zone_names) if isinstance(network, NewNetworkSpec) else []
    # Zones to opt into are such as Local Zones, which have no EKS control plane.
    ordinary = aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
    asking = pulumi.InvokeOptions(parent=parent, provider=account.provider)
    found = aws.get_availability_zones(filters=[ordinary], region=spec.region, state="available", opts=asking).names
    if len(found) < network.zones:
        raise pulumi.RunError(
            f"mlplatform:cluster.network.zones: is more than {spec.region} has, got {network.zones}; "
            f"at most {len(found)}, or another region"
        )
    return sorted(found)[: network.zones]


def check_network(spec: EksClusterSpec, account: AwsAccount, parent: pulumi.Resource) -> None:
    """Raises pulumi.RunError for every subnet that the VPC named does not have."""
    network = spec.network
    if not isinstance(network, ExistingNetworkSpec):
        return
    asked = {"vpc-id": [network.vpc_id], "subnet-id": list(network.private_subnet_ids)}
    found = ec2.get_subnets(
        filters=[ec2.GetSubnetsFilterArgs(name=name, values=values) for name, values in asked.items()],
        region=spec.region,
        opts=pulumi.InvokeOptions(parent=parent, provider=account.provider),
    ).ids
    mistakes = [
        f"mlplatform:cluster.network.private_subnet_ids[{i}]: is no subnet of {network.vpc_id} in {spec.region}, "
        f'got "{subnet}"; name subnets of a VPC that the account has there'
        for i, subnet in enumerate(network.private_subnet_ids)
        if subnet not in found
    ]
    if mistakes:
        raise pulumi.RunError("\n".join(mistakes))


def check(
    spec: EksClusterSpec, pools: Sequence[Pool], chosen: Sequence[str], account: AwsAccount, parent: pulumi.Resource
) -> None:
    """Raises pulumi.RunError for every machine that AWS does not offer in the zones chosen (none: in the region)."""
    bought = {i: pool.aws for i, pool in enumerate(pools) if pool.aws}
    sections: dict[str, Sequence[str]] = {
        "cluster.system_nodes": spec.system_nodes.instance_types,
        "cluster.general_nodes": spec.general_nodes.instance_types,
        **{f"capacity.pools[{i}].aws": machines.instance_types for i, machines in bought.items()},
    }
    wanted = {name for names in sections.values() for name in names}
    offers = _offers(wanted, spec.region, account, parent)
    where = f"the zones {', '.join(chosen)}" if chosen else spec.region
    mistakes = [*_nowhere(sections, offers, set(chosen), where)]
    for i, machines in bought.items():
        for j, zone in enumerate(machines.zones):
            found = sorted(set().union(*(offers[name] for name in machines.instance_types)))
            if zone not in found:
                remedy = f"they are in {', '.join(found) or 'no zone of the region'}"
                mistakes.append(
                    f'mlplatform:capacity.pools[{i}].aws.zones[{j}]: has none of the machines, got "{zone}"; {remedy}'
                )
    if mistakes:
        raise pulumi.RunError("\n".join(mistakes))


def _nowhere(sections: Mapping[str, Sequence[str]], offers: Offers, chosen: set[str], where: str) -> Iterator[str]:
    for section, names in sections.items():
        for i, name in enumerate(names):
            if not (offers[name] & chosen if chosen else offers[name]):
                elsewhere = ", ".join(sorted(offers[name]))
                remedy = f"it is in {elsewhere}" if elsewhere else "choose another type or another region"
                yield f'mlplatform:{section}.instance_types[{i}]: is not offered in {where}, got "{name}"; {remedy}'


def _offers(names: set[str], region: str, account: AwsAccount, parent: pulumi.Resource) -> Offers:
    these = ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=sorted(names))
    found = ec2.get_instance_type_offerings(
        filters=[these],
        location_type="availability-zone",
        region=region,
        opts=pulumi.InvokeOptions(parent=parent, provider=account.provider),
    )
    offers: Offers = {name: set() for name in names}
    for name, zone in zip(found.instance_types, found.locations, strict=True):
        offers[name].add(zone)
    return offers
