"""AWS as single components see it in tests: what it adds to what was asked for, and what it answers."""

from __future__ import annotations

from typing import Any, Final

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-north-1"
NOT_OFFERED: dict[str, set[str]] = {}
"""Zones that lack a machine, by its type; for a test to fill."""
SUBNETS: Final = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
"""Of a VPC that was there before."""
ZONES: Final = [f"{REGION}{letter}" for letter in "abc"]

_COMPUTED: Final[dict[str, dict[str, Any]]] = {
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:eks/cluster:Cluster": {
        "endpoint": "https://cluster.example",
        "certificateAuthority": {"data": "Y2VydGlmaWNhdGU="},
    },
    "aws:ssm/activation:Activation": {"activationCode": "code"},
    "aws:sqs/queue:Queue": {"url": "https://queue.example"},
    "aws:amp/workspace:Workspace": {"prometheusEndpoint": "https://aps-workspaces.example/workspaces/ws-1/"},
    "aws:ecr/repository:Repository": {"repositoryUrl": "registry.example/repository"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"primaryEndpointAddress": "cache.example"},
    "aws:rds/cluster:Cluster": {"endpoint": "database.example"},
}
_ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ZONES},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:index/getPartition:getPartition": {"partition": "aws"},
    "aws:ec2/getSubnets:getSubnets": {"ids": SUBNETS},
    "aws:ec2/getPrefixList:getPrefixList": {"cidrBlocks": ["192.0.2.0/24", "198.51.100.0/24"]},
}
_OFFERINGS: Final = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"


def made(kind: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """A resource's outputs: its inputs, an ARN that names it, and what else AWS says of its kind."""
    outputs = {
        "arn": f"arn:aws:{kind.split(':')[1].split('/')[0]}:::{name}",
        "name": name,
        **_COMPUTED.get(kind, {}),
        **inputs,
    }
    if kind == "aws:eks/cluster:Cluster":
        outputs["vpcConfig"] = {**inputs["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"}
    return outputs


def answer(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What an invoke returns; nothing where tests have no use for it."""
    if function == _OFFERINGS:
        asked = arguments["filters"][0]["values"]
        offers = [(name, zone) for name in asked for zone in ZONES if zone not in NOT_OFFERED.get(name, ())]
        return {"instanceTypes": [name for name, _ in offers], "locations": [zone for _, zone in offers]}
    return _ANSWERS.get(function, {})
