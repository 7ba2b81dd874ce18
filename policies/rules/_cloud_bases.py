"""The AWS resources that the rules' examples start from, by Pulumi type.

Each passes, as it stands, every rule that asks neither for other resources nor for the program's options.
"""

from __future__ import annotations

from typing import Final

from policies.rules._access_bases import BUCKETS, IDENTITIES, KEY_ARN, Properties, allow, policy

_SUBNETS: Final = ["subnet-0a", "subnet-0b"]


_EKS: Final[dict[str, tuple[str, Properties]]] = {
    "cluster": (
        "aws:eks/cluster:Cluster",
        {
            "name": "main",
            "version": "1.35",
            "deletionProtection": True,
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
            "encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY_ARN}},
            "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False, "subnetIds": _SUBNETS},
        },
    ),
    "log group": (
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/aws/eks/main/cluster", "retentionInDays": 400, "kmsKeyId": KEY_ARN},
    ),
}

_STORES: Final[dict[str, tuple[str, Properties]]] = {
    "database": (
        "aws:rds/cluster:Cluster",
        {
            "engine": "aurora-postgresql",
            "storageEncrypted": True,
            "backupRetentionPeriod": 7,
            "deletionProtection": True,
        },
    ),
    "database instance": (
        "aws:rds/clusterInstance:ClusterInstance",
        {"clusterIdentifier": "features", "instanceClass": "db.serverless", "publiclyAccessible": False},
    ),
    "db": (
        "aws:rds/instance:Instance",
        {
            "engine": "postgres",
            "storageEncrypted": True,
            "backupRetentionPeriod": 7,
            "deletionProtection": True,
            "publiclyAccessible": False,
        },
    ),
    "cache": (
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {
            "engine": "valkey",
            "transitEncryptionEnabled": True,
            "atRestEncryptionEnabled": True,
            "automaticFailoverEnabled": True,
            "userGroupIds": ["features"],
        },
    ),
    "serverless cache": (
        "aws:elasticache/serverlessCache:ServerlessCache",
        {"engine": "valkey", "name": "features", "userGroupId": "features"},
    ),
    "cache cluster": ("aws:elasticache/cluster:Cluster", {"clusterId": "a", "replicationGroupId": "features"}),
    "repository": (
        "aws:ecr/repository:Repository",
        {
            "name": "mlplatform/controllers",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY_ARN}],
        },
    ),
    "key": (
        "aws:kms/key:Key",
        {
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "policy": policy(
                allow(["kms:*"], ["*"], Principal={"AWS": "arn:aws:iam::111122223333:root"}),
                allow(["kms:Decrypt"], ["*"], Principal={"Service": "logs.eu-central-1.amazonaws.com"}),
            ),
        },
    ),
    "key policy": (
        "aws:kms/keyPolicy:KeyPolicy",
        {"keyId": "a", "policy": policy(allow(["kms:*"], ["*"], Principal={"AWS": ["111122223333"]}))},
    ),
    "secret": ("aws:secretsmanager/secret:Secret", {"name": "db", "replicas": [{"region": "eu-west-1"}]}),
    "table": ("aws:dynamodb/table:Table", {"name": "locks", "replicas": [{"regionName": "eu-west-1"}]}),
    "image replication": (
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        {"replicationConfiguration": {"rules": [{"destinations": [{"region": "eu-west-1"}]}]}},
    ),
    "provider": (
        "pulumi:providers:aws",
        {"region": "eu-central-1", "defaultTags": '{"tags": {"owner": "ada", "cost-centre": "cc-1815"}}'},
    ),
    "replica key": ("aws:kms/replicaKey:ReplicaKey", {"primaryKeyArn": KEY_ARN, "deletionWindowInDays": 30}),
}

_SAFE_METADATA: Final = {"httpTokens": "required", "httpPutResponseHopLimit": 1}

_MACHINES: Final[dict[str, tuple[str, Properties]]] = {
    "launch template": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "metadataOptions": _SAFE_METADATA,
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "volumeSize": 100}}],
            "networkInterfaces": [{"associatePublicIpAddress": "false", "deviceIndex": 0}],
            "userData": "IyEvYmluL3NoCmVjaG8gaGVsbG8K",
        },
    ),
    "instance": (
        "aws:ec2/instance:Instance",
        {
            "metadataOptions": _SAFE_METADATA,
            "rootBlockDevice": {"encrypted": True},
            "ebsBlockDevices": [{"deviceName": "/dev/sda", "encrypted": True}],
            "userData": "#!/bin/sh",
        },
    ),
    "volume": ("aws:ebs/volume:Volume", {"encrypted": True, "size": 100}),
    "node group": (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "main",
            "subnetIds": _SUBNETS,
            "instanceTypes": ["m7i.2xlarge"],
            "amiType": "AL2023_x86_64_STANDARD",
            "labels": {"mlplatform.dev/pool": "system"},
        },
    ),
}

_NETWORK: Final[dict[str, tuple[str, Properties]]] = {
    "vpc": ("aws:ec2/vpc:Vpc", {"id": "vpc-0a", "cidrBlock": "10.0.0.0/16"}),
    "subnet": ("aws:ec2/subnet:Subnet", {"id": "subnet-0a", "vpcId": "vpc-0a", "mapPublicIpOnLaunch": False}),
    "association": (
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"subnetId": "subnet-0a", "routeTableId": "rtb-0a"},
    ),
    "route table": ("aws:ec2/routeTable:RouteTable", {"id": "rtb-0a", "vpcId": "vpc-0a"}),
    "route": (
        "aws:ec2/route:Route",
        {"routeTableId": "rtb-0a", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-0a"},
    ),
    "gateway": ("aws:ec2/internetGateway:InternetGateway", {"id": "igw-0a", "vpcId": "vpc-0a"}),
    "flow log": (
        "aws:ec2/flowLog:FlowLog",
        {
            "vpcId": "vpc-0a",
            "trafficType": "ALL",
            "logDestination": "arn:aws:logs:eu-central-1:111122223333:log-group:a",
        },
    ),
    "default group": ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": "vpc-0a"}),
    "security group": (
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "vpcId": "vpc-0a",
            "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/16"]}],
        },
    ),
    "ingress rule": (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"securityGroupId": "sg-0a", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/16"},
    ),
    "group rule": (
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {"securityGroupId": "sg-0a", "type": "ingress", "protocol": "tcp", "cidrBlocks": ["10.0.0.0/16"]},
    ),
}

CLOUD_BASES: Final[dict[str, tuple[str, Properties]]] = {
    **_EKS,
    **_STORES,
    **BUCKETS,
    **_MACHINES,
    **_NETWORK,
    **IDENTITIES,
}
