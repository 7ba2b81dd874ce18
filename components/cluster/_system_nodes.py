"""Nodes of EKS' own kind: those of the platform's pods."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from pulumi_aws import ec2, eks

from components.aws.identity import service_role, trust
from components.capacity import PODS_PER_NODE
from components.specs.instance_types import architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_aws import iam

    from components.aws.place import AwsPlace
    from components.specs.cluster import EksClusterSpec

_IMAGES: Final = {"amd64": "BOTTLEROCKET_x86_64", "arm64": "BOTTLEROCKET_ARM_64"}
_SYSTEM_DISK_GIB: Final = 10
# A Bottlerocket machine has no shell and no SSH; it is reached, if ever, by a session of Systems Manager.
_USER_DATA: Final = f"[settings.kubernetes]\nmax-pods = {PODS_PER_NODE}\n"


def node_role(
    name: str, place: AwsPlace, description: str, parent: pulumi.Resource
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """What a machine may do: join the cluster, pull images, be reached by Systems Manager. Pods have roles of their
    own."""
    return service_role(
        name,
        place,
        trust("ec2.amazonaws.com"),
        description=description,
        parent=parent,
        managed=["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"],
    )


def create(
    name: str, spec: EksClusterSpec, place: AwsPlace, parent: pulumi.Resource, depends_on: Sequence[pulumi.Resource]
) -> eks.NodeGroup:
    """The group, spread over the private subnets; its machines are replaced one by one, and when they fail."""
    nodes = spec.system_nodes
    role, rights = node_role(f"{name}-system-node", place, "Nodes of the platform's pods", parent)
    template = _launch_template(f"{name}-system", nodes.disk_gib, place, parent)
    return eks.NodeGroup(
        f"{name}-system",
        cluster_name=place.cluster_name,
        version=spec.kubernetes_version,
        node_role_arn=role.arn,
        subnet_ids=place.private_subnet_ids,
        ami_type=_IMAGES[architecture(nodes.instance_types[0])],
        capacity_type="ON_DEMAND",
        instance_types=list(nodes.instance_types),
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        scaling_config={"desired_size": nodes.nodes, "min_size": nodes.nodes, "max_size": nodes.most_nodes},
        update_config={"max_unavailable": 1},
        node_repair_config={"enabled": True},
        labels={"mlplatform.dev/pool": "system"},
        opts=place.options(parent, *rights, *depends_on),
    )


def _launch_template(name: str, disk_gib: int, place: AwsPlace, parent: pulumi.Resource) -> ec2.LaunchTemplate:
    return ec2.LaunchTemplate(
        name,
        description="Nodes of the platform's pods",
        update_default_version=True,
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,  # pods are one hop further and must not have the machine's role
            "instance_metadata_tags": "disabled",
        },
        block_device_mappings=[_disk("/dev/xvda", _SYSTEM_DISK_GIB), _disk("/dev/xvdb", disk_gib)],
        user_data=base64.b64encode(_USER_DATA.encode()).decode(),
        # The provider tags the template; what is started from it bears only tags named here.
        tag_specifications=[
            {"resource_type": kind, "tags": {**place.tags, "Name": name}}
            for kind in ("instance", "volume", "network-interface")
        ],
        opts=place.options(parent),
    )


def _disk(device: str, gib: int) -> ec2.LaunchTemplateBlockDeviceMappingArgsDict:
    ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict = {
        "encrypted": "true",
        "volume_type": "gp3",
        "volume_size": gib,
        "delete_on_termination": "true",
    }
    return {"device_name": device, "ebs": ebs}
