"""The functions of pulumi-aws that the stand-in answers, by their Pulumi names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rehearsal.aws.errors import AwsError
from rehearsal.aws.functions import network, offers, place, policies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.account import Account
    from rehearsal.aws.functions._arguments import Function

FUNCTIONS: Final[Mapping[str, Function]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": place.caller_identity,
    "aws:index/getRegion:getRegion": place.region,
    "aws:index/getPartition:getPartition": place.partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": place.zones,
    "aws:ec2/getVpc:getVpc": network.vpc,
    "aws:ec2/getSubnets:getSubnets": network.subnets,
    "aws:ec2/getSubnet:getSubnet": network.subnet,
    "aws:ec2/getPrefixList:getPrefixList": network.prefix_list,
    "aws:ec2/getInstanceType:getInstanceType": offers.instance_type,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": offers.instance_type_offerings,
    "aws:eks/getAddonVersion:getAddonVersion": offers.addon_version,
    "aws:ssm/getParameter:getParameter": offers.parameter,
    "aws:iam/getPolicyDocument:getPolicyDocument": policies.policy_document,
}


def invoke(account: Account, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the function answers, its arguments included.

    Raises AwsError as AWS refuses, NotEmulatedError where moto has no answer.
    """
    function = FUNCTIONS.get(token)
    if function is None:
        raise AwsError("NotKnown", f"{token}: the AWS stand-in does not know this function; add it to its list")
    return {**arguments, **function(account, arguments)}
