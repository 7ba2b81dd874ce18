"""Launch templates and placement groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Update
from rehearsal.aws.services._ec2 import arn, described, on, tagged
from rehearsal.aws.shapes import translate
from rehearsal.aws.tags import at_creation

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

_TEMPLATE_LOCAL = (
    "name",
    "namePrefix",
    "description",
    "defaultVersion",
    "updateDefaultVersion",
    "tags",
    "tagsAll",
    "region",
)
_TEMPLATE_NAMES = {
    "vpcSecurityGroupIds": "SecurityGroupIds",
    "securityGroupNames": "SecurityGroups",
    "disableApiTermination": "DisableApiTermination",
    "ebsOptimized": "EbsOptimized",
    "networkInterfaces.securityGroups": "Groups",
    "networkInterfaces.ipv4AddressCount": "SecondaryPrivateIpAddressCount",
}


def _data(work: Work) -> dict[str, Any]:
    shape = work.account.operation("ec2", "create_launch_template").input_shape.members["LaunchTemplateData"]
    translation = translate(work.inputs, shape, _TEMPLATE_NAMES, _TEMPLATE_LOCAL)
    work.gaps |= dict.fromkeys(translation.unmatched, "no call of the stand-in takes it")
    return translation.parameters


def _create_template(work: Work) -> dict[str, Any]:
    more: dict[str, Any] = {"VersionDescription": work.inputs["description"]} if work.inputs.get("description") else {}
    shape = work.account.operation("ec2", "create_launch_template").input_shape
    more |= at_creation(work.inputs.get("tagsAll") or {}, shape, tagged("launch-template"))
    answer: dict[str, Any] = work.call(
        "ec2",
        "create_launch_template",
        LaunchTemplateName=work.inputs["name"],
        LaunchTemplateData=_data(work),
        **more,
    )["LaunchTemplate"]
    return answer


def _new_version(work: Work) -> None:
    made = work.call("ec2", "create_launch_template_version", LaunchTemplateId=work.id, LaunchTemplateData=_data(work))[
        "LaunchTemplateVersion"
    ]
    if work.inputs.get("updateDefaultVersion") or work.inputs.get("defaultVersion"):
        version = work.inputs.get("defaultVersion") or made["VersionNumber"]
        work.call("ec2", "modify_launch_template", LaunchTemplateId=work.id, DefaultVersion=str(version))


LAUNCH_TEMPLATE = Kind(
    "aws:ec2/launchTemplate:LaunchTemplate",
    create=_create_template,
    read=described("describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates[0]"),
    delete=on("delete_launch_template", {"LaunchTemplateId": "{id}"}),
    id="@LaunchTemplateId",
    updates=(
        Update(
            (
                "blockDeviceMappings",
                "capacityReservationSpecification",
                "ebsOptimized",
                "imageId",
                "instanceMarketOptions",
                "instanceType",
                "metadataOptions",
                "monitoring",
                "networkInterfaces",
                "placement",
                "tagSpecifications",
                "userData",
                "vpcSecurityGroupIds",
                "description",
                "defaultVersion",
                "updateDefaultVersion",
            ),
            _new_version,
        ),
    ),
    replace=("name", "namePrefix"),
    outputs={
        "latestVersion": "LatestVersionNumber",
        "defaultVersion": "DefaultVersionNumber",
    },
    forms={"arn": arn("launch-template")},
    changing=("latestVersion", "defaultVersion"),
    name="name",
    name_length=125,
    tagging=tagged("launch-template"),
    references={"vpcSecurityGroupIds": "security group"},
)

PLACEMENT_GROUP = Kind(
    "aws:ec2/placementGroup:PlacementGroup",
    create=Call("ec2", "create_placement_group", inputs=True, answer="PlacementGroup"),
    read=Call("ec2", "describe_placement_groups", {"GroupNames": ["{id}"]}, answer="PlacementGroups[0]"),
    delete=on("delete_placement_group", {"GroupName": "{id}"}),
    id="{name}",
    names={"name": "GroupName"},
    replace=("name", "strategy", "partitionCount", "spreadLevel"),
    outputs={"placementGroupId": "GroupId"},
    forms={"placementGroupId": "pg-{hex17}", "arn": arn("placement-group")},
    name="name",
    tagging=tagged("placement-group"),
)

KINDS = (LAUNCH_TEMPLATE, PLACEMENT_GROUP)
