"""What a stack leaves in an account is found, and what AWS itself will take away is not held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.ledger import Entry
from rehearsal.aws.leftovers import find_leftovers

if TYPE_CHECKING:
    from tests.aws.engine import Moto

REGION = "sa-east-1"
TAGS = [{"Key": "managed-by", "Value": "pulumi"}]


@pytest.fixture
def account(moto: Moto) -> Account:
    """In a region that no other test uses."""
    return Account(moto.endpoint, REGION)


def tagged(kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": TAGS}]}


def make_network(account: Account) -> tuple[str, str]:
    """A VPC and a subnet of it, without tags."""
    vpc = account.call("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"})["Vpc"]["VpcId"]
    subnet = account.call("ec2", "create_subnet", {"VpcId": vpc, "CidrBlock": "10.9.0.0/24"})["Subnet"]["SubnetId"]
    return vpc, subnet


def test_what_bears_the_stacks_tags_is_found_until_it_is_gone(account: Account) -> None:
    vpc = account.call("ec2", "create_vpc", {"CidrBlock": "10.8.0.0/16", **tagged("vpc")})["Vpc"]["VpcId"]
    assert [arn for arn in find_leftovers(account, [], ()) if vpc in arn]
    account.call("ec2", "delete_vpc", {"VpcId": vpc})
    assert not [arn for arn in find_leftovers(account, [], ()) if vpc in arn]


def test_what_the_stand_in_still_has_is_found_unless_the_program_retains_it(account: Account) -> None:
    entry = Entry("urn:addon", "aws:eks/addon:Addon", REGION, "prod:coredns", recorded="moto does not implement it")
    assert "aws:eks/addon:Addon prod:coredns" in find_leftovers(account, [entry], ())
    assert "aws:eks/addon:Addon prod:coredns" not in find_leftovers(account, [entry], {"urn:addon"})


def test_what_the_program_retains_may_bear_its_tags(account: Account) -> None:
    vpc = account.call("ec2", "create_vpc", {"CidrBlock": "10.7.0.0/16", **tagged("vpc")})["Vpc"]["VpcId"]
    entry = Entry("urn:vpc", "aws:ec2/vpc:Vpc", REGION, vpc)
    assert not [arn for arn in find_leftovers(account, [entry], {"urn:vpc"}) if vpc in arn]
    account.call("ec2", "delete_vpc", {"VpcId": vpc})


def test_keys_that_wait_for_their_end_are_no_leftovers(account: Account) -> None:
    asked = {"Tags": [{"TagKey": "managed-by", "TagValue": "pulumi"}]}
    key = account.call("kms", "create_key", asked)["KeyMetadata"]["KeyId"]
    assert [arn for arn in find_leftovers(account, [], ()) if key in arn]
    account.call("kms", "schedule_key_deletion", {"KeyId": key})
    assert not [arn for arn in find_leftovers(account, [], ()) if key in arn]


def test_gateways_that_were_deleted_are_no_leftovers(account: Account) -> None:
    _, subnet = make_network(account)
    asked = {"SubnetId": subnet, "ConnectivityType": "private", **tagged("natgateway")}
    gateway = account.call("ec2", "create_nat_gateway", asked)["NatGateway"]["NatGatewayId"]
    assert [arn for arn in find_leftovers(account, [], ()) if gateway in arn]
    account.call("ec2", "delete_nat_gateway", {"NatGatewayId": gateway})
    assert not [arn for arn in find_leftovers(account, [], ()) if gateway in arn]


def test_users_of_caches_that_are_on_their_way_out_are_no_leftovers(account: Account) -> None:
    who = {"UserId": "leaving", "UserName": "leaving", "Engine": "valkey", "AccessString": "on ~* +@read"}
    account.call("elasticache", "create_user", {**who, "Passwords": ["a-long-password-1"], "Tags": TAGS})
    account.call("elasticache", "delete_user", {"UserId": "leaving"})
    assert not [arn for arn in find_leftovers(account, [], ()) if "leaving" in arn]


def test_databases_are_found_and_their_automatic_snapshots_are_not(account: Account) -> None:
    cluster = {"DBClusterIdentifier": "leaving", "Engine": "aurora-postgresql", "MasterUsername": "ada"}
    account.call("rds", "create_db_cluster", {**cluster, "MasterUserPassword": "a-long-password-1", "Tags": TAGS})
    assert [arn for arn in find_leftovers(account, [], ()) if arn.endswith(":cluster:leaving")]
    assert not [arn for arn in find_leftovers(account, [], ()) if "snapshot" in arn]
    account.call("rds", "delete_db_cluster", {"DBClusterIdentifier": "leaving", "SkipFinalSnapshot": True})
    assert not [arn for arn in find_leftovers(account, [], ()) if "leaving" in arn]
