"""What a component that creates AWS resources is handed: the account, and the cluster's place in it.

AWS modules of the SDK are imported where they are used: a stack without AWS must not wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws import Provider

    from components.specs.cluster import EksClusterSpec


@dataclass(frozen=True)
class AwsAccount:
    """An account and region, known before anything exists in it."""

    provider: Provider
    """The way to the account. It puts the stack's tags on everything that can bear tags."""
    region: str
    """The region of everything but global services, such as `eu-central-1`."""
    account_id: pulumi.Output[str]
    """Twelve digits."""
    partition: pulumi.Output[str]
    """`aws` or `aws-us-gov`: the second part of every ARN."""
    tags: Mapping[str, str]
    """The stack's tags, for what is not made by the provider but on its behalf: machines, their disks, volumes."""
    log_retention_days: int
    """How long log groups keep what they are sent."""
    disposable: bool
    """Nothing is protected from destroy, and what still holds data is emptied."""

    def options(self, parent: pulumi.Resource, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options for a resource in this account."""
        return pulumi.ResourceOptions(parent=parent, provider=self.provider, depends_on=list(depends_on))

    def protected(self, parent: pulumi.Resource, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options for a resource whose loss cannot be mended: destroy refuses it unless the stack is disposable."""
        own = pulumi.ResourceOptions(protect=not self.disposable)
        return pulumi.ResourceOptions.merge(self.options(parent, *depends_on), own)


@dataclass(frozen=True)
class AwsPlace(AwsAccount):
    """The account with the cluster and its network in it."""

    cluster_name: pulumi.Output[str]
    """The EKS cluster, as its API calls name it; known once pods can be given roles."""
    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]
    """Subnets of nodes and managed stores, one a zone."""
    node_security_group_id: pulumi.Output[str]
    """The security group that every node and every pod of the cluster has: what may call a managed store."""
    log_key_arn: pulumi.Output[str]
    """The key of log groups; CloudWatch Logs may use it."""


def place_of(aws: AwsPlace | None, section: str) -> AwsPlace:
    """Where the AWS resources of a section of the stack file go; pulumi.RunError where there is no such place."""
    if aws is None:
        raise pulumi.RunError(
            f"mlplatform:{section}: asks for a service of AWS, got a cluster that was there before; "
            "choose `kind: eks` for the cluster, or what runs on the cluster itself"
        )
    return aws


def aws_account(name: str, spec: EksClusterSpec, parent: pulumi.Resource) -> AwsAccount:
    """The account that the environment's credentials belong to. Its provider refuses any other than the stack file
    names, where that names one."""
    import pulumi_aws as aws

    tags = spec.tags.as_aws()
    provider = aws.Provider(
        name,
        region=spec.region,
        allowed_account_ids=[spec.account_id] if spec.account_id else None,
        default_tags={"tags": tags},
        opts=pulumi.ResourceOptions(parent=parent),
    )
    asking = pulumi.InvokeOutputOptions(parent=parent, provider=provider)
    return AwsAccount(
        provider=provider,
        region=spec.region,
        account_id=aws.get_caller_identity_output(opts=asking).account_id,
        partition=aws.get_partition_output(opts=asking).partition,
        tags=tags,
        log_retention_days=spec.log_retention_days,
        disposable=spec.disposable,
    )
