"""What docs/aws.md counts is what the stack is made of."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.program.recording import ROOT, recorded

PAGE: Final = (ROOT / "docs" / "aws.md").read_text()


def row(title: str) -> tuple[str, str, str]:
    """Number, price and month of the row of the table that begins so."""
    found = re.search(rf"^\| {re.escape(title)}[^|]*\|([^|]+)\|([^|]*)\|([^|]*)\|", PAGE, re.MULTILINE)
    assert found, title
    return found[1].strip(), found[2].strip(), found[3].strip()


@pytest.fixture(scope="module")
def resources() -> Counter[str]:
    """How many resources of each type `prod` has."""
    return Counter(
        each.type for each in recorded(Path(ROOT / "stacks" / "Pulumi.prod.yaml"), preview=True).resources.values()
    )


@pytest.mark.parametrize(
    ("title", "type_"),
    [
        ("EKS control plane", "aws:eks/cluster:Cluster"),
        ("NAT gateways", "aws:ec2/natGateway:NatGateway"),
        ("keys of KMS", "aws:kms/key:Key"),
        ("Aurora", "aws:rds/clusterInstance:ClusterInstance"),
    ],
)
def test_there_are_as_many_as_the_page_says(resources: Counter[str], title: str, type_: str) -> None:
    assert row(title)[0] == str(resources[type_])


def test_interface_endpoints_are_all_but_the_one_of_s3_which_costs_nothing(resources: Counter[str]) -> None:
    assert row("interface endpoints")[0] == f"{resources['aws:ec2/vpcEndpoint:VpcEndpoint'] - 1} in 3 zones"


@pytest.mark.parametrize("title", ["EKS control plane", "NAT gateways", "interface endpoints", "keys of KMS"])
def test_a_month_is_the_number_times_the_price(title: str) -> None:
    number, price, month = row(title)
    units = 1
    for factor in re.findall(r"\d+", number):
        units *= int(factor)
    hours = 730 if "hour" in price else 1
    assert round(units * float(price.split()[0]) * hours) == int(month)
