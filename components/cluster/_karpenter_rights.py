"""What Karpenter may do in the account: start, tag and end machines of this cluster, and nothing of anybody else's.

The statements follow the project's own policy for version 1.13 (website, reference/cloudformation), less what it needs
to make instance profiles: there is one, made with the nodes' role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

if TYPE_CHECKING:
    from components.aws.identity import Statement
    from components.aws.place import AwsPlace

_DESCRIBED: Final = [
    "CapacityReservations",
    "Images",
    "InstanceStatus",
    "InstanceTypeOfferings",
    "InstanceTypes",
    "Instances",
    "LaunchTemplates",
    "PlacementGroups",
    "SecurityGroups",
    "SpotPriceHistory",
    "Subnets",
]
_MADE: Final = ["fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request"]
_USED: Final = ["security-group", "subnet", "capacity-reservation", "placement-group"]
_LAUNCH: Final = ["ec2:RunInstances", "ec2:CreateFleet"]


def statements(
    place: AwsPlace, node_role_arn: pulumi.Input[str], profile_arn: pulumi.Input[str], queue_arn: pulumi.Input[str]
) -> list[Statement]:
    """The statements of Karpenter's policy."""
    return [
        *_launch(place),
        *_afterwards(place),
        *_read(place),
        _allow(
            "PassNodeRole",
            ["iam:PassRole"],
            node_role_arn,
            StringEquals={"iam:PassedToService": "ec2.amazonaws.com"},
        ),
        _allow("ReadNodeProfile", ["iam:GetInstanceProfile"], profile_arn),
        _allow("HearOfInterruptions", ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], queue_arn),
    ]


def _launch(place: AwsPlace) -> list[Statement]:
    """Machines are started with tags that say whose they are."""
    asked = {"aws:RequestTag/eks:eks-cluster-name": place.cluster_name}
    by_pool = {"aws:RequestTag/karpenter.sh/nodepool": "*"}
    images = [_arn(place, "ec2", kind, account=False) for kind in ("image/*", "snapshot/*")]
    used = [_arn(place, "ec2", f"{kind}/*") for kind in _USED]
    made = [_arn(place, "ec2", f"{kind}/*") for kind in _MADE]
    templates = _arn(place, "ec2", "launch-template/*")
    of_ours = {"aws:ResourceTag/karpenter.sh/nodepool": "*"}
    creating = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    return [
        _allow("UseImagesAndNetwork", _LAUNCH, [*images, *used]),
        _allow("UseOwnTemplates", _LAUNCH, templates, StringEquals=_owned(place), StringLike=of_ours),
        _allow("StartTagged", [*_LAUNCH, "ec2:CreateLaunchTemplate"], made, StringEquals=asked, StringLike=by_pool),
        _allow("TagAtStart", ["ec2:CreateTags"], made, StringEquals={**asked, **creating}, StringLike=by_pool),
    ]


def _afterwards(place: AwsPlace) -> list[Statement]:
    """Of this cluster's machines only: names, and their end."""
    machines, templates = _arn(place, "ec2", "instance/*"), _arn(place, "ec2", "launch-template/*")
    of_ours = {"aws:ResourceTag/karpenter.sh/nodepool": "*"}
    names = {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]}
    tag = _allow("NameMachines", ["ec2:CreateTags"], machines, StringEquals=_owned(place), StringLike=of_ours)
    tag["Condition"]["ForAllValues:StringEquals"] = names
    end = ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"]
    return [
        tag,
        _allow("End", end, [machines, templates], StringEquals=_owned(place), StringLike=of_ours),
    ]


def _read(place: AwsPlace) -> list[Statement]:
    here = {"aws:RequestedRegion": place.region}
    cluster = pulumi.Output.concat(_arn(place, "eks", "cluster/"), place.cluster_name)
    return [
        _allow("Describe", [f"ec2:Describe{each}" for each in _DESCRIBED], "*", StringEquals=here),
        _allow("ReadImages", ["ssm:GetParameter"], _arn(place, "ssm", "parameter/aws/service/*", account=False)),
        _allow("ReadPrices", ["pricing:GetProducts"], "*"),
        _allow("ListProfiles", ["iam:ListInstanceProfiles"], "*"),
        _allow("FindCluster", ["eks:DescribeCluster"], cluster),
    ]


def _owned(place: AwsPlace) -> dict[str, Any]:
    """Karpenter tags all that it makes with `eks:eks-cluster-name`."""
    return {"aws:ResourceTag/eks:eks-cluster-name": place.cluster_name}


def _arn(place: AwsPlace, service: str, resource: str, *, account: bool = True) -> pulumi.Output[str]:
    of_whom = place.account_id if account else ""
    return pulumi.Output.concat("arn:", place.partition, f":{service}:{place.region}:", of_whom, f":{resource}")


def _allow(sid: str, actions: list[str], resources: object, **condition: dict[str, Any]) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement
