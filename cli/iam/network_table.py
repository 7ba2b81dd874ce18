"""What networks, their walls and their way out need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli.iam.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULES: Final = (
    "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupIngress "
    "ec2:RevokeSecurityGroupEgress ec2:ModifySecurityGroupRules"
)
"""On any group: a VPC's default group and a cluster's own one are not tagged by us when their rules are set."""

NETWORK: Final[Mapping[str, Needs]] = {
    "aws:ec2/vpc:Vpc": Needs(
        read="ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls ec2:DescribeRouteTables "
        "ec2:DescribeSecurityGroups",
        created="ec2:CreateVpc",
        kind="vpc",
        tagged="ec2:DeleteVpc ec2:ModifyVpcAttribute",
    ),
    "aws:ec2/subnet:Subnet": Needs(
        read="ec2:DescribeSubnets ec2:DescribeNetworkInterfaces",
        created="ec2:CreateSubnet",
        kind="subnet",
        beside={"ec2:CreateSubnet": "vpc"},
        tagged="ec2:DeleteSubnet ec2:ModifySubnetAttribute",
    ),
    "aws:ec2/internetGateway:InternetGateway": Needs(
        read="ec2:DescribeInternetGateways",
        created="ec2:CreateInternetGateway",
        kind="internet-gateway",
        tagged="ec2:AttachInternetGateway ec2:DetachInternetGateway ec2:DeleteInternetGateway",
    ),
    "aws:ec2/eip:Eip": Needs(
        read="ec2:DescribeAddresses ec2:DescribeAddressesAttribute",
        created="ec2:AllocateAddress",
        kind="elastic-ip",
        tagged="ec2:ReleaseAddress",
    ),
    "aws:ec2/natGateway:NatGateway": Needs(
        read="ec2:DescribeNatGateways",
        created="ec2:CreateNatGateway",
        kind="natgateway",
        beside={"ec2:CreateNatGateway": "elastic-ip subnet vpc"},
        tagged="ec2:DeleteNatGateway",
    ),
    "aws:ec2/routeTable:RouteTable": Needs(
        read="ec2:DescribeRouteTables",
        created="ec2:CreateRouteTable",
        kind="route-table",
        beside={"ec2:CreateRouteTable": "vpc"},
        tagged="ec2:DeleteRouteTable ec2:DisassociateRouteTable",
    ),
    "aws:ec2/route:Route": Needs(
        read="ec2:DescribeRouteTables",
        tagged="ec2:CreateRoute ec2:ReplaceRoute ec2:DeleteRoute",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Needs(
        read="ec2:DescribeRouteTables",
        tagged="ec2:AssociateRouteTable ec2:DisassociateRouteTable ec2:ReplaceRouteTableAssociation",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Needs(
        read="ec2:DescribeVpcEndpoints ec2:DescribePrefixLists ec2:DescribeNetworkInterfaces "
        "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs",
        created="ec2:CreateVpcEndpoint",
        kind="vpc-endpoint",
        beside={"ec2:CreateVpcEndpoint": "vpc subnet security-group route-table"},
        tagged="ec2:ModifyVpcEndpoint ec2:DeleteVpcEndpoints",
        # The endpoint's private name.
        free="route53:AssociateVPCWithHostedZone",
    ),
    "aws:ec2/flowLog:FlowLog": Needs(
        read="ec2:DescribeFlowLogs",
        created="ec2:CreateFlowLogs",
        kind="vpc-flow-log",
        beside={"ec2:CreateFlowLogs": "vpc"},
        tagged="ec2:DeleteFlowLogs",
        passed_to=("vpc-flow-logs.amazonaws.com",),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Needs(
        read="ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules",
        # It is there with its VPC; tagging is how it becomes the stack's.
        created="ec2:CreateTags",
        kind="security-group",
        free=_RULES,
    ),
    "aws:ec2/securityGroup:SecurityGroup": Needs(
        read="ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules ec2:DescribeNetworkInterfaces",
        created="ec2:CreateSecurityGroup",
        kind="security-group",
        beside={"ec2:CreateSecurityGroup": "vpc"},
        tagged="ec2:DeleteSecurityGroup",
        free=_RULES,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Needs(
        read="ec2:DescribeSecurityGroupRules", free=_RULES
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Needs(
        read="ec2:DescribeSecurityGroupRules", free=_RULES
    ),
    "aws:ec2/placementGroup:PlacementGroup": Needs(
        read="ec2:DescribePlacementGroups",
        created="ec2:CreatePlacementGroup",
        kind="placement-group",
        tagged="ec2:DeletePlacementGroup",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Needs(
        read="ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
        created="ec2:CreateLaunchTemplate",
        kind="launch-template",
        tagged="ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate ec2:DeleteLaunchTemplate "
        "ec2:DeleteLaunchTemplateVersions",
    ),
    # A tag on what somebody else made: a cluster's own security group, subnets that were there before.
    "aws:ec2/tag:Tag": Needs(read="ec2:DescribeTags", free="ec2:CreateTags ec2:DeleteTags"),
}
