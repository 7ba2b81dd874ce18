"""A cluster on AWS as components see it that put something beside it: an account in which nothing is created."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws
from pulumi_kubernetes import Provider

from components.aws.place import AwsPlace
from tests.components.cloud import ACCOUNT, REGION
from tests.components.pods import revealed

if TYPE_CHECKING:
    from tests.components.recorded import Recording


@dataclass(frozen=True)
class ClusterOnAws:
    """The cluster and the account around it."""

    provider: Provider
    aws: AwsPlace
    keep_crds: bool = True
    machines: tuple[pulumi.Resource, ...] = ()


def cluster_on_aws(*, disposable: bool = False) -> ClusterOnAws:
    """To be called where a program is recorded: it registers the providers `cluster` and `account`."""
    place = AwsPlace(
        provider=pulumi_aws.Provider("account", region=REGION),
        region=REGION,
        account_id=pulumi.Output.from_input(ACCOUNT),
        partition=pulumi.Output.from_input("aws"),
        tags={},
        log_retention_days=400,
        disposable=disposable,
        cluster_name=pulumi.Output.from_input("cluster"),
        vpc_id=pulumi.Output.from_input("vpc-1"),
        private_subnet_ids=pulumi.Output.from_input(["subnet-a", "subnet-b"]),
        node_security_group_id=pulumi.Output.from_input("sg-nodes"),
        log_key_arn=pulumi.Output.from_input("arn:aws:kms:::log-key"),
    )
    return ClusterOnAws(Provider("cluster"), place)


def statements(recording: Recording, kind: str, name: str) -> dict[str, dict[str, Any]]:
    """The statements of a policy by their names."""
    policy = json.loads(revealed(recording.of_type(kind)[name].inputs["policy"]))
    return {each["Sid"]: each for each in policy["Statement"]}
