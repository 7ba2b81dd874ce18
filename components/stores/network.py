"""Where a managed store is found, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import ec2, vpc

if TYPE_CHECKING:
    import pulumi

    from components.aws.place import AwsPlace


def reached_by_nodes(name: str, place: AwsPlace, *, port: int, parent: pulumi.Resource) -> ec2.SecurityGroup:
    """A security group whose members take connections to `port` from the cluster's nodes and pods alone, and make
    none."""
    group = ec2.SecurityGroup(
        name,
        description=f"{name}: taken from the cluster's nodes and pods alone",
        vpc_id=place.vpc_id,
        opts=place.options(parent),
    )
    vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        referenced_security_group_id=place.node_security_group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description="Nodes and pods of the cluster",
        opts=place.options(parent),
    )
    return group
