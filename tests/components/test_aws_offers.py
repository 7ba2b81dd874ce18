"""What AWS does not offer is told before anything is created."""

from __future__ import annotations

import pulumi
import pytest

from tests.components import cloud
from tests.components.aws_platform import cluster


def test_a_machine_that_the_region_lacks_is_told_before_anything_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cloud.NOT_OFFERED, "p5.48xlarge", set(cloud.ZONES))
    monkeypatch.setitem(cloud.NOT_OFFERED, "m7i.2xlarge", set(cloud.ZONES[1:]))
    created: list[str] = []
    with pytest.raises(pulumi.RunError) as told:
        created.extend(each.type for each in cluster(network={"zone_names": cloud.ZONES[1:], "zones": 2}).registrations)
    assert str(told.value).splitlines() == [
        "mlplatform:cluster.system_nodes.instance_types[0]: is not offered in the zones eu-north-1b, eu-north-1c, "
        'got "m7i.2xlarge"; it is in eu-north-1a',
        "mlplatform:cluster.general_nodes.instance_types[0]: is not offered in the zones eu-north-1b, eu-north-1c, "
        'got "m7i.2xlarge"; it is in eu-north-1a',
        "mlplatform:capacity.pools[0].aws.instance_types[0]: is not offered in the zones eu-north-1b, eu-north-1c, "
        'got "p5.48xlarge"; choose another type or another region',
        'mlplatform:capacity.pools[0].aws.zones[0]: has none of the machines, got "eu-north-1a"; '
        "they are in no zone of the region",
    ]
    assert not created


def test_more_zones_than_the_region_has_are_told() -> None:
    with pytest.raises(pulumi.RunError, match=r"cluster.network.zones: is more than eu-north-1 has, got 4; at most 3"):
        cluster(network={"zones": 4})


def test_a_subnet_that_the_vpc_lacks_is_told_before_anything_is_created() -> None:
    vpc, other = "vpc-0123456789abcdef0", "subnet-0123456789abcdef9"
    created: list[str] = []
    network = {"kind": "existing", "vpc_id": vpc, "private_subnet_ids": [cloud.SUBNETS[0], other]}
    with pytest.raises(pulumi.RunError) as told:
        created.extend(each.type for each in cluster(network=network).registrations)
    assert str(told.value) == (
        f"mlplatform:cluster.network.private_subnet_ids[1]: is no subnet of {vpc} in eu-north-1, "
        f'got "{other}"; name subnets of a VPC that the account has there'
    )
    assert not created
