"""Inputs for every resource type, and what changes them in place or replaces them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Example:
    """A resource. ``$name`` is the ID of what NEEDED has, ``$name.output`` an output of it, ``#`` a fresh number."""

    token: str
    inputs: Mapping[str, Any]
    change: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that AWS can change; empty: none can be."""
    replaces: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that it cannot."""
    recorded: bool = False
    """Whether moto has no answer; a newer moto that has one makes the test fail, and this be dropped."""
    gaps: tuple[str, ...] = ()
    """Properties that moto does not take."""
    stays: bool = False
    """Whether it outlives its deletion, as what every VPC has does."""


def policy(*actions: str, principal: Mapping[str, Any] | None = None, resource: str | None = "*") -> str:
    """A policy document with one statement."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions)}
    statement |= {"Principal": principal} if principal else {}
    statement |= {"Resource": resource} if resource else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    """Who may assume a role."""
    return policy("sts:AssumeRole", principal={"Service": service}, resource=None)


ACCOUNT = {"AWS": "arn:aws:iam::123456789012:root"}
TAGS = {"team": "vision"}

NEEDED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "vpc": ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}),
    "subnet": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "$vpc", "cidrBlock": "10.0.250.0/24", "availabilityZone": "eu-west-1a"},
    ),
    "subnet-b": (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "$vpc", "cidrBlock": "10.0.251.0/24", "availabilityZone": "eu-west-1b"},
    ),
    "gateway": ("aws:ec2/internetGateway:InternetGateway", {"vpcId": "$vpc"}),
    "address": ("aws:ec2/eip:Eip", {"domain": "vpc"}),
    "table": ("aws:ec2/routeTable:RouteTable", {"vpcId": "$vpc"}),
    "group": ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "$vpc", "description": "a group"}),
    "group-b": ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "$vpc", "description": "another group"}),
    "role": ("aws:iam/role:Role", {"assumeRolePolicy": trust("ec2.amazonaws.com")}),
    "key": ("aws:kms/key:Key", {"description": "a key"}),
    "key-b": ("aws:kms/key:Key", {"description": "another key"}),
    "bucket": ("aws:s3/bucket:Bucket", {"forceDestroy": True}),
    "bucket-b": ("aws:s3/bucket:Bucket", {"forceDestroy": True}),
    "logs": ("aws:s3/bucket:Bucket", {"bucket": "access-logs-of-tests", "forceDestroy": True}),
    "logs-policy": (
        "aws:s3/bucketPolicy:BucketPolicy",
        {
            "bucket": "$logs",
            "policy": policy(
                "s3:PutObject",
                principal={"Service": "logging.s3.amazonaws.com"},
                resource="arn:aws:s3:::access-logs-of-tests/*",
            ),
        },
    ),
    "locked-bucket": ("aws:s3/bucket:Bucket", {"objectLockEnabled": True}),
}

NETWORK = [
    Example(
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.#.0.0/16", "enableDnsSupport": True, "enableDnsHostnames": True, "tags": TAGS},
        {"enableDnsHostnames": False, "tags": {"team": "speech", "more": "x"}},
        {"cidrBlock": "10.#.0.0/16"},
    ),
    Example(
        "aws:ec2/subnet:Subnet",
        {"vpcId": "$vpc", "cidrBlock": "10.0.#.0/24", "availabilityZone": "eu-west-1a", "tags": TAGS},
        {"mapPublicIpOnLaunch": True, "tags": {}},
        {"availabilityZone": "eu-west-1b"},
    ),
    Example("aws:ec2/internetGateway:InternetGateway", {"tags": TAGS}, {"tags": {"team": "speech"}}),
    Example("aws:ec2/eip:Eip", {"domain": "vpc", "tags": TAGS}, {"tags": {"team": "speech"}}),
    Example(
        "aws:ec2/natGateway:NatGateway",
        {"subnetId": "$subnet", "allocationId": "$address.allocationId", "tags": TAGS},
        {"tags": {"team": "speech"}},
        {"subnetId": "$subnet-b"},
    ),
    Example(
        "aws:ec2/routeTable:RouteTable",
        {"vpcId": "$vpc", "routes": [{"cidrBlock": "192.168.#.0/24", "gatewayId": "$gateway"}], "tags": TAGS},
        {"routes": []},
    ),
    Example(
        "aws:ec2/route:Route",
        {"routeTableId": "$table", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "$gateway"},
        replaces={"destinationCidrBlock": "192.168.0.0/16"},
    ),
    Example(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"routeTableId": "$table", "subnetId": "$subnet"},
        replaces={"subnetId": "$subnet-b"},
    ),
    Example(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "vpcId": "$vpc",
            "serviceName": "com.amazonaws.eu-west-1.ecr.api",
            "vpcEndpointType": "Interface",
            "privateDnsEnabled": True,
            "subnetIds": ["$subnet"],
            "securityGroupIds": ["$group"],
            "tags": TAGS,
        },
        {"subnetIds": ["$subnet", "$subnet-b"]},
        {"serviceName": "com.amazonaws.eu-west-1.sts"},
    ),
    Example(
        "aws:ec2/flowLog:FlowLog",
        {
            "vpcId": "$vpc",
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": "$bucket.arn",
            "tags": TAGS,
        },
        {"tags": {"team": "speech"}},
        {"trafficType": "REJECT"},
    ),
    Example("aws:ec2/tag:Tag", {"resourceId": "$vpc", "key": "k#", "value": "one"}, {"value": "two"}, {"key": "other"}),
    Example(
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "vpcId": "$vpc",
            "description": "of a test",
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": TAGS,
        },
        {"egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "securityGroups": ["$group"]}]},
        {"description": "of another test"},
    ),
    Example(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": "$vpc"}, {"tags": {"team": "vision"}}, stays=True
    ),
    *(
        Example(
            f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
            {
                "securityGroupId": "$group",
                "ipProtocol": "tcp",
                "fromPort": 443,
                "toPort": 443,
                "cidrIpv4": "10.0.0.0/16",
                "tags": TAGS,
            },
            {"toPort": 444},
            {"securityGroupId": "$group-b"},
        )
        for direction in ("Ingress", "Egress")
    ),
    Example(
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "name": "template-#",
            "imageId": "ami-12345678",
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [
                {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 50, "volumeType": "gp3", "encrypted": "true"}}
            ],
            "vpcSecurityGroupIds": ["$group"],
            "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
            "updateDefaultVersion": True,
            "tags": TAGS,
        },
        {"imageId": "ami-87654321"},
        {"name": "template-#"},
    ),
    Example(
        "aws:ec2/placementGroup:PlacementGroup",
        {"name": "placement-#", "strategy": "cluster", "tags": TAGS},
        {"tags": {}},
        {"strategy": "spread"},
        recorded=True,
    ),
]

IDENTITY = [
    Example(
        "aws:iam/role:Role",
        {
            "assumeRolePolicy": trust("pods.eks.amazonaws.com"),
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"],
            "inlinePolicies": [{"name": "read", "policy": policy("s3:GetObject")}],
            "tags": TAGS,
        },
        {"description": "changed", "managedPolicyArns": [], "inlinePolicies": []},
        {"path": "/platform/"},
    ),
    Example(
        "aws:iam/rolePolicy:RolePolicy",
        {"role": "$role", "name": "policy-#", "policy": policy("s3:GetObject")},
        {"policy": policy("s3:PutObject")},
        {"name": "other"},
    ),
    Example(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "$role", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        replaces={"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
    ),
    Example("aws:iam/instanceProfile:InstanceProfile", {"role": "$role", "tags": TAGS}, {"tags": {}}, {"path": "/x/"}),
    Example(
        "aws:kms/key:Key",
        {
            "description": "a key",
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "policy": policy("kms:*", principal=ACCOUNT),
            "tags": TAGS,
        },
        {"description": "changed", "enableKeyRotation": False},
        {"keyUsage": "GENERATE_VERIFY_MAC", "customerMasterKeySpec": "HMAC_256"},
    ),
    Example(
        "aws:kms/alias:Alias",
        {"name": "alias/test-#", "targetKeyId": "$key"},
        {"targetKeyId": "$key-b"},
        {"name": "alias/other"},
    ),
]

BUCKETS = [
    Example(
        "aws:s3/bucket:Bucket", {"bucket": "a-bucket-#", "tags": TAGS}, {"tags": {"a": "b"}}, {"bucket": "b-bucket-#"}
    ),
    Example(
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "$bucket", "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        {"bucket": "$bucket-b"},
        stays=True,
    ),
    Example(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "$bucket",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "$key.arn"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    Example(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"bucket": "$bucket", "blockPublicAcls": True, "blockPublicPolicy": True},
        {"ignorePublicAcls": True, "restrictPublicBuckets": True},
    ),
    Example(
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "$bucket", "policy": policy("s3:GetObject", principal=ACCOUNT)},
        {"policy": policy("s3:PutObject", principal=ACCOUNT)},
    ),
    Example(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "$bucket", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    Example(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "$bucket",
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": "teams/"},
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        {"rules": [{"id": "old", "status": "Disabled", "filter": {"prefix": ""}, "expiration": {"days": 9}}]},
    ),
    Example(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {
            "bucket": "$locked-bucket",
            "objectLockEnabled": "Enabled",
            "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 184}},
        },
        {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 200}}},
        stays=True,
    ),
    Example(
        "aws:s3/bucketLogging:BucketLogging",
        {"bucket": "$bucket", "targetBucket": "$logs-policy.bucket", "targetPrefix": "log/"},
        {"targetPrefix": "access/"},
    ),
    Example(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        {
            "bucket": "$locked-bucket",
            "role": "$role.arn",
            "rules": [{"id": "all", "status": "Enabled", "destination": {"bucket": "$bucket-b.arn"}}],
        },
        {"rules": [{"id": "all", "status": "Disabled", "destination": {"bucket": "$bucket-b.arn"}}]},
    ),
]

EXAMPLES = [*NETWORK, *IDENTITY, *BUCKETS]
