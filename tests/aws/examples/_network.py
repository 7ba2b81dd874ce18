"""Examples of the network."""

from __future__ import annotations

from tests.aws.examples._example import TAGS, Example

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
