"""The functions of pulumi-aws answer what its classes can hold."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.aws.account import ACCOUNT_ID
from rehearsal.aws.invokes import FUNCTIONS
from tests.aws.engine import REGION, Engine, RefusedError

if TYPE_CHECKING:
    from tests.aws.conftest import World

STATEMENT = {
    "actions": ["s3:GetObject"],
    "resources": ["*"],
    "conditions": [{"test": "Bool", "variable": "aws:a:b", "values": ["true"]}],
}
ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("index/getCallerIdentity", {}, {"accountId": ACCOUNT_ID}),
    ("index/getRegion", {}, {"region": REGION, "endpoint": "ec2.eu-west-1.amazonaws.com"}),
    ("index/getPartition", {}, {"partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}),
    (
        "index/getAvailabilityZones",
        {"state": "available", "excludeNames": ["eu-west-1c"]},
        {"names": ["eu-west-1a", "eu-west-1b"], "zoneIds": ["euw1-az3", "euw1-az1"]},
    ),
    ("ec2/getVpc", {"id": "$vpc"}, {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "default": False}),
    ("ec2/getSubnet", {"id": "$subnet"}, {"cidrBlock": "10.0.250.0/24", "availabilityZone": "eu-west-1a"}),
    (
        "ec2/getSubnets",
        {
            "filters": [
                {"name": "subnet-id", "values": ["$subnet", "$subnet-b"]},
                {"name": "vpc-id", "values": ["$vpc"]},
            ]
        },
        {},
    ),
    (
        "ec2/getPrefixList",
        {"name": "com.amazonaws.eu-west-1.s3"},
        {"cidrBlocks": ["3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"]},
    ),
    (
        "ec2/getInstanceType",
        {"instanceType": "p5.48xlarge"},
        {
            "defaultVcpus": 192,
            "efaSupported": True,
            "gpuses": [{"count": 8, "manufacturer": "NVIDIA", "memorySize": 81920, "name": "H100"}],
        },
    ),
    (
        "ec2/getInstanceTypeOfferings",
        {"locationType": "availability-zone", "filters": [{"name": "instance-type", "values": ["m6i.large"]}]},
        {},
    ),
    ("eks/getAddonVersion", {"addonName": "vpc-cni", "kubernetesVersion": "1.34"}, {"version": "v1.20.4-eksbuild.1"}),
    ("ssm/getParameter", {"name": "$parameter"}, {"value": "plain", "type": "String", "insecureValue": "plain"}),
    ("iam/getPolicyDocument", {"statements": [STATEMENT]}, {}),
]


def token(name: str) -> str:
    """``ec2/getVpc`` as Pulumi's name."""
    return f"aws:{name}:{name.split('/')[1]}"


def test_every_function_is_asked() -> None:
    assert {token(name) for name, _, _ in ASKED} == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "arguments", "expected"), ASKED, ids=[name for name, _, _ in ASKED])
def test_a_function_answers_what_its_class_can_hold(
    engine: Engine, world: World, name: str, arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = engine.invoke(token(name), world.fill(arguments))
    assert expected.items() <= answer.items()
    service, function = name.split("/")
    package = import_module("pulumi_aws" if service == "index" else f"pulumi_aws.{service}")
    result = getattr(package, f"{function[:1].upper()}{function[1:]}Result")
    known = {
        getattr(value.fget, "_pulumi_name", None) or key
        for key, value in vars(result).items()
        if isinstance(value, property)
    }
    assert set(answer) <= known


def test_subnets_are_found_by_their_vpc(engine: Engine, world: World) -> None:
    ids = [world.make("subnet").id, world.make("subnet-b").id]
    vpc = world.make("vpc").id
    answer = engine.invoke(token("ec2/getSubnets"), {"filters": [{"name": "vpc-id", "values": [vpc]}]})
    assert set(ids) <= set(answer["ids"])


def test_an_instance_type_is_offered_in_some_zones_only(engine: Engine) -> None:
    asked = {"locationType": "availability-zone", "filters": [{"name": "instance-type", "values": ["m6i.large"]}]}
    answer = engine.invoke(token("ec2/getInstanceTypeOfferings"), asked)
    assert set(answer["locations"]) == {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
    assert set(answer["instanceTypes"]) == {"m6i.large"}


def test_a_policy_document_is_written(engine: Engine) -> None:
    answer = engine.invoke(token("iam/getPolicyDocument"), {"statements": [STATEMENT]})
    assert json.loads(answer["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "*",
                "Condition": {"Bool": {"aws:a:b": "true"}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("ec2/getVpc", {"id": "vpc-0123456789abcdef0"}, r"^InvalidVpcID.NotFound: "),
        ("ec2/getVpc", {"tags": {"a": "nobody"}}, r"^InvalidQuery: no matching EC2 VPC found"),
        ("ec2/getInstanceType", {"instanceType": "p99.huge"}, r"^InvalidInstanceType: "),
        ("eks/getAddonVersion", {"addonName": "vpn-cni"}, r"^InvalidParameterException: Addon vpn-cni "),
        ("ssm/getParameter", {"name": "/nothing"}, r"^ParameterNotFound: "),
        ("ec2/getAmi", {}, r"aws:ec2/getAmi:getAmi: the AWS stand-in does not know this function"),
    ],
)
def test_what_is_not_there_is_refused_as_aws_does(
    engine: Engine, name: str, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError, match=reason):
        engine.invoke(token(name), arguments)
