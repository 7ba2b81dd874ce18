"""Roles, their policies and instance profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _iam(operation: str, **parameters: Any) -> Call:  # noqa: ANN401 - templates
    return Call("iam", operation, parameters)


def _set_managed_policies(work: Work) -> None:
    before, after = set(work.old.get("managedPolicyArns") or ()), set(work.inputs.get("managedPolicyArns") or ())
    for arn in sorted(before - after):
        work.call("iam", "detach_role_policy", RoleName=work.id, PolicyArn=arn)
    for arn in sorted(after - before):
        work.call("iam", "attach_role_policy", RoleName=work.id, PolicyArn=arn)


def _set_inline_policies(work: Work) -> None:
    before = {each["name"] for each in work.old.get("inlinePolicies") or () if each.get("name")}
    after = {each["name"]: each["policy"] for each in work.inputs.get("inlinePolicies") or () if each.get("name")}
    for name in sorted(before - set(after)):
        work.call("iam", "delete_role_policy", RoleName=work.id, PolicyName=name)
    for name, document in sorted(after.items()):
        work.call("iam", "put_role_policy", RoleName=work.id, PolicyName=name, PolicyDocument=document)


def _delete_role(work: Work) -> None:
    """As the real provider: what the program attached by the role itself goes with it; ``force`` takes the rest."""
    forced = work.inputs.get("forceDetachPolicies")
    if forced or work.inputs.get("managedPolicyArns"):
        for each in work.call("iam", "list_attached_role_policies", RoleName=work.id)["AttachedPolicies"]:
            work.call("iam", "detach_role_policy", RoleName=work.id, PolicyArn=each["PolicyArn"])
    if forced or work.inputs.get("inlinePolicies"):
        for name in work.call("iam", "list_role_policies", RoleName=work.id)["PolicyNames"]:
            work.call("iam", "delete_role_policy", RoleName=work.id, PolicyName=name)
    work.call("iam", "delete_role", RoleName=work.id)


ROLE = Kind(
    "aws:iam/role:Role",
    create=Call("iam", "create_role", inputs=True, answer="Role"),
    read=Call("iam", "get_role", {"RoleName": "{id}"}, answer="Role"),
    delete=_delete_role,
    id="{name}",
    updates=(
        Update(
            ("assumeRolePolicy",),
            _iam("update_assume_role_policy", RoleName="{id}", PolicyDocument="{assumeRolePolicy}"),
        ),
        Update(
            ("description", "maxSessionDuration"),
            _iam(
                "update_role", RoleName="{id}", Description="{description}", MaxSessionDuration="{maxSessionDuration}"
            ),
        ),
        Update(
            ("permissionsBoundary",),
            _iam("put_role_permissions_boundary", RoleName="{id}", PermissionsBoundary="{permissionsBoundary}"),
        ),
        Update(("managedPolicyArns",), _set_managed_policies, at_create=True),
        Update(("inlinePolicies",), _set_inline_policies, at_create=True),
    ),
    names={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    replace=("name", "namePrefix", "path"),
    outputs={"arn": "Arn", "uniqueId": "RoleId", "createDate": "CreateDate", "path": "Path"},
    name="name",
    name_length=64,
    tagging=Tagging("iam", "tag_role", "untag_role", {"RoleName": "{id}"}),
    local=("forceDetachPolicies", "namePrefix", "managedPolicyArns", "inlinePolicies"),
    checks=(policy("assumeRolePolicy", trust=True),),
    regional=False,
)

ROLE_POLICY = Kind(
    "aws:iam/rolePolicy:RolePolicy",
    create=Call("iam", "put_role_policy", inputs=True),
    read=_iam("get_role_policy", RoleName="{role}", PolicyName="{name}"),
    delete=_iam("delete_role_policy", RoleName="{role}", PolicyName="{name}"),
    id="{role}:{name}",
    put=True,
    names={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
    replace=("role", "name", "namePrefix"),
    name="name",
    name_length=128,
    local=("namePrefix",),
    references={"role": "role"},
    checks=(policy("policy"),),
    regional=False,
)


def _find_attachment(work: Work) -> dict[str, Any] | None:
    attached = work.call("iam", "list_attached_role_policies", RoleName=work.values()["role"])["AttachedPolicies"]
    return next((each for each in attached if each["PolicyArn"] == work.values()["policyArn"]), None)


ROLE_POLICY_ATTACHMENT = Kind(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    create=Call("iam", "attach_role_policy", inputs=True),
    read=_find_attachment,
    delete=_iam("detach_role_policy", RoleName="{role}", PolicyArn="{policyArn}"),
    id="{role}/{policyArn}",
    names={"role": "RoleName"},
    replace=("role", "policyArn"),
    references={"role": "role", "policyArn": "policy"},
    regional=False,
)


def _set_role(work: Work) -> None:
    if work.old.get("role"):
        work.call("iam", "remove_role_from_instance_profile", InstanceProfileName=work.id, RoleName=work.old["role"])
    if work.inputs.get("role"):
        work.call("iam", "add_role_to_instance_profile", InstanceProfileName=work.id, RoleName=work.inputs["role"])


def _delete_profile(work: Work) -> None:
    profile = work.call("iam", "get_instance_profile", InstanceProfileName=work.id)["InstanceProfile"]
    for role in profile["Roles"]:
        work.call("iam", "remove_role_from_instance_profile", InstanceProfileName=work.id, RoleName=role["RoleName"])
    work.call("iam", "delete_instance_profile", InstanceProfileName=work.id)


INSTANCE_PROFILE = Kind(
    "aws:iam/instanceProfile:InstanceProfile",
    create=Call("iam", "create_instance_profile", inputs=True, answer="InstanceProfile"),
    read=Call("iam", "get_instance_profile", {"InstanceProfileName": "{id}"}, answer="InstanceProfile"),
    delete=_delete_profile,
    id="{name}",
    updates=(Update(("role",), _set_role, at_create=True),),
    names={"name": "InstanceProfileName"},
    replace=("name", "namePrefix", "path"),
    outputs={"arn": "Arn", "uniqueId": "InstanceProfileId", "createDate": "CreateDate", "path": "Path"},
    name="name",
    name_length=128,
    tagging=Tagging("iam", "tag_instance_profile", "untag_instance_profile", {"InstanceProfileName": "{id}"}),
    local=("namePrefix",),
    references={"role": "role"},
    regional=False,
)

KINDS = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, INSTANCE_PROFILE)
