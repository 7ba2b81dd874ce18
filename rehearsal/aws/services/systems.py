"""Systems Manager: parameters and activations of machines; IAM Roles Anywhere."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _activation_code(_work: Work) -> str:
    return secrets.token_urlsafe(15)


ACTIVATION = Kind(
    "aws:ssm/activation:Activation",
    create=Call("ssm", "create_activation", inputs=True),
    read=Call(
        "ssm",
        "describe_activations",
        {"Filters": [{"FilterKey": "ActivationIds", "FilterValues": ["{id}"]}]},
        answer="ActivationList[0]",
    ),
    delete=Call("ssm", "delete_activation", {"ActivationId": "{id}"}),
    id="{uuid}",
    names={"name": "DefaultInstanceName"},
    replace=("description", "expirationDate", "iamRole", "name", "registrationLimit", "tags"),
    outputs={"expired": "Expired", "registrationCount": "RegistrationsCount"},
    forms={"activationCode": _activation_code, "expired": False, "registrationCount": 0},
    secrets=("activationCode",),
    name="name",
    tagging=Tagging("ssm", "add_tags_to_resource", "remove_tags_from_resource", {"ResourceId": "{id}"}),
    references={"iamRole": "role"},
)


def _put_parameter(work: Work) -> dict[str, Any]:
    given = work.inputs
    parameter = {
        "Name": given["name"],
        "Type": given["type"],
        "Value": given.get("value") or given.get("insecureValue"),
        "Description": given.get("description"),
        "KeyId": given.get("keyId"),
        "Tier": given.get("tier"),
        "DataType": given.get("dataType"),
        "AllowedPattern": given.get("allowedPattern"),
        "Overwrite": bool(work.id) or given.get("overwrite"),
    }
    return work.call("ssm", "put_parameter", **{name: value for name, value in parameter.items() if value is not None})


def _read_parameter(work: Work) -> dict[str, Any]:
    """Without its value, which stays in the engine's state."""
    answer: dict[str, Any] = work.call("ssm", "get_parameter", Name=work.id)["Parameter"]
    return {name: value for name, value in answer.items() if name != "Value"}


PARAMETER = Kind(
    "aws:ssm/parameter:Parameter",
    create=_put_parameter,
    read=_read_parameter,
    delete=Call("ssm", "delete_parameter", {"Name": "{id}"}),
    id="{name}",
    put=True,
    replace=("name", "type", "dataType"),
    outputs={"arn": "ARN", "version": "Version"},
    changing=("version",),
    name="name",
    tagging=Tagging(
        "ssm",
        "add_tags_to_resource",
        "remove_tags_from_resource",
        {"ResourceType": "Parameter", "ResourceId": "{id}"},
    ),
    references={"keyId": "key"},
)


def _anywhere(operation: str, parameter: str) -> Call:
    return Call("rolesanywhere", operation, {parameter: "{id}"})


_ANYWHERE_TAGS = Tagging("rolesanywhere", "tag_resource", "untag_resource", {"resourceArn": "{arn}"})

TRUST_ANCHOR = Kind(
    "aws:rolesanywhere/trustAnchor:TrustAnchor",
    create=Call("rolesanywhere", "create_trust_anchor", inputs=True, answer="trustAnchor"),
    read=Call("rolesanywhere", "get_trust_anchor", {"trustAnchorId": "{id}"}, answer="trustAnchor"),
    delete=_anywhere("delete_trust_anchor", "trustAnchorId"),
    id="{uuid}",
    updates=(
        Update(("enabled",), _anywhere("enable_trust_anchor", "trustAnchorId")),
        Update(
            ("source", "name"), Call("rolesanywhere", "update_trust_anchor", {"trustAnchorId": "{id}"}, inputs=True)
        ),
    ),
    outputs={"arn": "trustAnchorArn"},
    forms={"arn": "arn:{partition}:rolesanywhere:{region}:{account}:trust-anchor/{uuid}"},
    name="name",
    unique="{name}",
    tagging=_ANYWHERE_TAGS,
    regional=False,
)

PROFILE = Kind(
    "aws:rolesanywhere/profile:Profile",
    create=Call("rolesanywhere", "create_profile", inputs=True, answer="profile"),
    read=Call("rolesanywhere", "get_profile", {"profileId": "{id}"}, answer="profile"),
    delete=_anywhere("delete_profile", "profileId"),
    id="{uuid}",
    updates=(
        Update(("enabled",), _anywhere("enable_profile", "profileId")),
        Update(
            ("roleArns", "durationSeconds", "managedPolicyArns", "sessionPolicy", "name", "acceptRoleSessionName"),
            Call("rolesanywhere", "update_profile", {"profileId": "{id}"}, inputs=True),
        ),
    ),
    replace=("requireInstanceProperties",),
    outputs={"arn": "profileArn"},
    forms={"arn": "arn:{partition}:rolesanywhere:{region}:{account}:profile/{uuid}"},
    name="name",
    unique="{name}",
    tagging=_ANYWHERE_TAGS,
    references={"roleArns": "role"},
    checks=(policy("sessionPolicy"),),
    regional=False,
)

KINDS = (ACTIVATION, PARAMETER, TRUST_ANCHOR, PROFILE)
