"""Ways from a VPC to AWS' services that do not leave AWS' network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import ec2, vpc

if TYPE_CHECKING:
    import pulumi

    from components.aws.place import AwsAccount
    from components.specs.network import NewNetworkSpec


def create(
    name: str,
    account: AwsAccount,
    spec: NewNetworkSpec,
    network: ec2.Vpc,
    subnets: list[ec2.Subnet],
    tables: list[ec2.RouteTable],
    parent: pulumi.Resource,
) -> None:
    """A gateway to S3 in every route table, and an interface in every subnet for each service of the spec, which
    answers under the service's usual name."""
    opts = account.options(parent)
    ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=network.id,
        vpc_endpoint_type="Gateway",
        service_name=f"com.amazonaws.{account.region}.s3",
        route_table_ids=[table.id for table in tables],
        tags={"Name": "s3"},
        opts=opts,
    )
    if not spec.endpoints:
        return
    group = ec2.SecurityGroup(
        f"{name}-endpoints",
        description="Interface endpoints of AWS services",
        vpc_id=network.id,
        tags={"Name": "endpoints"},
        opts=opts,
    )
    vpc.SecurityGroupIngressRule(
        f"{name}-endpoints",
        security_group_id=group.id,
        description="HTTPS from within the VPC",
        cidr_ipv4=spec.cidr,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        opts=opts,
    )
    for service in spec.endpoints:
        ec2.VpcEndpoint(
            f"{name}-{service.replace('.', '-')}",
            vpc_id=network.id,
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{account.region}.{service}",
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            tags={"Name": service},
            opts=opts,
        )
