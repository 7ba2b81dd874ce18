"""The network on AWS: nodes out of the internet's reach, a way to every service that they need, everything logged."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.aws_platform import cluster, statements
from tests.components.cloud import ZONES

if TYPE_CHECKING:
    from tests.components.recorded import Recording, Registration

ENOUGH = ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sqs", "ssm", "sts"]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return cluster()


def subnets(recording: Recording, kind: str) -> list[Registration]:
    found = recording.of_type("ec2/subnet:Subnet")
    return [found[name] for name in sorted(found) if f"-{kind}-" in name]


def out(recording: Recording, kind: str) -> list[dict[str, Any]]:
    found = recording.of_type("ec2/route:Route")
    return [found[name].inputs for name in sorted(found) if f"-{kind}-" in name]


def test_every_zone_has_a_private_subnet_and_no_machine_gets_a_public_address(recording: Recording) -> None:
    private = subnets(recording, "private")
    assert [each.inputs["availabilityZone"] for each in private] == ZONES
    every = recording.of_type("ec2/subnet:Subnet").values()
    assert {each.inputs["mapPublicIpOnLaunch"] for each in every} == {False}


def test_subnets_do_not_overlap_and_lie_in_the_vpc(recording: Recording) -> None:
    (vpc,) = recording.of_type("ec2/vpc:Vpc").values()
    blocks = [IPv4Network(each.inputs["cidrBlock"]) for each in recording.of_type("ec2/subnet:Subnet").values()]
    assert all(block.subnet_of(IPv4Network(vpc.inputs["cidrBlock"])) for block in blocks)
    assert not any(a.overlaps(b) for i, a in enumerate(blocks) for b in blocks[i + 1 :])


def test_another_zone_moves_no_subnet_that_is_there() -> None:
    two, three = (cluster(network={"zones": zones}) for zones in (2, 3))
    before = {each.name: each.inputs["cidrBlock"] for each in subnets(two, "private") + subnets(two, "public")}
    after = {each.name: each.inputs["cidrBlock"] for each in subnets(three, "private") + subnets(three, "public")}
    assert before.items() < after.items()


def test_a_zone_that_opens_later_moves_no_subnet(recording: Recording) -> None:
    assert {each.ignore_changes for each in recording.of_type("ec2/subnet:Subnet").values()} == {("availabilityZone",)}


def test_load_balancers_find_the_subnets_that_are_theirs(recording: Recording) -> None:
    assert {each.inputs["tags"]["kubernetes.io/role/internal-elb"] for each in subnets(recording, "private")} == {"1"}
    assert {each.inputs["tags"]["kubernetes.io/role/elb"] for each in subnets(recording, "public")} == {"1"}


@pytest.mark.parametrize(("nat", "gateways", "ways_out"), [("per_zone", 3, 3), ("one", 1, 3), ("none", 0, 0)])
def test_private_subnets_go_out_by_as_many_nat_gateways_as_asked_for(nat: str, gateways: int, ways_out: int) -> None:
    recording = cluster(network={"nat": nat, "endpoints": ENOUGH})
    made = recording.of_type("ec2/natGateway:NatGateway")
    assert len(made) == gateways
    routes = out(recording, "private")
    assert len(routes) == ways_out
    assert {each["natGatewayId"] for each in routes} == set(made)
    assert not any("gatewayId" in each for each in routes)


def test_a_network_that_nobody_outside_needs_has_no_public_part() -> None:
    recording = cluster(network={"nat": "none", "load_balancers": False, "endpoints": ENOUGH})
    assert not subnets(recording, "public")
    assert not recording.of_type("ec2/internetGateway:InternetGateway")


def test_only_public_subnets_have_a_way_in(recording: Recording) -> None:
    assert len(out(recording, "public")) == 3
    assert {each["gatewayId"] for each in out(recording, "public")} == {"cluster-network"}


def test_services_are_reached_inside_of_the_network_by_their_usual_names(recording: Recording) -> None:
    endpoints = recording.of_type("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoints.pop("cluster-network-s3").inputs["vpcEndpointType"] == "Gateway"
    services = {each.inputs["serviceName"].partition("eu-north-1.")[2] for each in endpoints.values()}
    assert services >= {"ecr.api", "ecr.dkr", "sts", "eks", "eks-auth", "ec2", "ssm", "logs", "kms", "aps-workspaces"}
    for each in endpoints.values():
        assert each.inputs["privateDnsEnabled"] is True
        assert len(each.inputs["subnetIds"]) == 3


def test_endpoints_answer_the_vpc_and_nobody_else(recording: Recording) -> None:
    (rule,) = recording.of_type("vpc/securityGroupIngressRule:SecurityGroupIngressRule").values()
    assert rule.inputs["cidrIpv4"] == "10.0.0.0/16"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (443, 443)


def test_the_group_that_aws_makes_lets_nothing_through(recording: Recording) -> None:
    (group,) = recording.of_type("ec2/defaultSecurityGroup:DefaultSecurityGroup").values()
    assert not {"ingress", "egress"} & set(group.inputs)


def test_all_traffic_is_logged_encrypted_for_a_year(recording: Recording) -> None:
    (log,) = recording.of_type("ec2/flowLog:FlowLog").values()
    assert log.inputs["trafficType"] == "ALL"
    group = recording.of_type("cloudwatch/logGroup:LogGroup")["cluster-network-flow-logs"]
    assert log.inputs["logDestination"] == "arn:aws:cloudwatch:::cluster-network-flow-logs"
    assert group.inputs["retentionInDays"] == 365
    assert group.inputs["kmsKeyId"] == "arn:aws:kms:::cluster-logs"
    assert group.protect


def test_who_writes_flow_logs_can_do_nothing_else(recording: Recording) -> None:
    policy = recording.of_type("iam/rolePolicy:RolePolicy")["cluster-network-flow-logs-policy"]
    (statement,) = statements([policy])
    assert statement["Resource"] == "arn:aws:cloudwatch:::cluster-network-flow-logs:*"
    assert all(action.startswith("logs:") for action in statement["Action"])


def test_a_vpc_that_was_there_is_used_and_not_touched() -> None:
    network = {
        "kind": "existing",
        "vpc_id": "vpc-0123456789abcdef0",
        "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    }
    recording = cluster(network=network)
    nodes = recording.of_type("eks/nodeGroup:NodeGroup")["cluster-system"]
    assert nodes.inputs["subnetIds"] == network["private_subnet_ids"]
    made = {each.type.split("/")[0] for each in recording.registrations if each.parent == "cluster-network"}
    assert not made
