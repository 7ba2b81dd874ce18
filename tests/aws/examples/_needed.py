"""What examples need before them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.examples._example import trust

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGS = "arn:aws:s3:::access-logs-of-tests/*"
_LOGGED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": _LOGS,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": _LOGS,
            },
        ],
    }
)

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
            "policy": _LOGGED,
        },
    ),
    "cluster-role": ("aws:iam/role:Role", {"assumeRolePolicy": trust("eks.amazonaws.com")}),
    "cluster": (
        "aws:eks/cluster:Cluster",
        {"roleArn": "$cluster-role.arn", "vpcConfig": {"subnetIds": ["$subnet", "$subnet-b"]}},
    ),
    "user": (
        "aws:elasticache/user:User",
        {
            "userId": "somebody",
            "userName": "somebody",
            "engine": "valkey",
            "accessString": "on ~* +@read",
            "noPasswordRequired": True,
        },
    ),
    "parameter": ("aws:ssm/parameter:Parameter", {"name": "/test/plain", "type": "String", "value": "plain"}),
    "queue": ("aws:sqs/queue:Queue", {}),
    "topic": ("aws:sns/topic:Topic", {}),
    "rule": ("aws:cloudwatch/eventRule:EventRule", {"eventPattern": '{"source": ["aws.ec2"]}'}),
    "secret": ("aws:secretsmanager/secret:Secret", {}),
    "workspace": ("aws:amp/workspace:Workspace", {"alias": "tests"}),
    "log-group": ("aws:cloudwatch/logGroup:LogGroup", {}),
    "repository": ("aws:ecr/repository:Repository", {}),
    "database": (
        "aws:rds/cluster:Cluster",
        {
            "engine": "aurora-postgresql",
            "masterUsername": "feast",
            "masterPassword": "not-so-secret",
            "skipFinalSnapshot": True,
        },
    ),
    "locked-bucket": ("aws:s3/bucket:Bucket", {"objectLockEnabled": True}),
}
