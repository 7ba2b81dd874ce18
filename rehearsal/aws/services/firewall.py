"""Security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Update
from rehearsal.aws.services._ec2 import arn, described, on, tagged
from rehearsal.aws.services.network import cidr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

_EVERYWHERE = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
"""The rule that lets everything out, with which AWS creates a group."""


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """An inline rule as EC2 writes it."""
    described_as = {"Description": rule["description"]} if rule.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(rule["protocol"])}
    if permission["IpProtocol"] != "-1":
        permission |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    permission["IpRanges"] = [{"CidrIp": block, **described_as} for block in rule.get("cidrBlocks") or ()]
    permission["Ipv6Ranges"] = [{"CidrIpv6": block, **described_as} for block in rule.get("ipv6CidrBlocks") or ()]
    permission["PrefixListIds"] = [{"PrefixListId": each, **described_as} for each in rule.get("prefixListIds") or ()]
    groups = rule.get("securityGroups") or ()
    permission["UserIdGroupPairs"] = [{"GroupId": group, **described_as} for group in groups]
    return permission


def _set_rules(work: Work) -> None:
    """Inline rules: what the program says is what there is."""
    for name, revoke, allow, found in (
        ("ingress", "revoke_security_group_ingress", "authorize_security_group_ingress", "IpPermissions"),
        ("egress", "revoke_security_group_egress", "authorize_security_group_egress", "IpPermissionsEgress"),
    ):
        group = work.call("ec2", "describe_security_groups", GroupIds=[work.id])["SecurityGroups"][0]
        if group.get(found):
            work.call("ec2", revoke, GroupId=work.id, IpPermissions=group[found])
        if work.inputs.get(name):
            work.call("ec2", allow, GroupId=work.id, IpPermissions=[_permission(rule) for rule in work.inputs[name]])


def _create_group(work: Work) -> dict[str, Any]:
    """A group without the rule that AWS gives it, as the real provider makes it."""
    answer = work.run(_CREATE_GROUP)
    work.id = answer["GroupId"]
    work.call("ec2", "revoke_security_group_egress", GroupId=work.id, IpPermissions=[_permission(_EVERYWHERE)])
    return {"GroupId": work.id}


_CREATE_GROUP = Call("ec2", "create_security_group", {"Description": "{description}"}, inputs=True)
_GROUP = described("describe_security_groups", "GroupIds", "SecurityGroups[0]")
_GROUP_OUTPUTS = {"ownerId": "OwnerId", "vpcId": "VpcId"}

SECURITY_GROUP = Kind(
    "aws:ec2/securityGroup:SecurityGroup",
    create=_create_group,
    read=_GROUP,
    delete=on("delete_security_group", {"GroupId": "{id}"}),
    id="@GroupId",
    updates=(Update(("ingress", "egress"), _set_rules, at_create=True),),
    names={"name": "GroupName"},
    replace=("vpcId", "name", "namePrefix", "description"),
    outputs=_GROUP_OUTPUTS,
    forms={"arn": arn("security-group"), "description": "Managed by Pulumi"},
    name="name",
    tagging=tagged("security-group"),
    local=("revokeRulesOnDelete", "ingress", "egress", "namePrefix"),
    references={"vpcId": "vpc"},
)


def _adopt_default_group(work: Work) -> dict[str, Any]:
    """The group that every VPC has; the resource takes it over and closes it."""
    filters = [{"Name": "group-name", "Values": ["default"]}]
    if work.inputs.get("vpcId"):
        filters.append({"Name": "vpc-id", "Values": [work.inputs["vpcId"]]})
    group: dict[str, Any] = work.call("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"][0]
    work.id = group["GroupId"]
    _set_rules(work)
    return group


DEFAULT_SECURITY_GROUP = Kind(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    create=_adopt_default_group,
    read=_GROUP,
    delete=None,
    id="@GroupId",
    updates=(Update(("ingress", "egress"), _set_rules),),
    replace=("vpcId",),
    outputs={**_GROUP_OUTPUTS, "name": "GroupName", "description": "Description"},
    forms={"arn": arn("security-group")},
    tagging=tagged("security-group"),
    references={"vpcId": "vpc"},
)


def _rule_permission(work: Work) -> dict[str, Any]:
    given = work.inputs
    described_as = {"Description": given["description"]} if given.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(given["ipProtocol"])}
    if permission["IpProtocol"] != "-1":
        permission |= {"FromPort": int(given.get("fromPort", -1)), "ToPort": int(given.get("toPort", -1))}
    if given.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": given["cidrIpv4"], **described_as}]
    if given.get("cidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": given["cidrIpv6"], **described_as}]
    if given.get("prefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": given["prefixListId"], **described_as}]
    if given.get("referencedSecurityGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": given["referencedSecurityGroupId"], **described_as}]
    return permission


def _change_rule(work: Work) -> None:
    given = work.inputs
    rule = {
        "IpProtocol": str(given["ipProtocol"]),
        "FromPort": given.get("fromPort", -1),
        "ToPort": given.get("toPort", -1),
        "CidrIpv4": given.get("cidrIpv4"),
        "CidrIpv6": given.get("cidrIpv6"),
        "PrefixListId": given.get("prefixListId"),
        "ReferencedGroupId": given.get("referencedSecurityGroupId"),
        "Description": given.get("description"),
    }
    change = {"SecurityGroupRuleId": work.id, "SecurityGroupRule": {k: v for k, v in rule.items() if v is not None}}
    work.call("ec2", "modify_security_group_rules", GroupId=given["securityGroupId"], SecurityGroupRules=[change])


_RULE = (
    "ipProtocol",
    "fromPort",
    "toPort",
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedSecurityGroupId",
    "description",
)


def _rule(direction: str) -> Kind:
    lower = direction.lower()

    def create(work: Work) -> dict[str, Any]:
        answer = work.call(
            "ec2",
            f"authorize_security_group_{lower}",
            GroupId=work.inputs["securityGroupId"],
            IpPermissions=[_rule_permission(work)],
        )
        rule: dict[str, Any] = answer["SecurityGroupRules"][0]
        return rule

    return Kind(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        create=create,
        read=Call(
            "ec2",
            "describe_security_group_rules",
            {"SecurityGroupRuleIds": ["{id}"]},
            answer="SecurityGroupRules[0]",
        ),
        delete=on(f"revoke_security_group_{lower}", {"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]}),
        id="@SecurityGroupRuleId",
        updates=(Update(_RULE, _change_rule),),
        replace=("securityGroupId",),
        outputs={"securityGroupRuleId": "SecurityGroupRuleId"},
        forms={"arn": arn("security-group-rule")},
        tagging=tagged("security-group-rule"),
        references={"securityGroupId": "security group", "referencedSecurityGroupId": "security group"},
        checks=(cidr("cidrIpv4"),),
    )


KINDS = (SECURITY_GROUP, DEFAULT_SECURITY_GROUP, _rule("Ingress"), _rule("Egress"))
