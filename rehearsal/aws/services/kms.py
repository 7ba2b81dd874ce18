"""Keys and their aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _kms(operation: str, **parameters: Any) -> Call:  # noqa: ANN401 - templates
    return Call("kms", operation, parameters)


def _read_key(work: Work) -> dict[str, Any] | None:
    key: dict[str, Any] = work.call("kms", "describe_key", KeyId=work.id)["KeyMetadata"]
    return None if key["KeyState"] == "PendingDeletion" else key


def _rotate(work: Work) -> None:
    if not work.inputs.get("enableKeyRotation"):
        work.call("kms", "disable_key_rotation", KeyId=work.id)
        return
    period = work.inputs.get("rotationPeriodInDays")
    work.call("kms", "enable_key_rotation", KeyId=work.id, **({"RotationPeriodInDays": period} if period else {}))


def _enable(work: Work) -> None:
    work.call("kms", "enable_key" if work.inputs.get("isEnabled", True) else "disable_key", KeyId=work.id)


KEY = Kind(
    "aws:kms/key:Key",
    create=Call("kms", "create_key", inputs=True, answer="KeyMetadata"),
    read=_read_key,
    described=Call("kms", "describe_key", answer="KeyMetadata"),
    delete=_kms("schedule_key_deletion", KeyId="{id}", PendingWindowInDays="{deletionWindowInDays}"),
    id="@KeyId",
    updates=(
        Update(("enableKeyRotation", "rotationPeriodInDays"), _rotate, at_create=True),
        Update(("isEnabled",), _enable),
        Update(("description",), _kms("update_key_description", KeyId="{id}", Description="{description}")),
        Update(("policy",), _kms("put_key_policy", KeyId="{id}", PolicyName="default", Policy="{policy}")),
    ),
    replace=("customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"),
    outputs={"arn": "Arn", "keyId": "KeyId"},
    tagging=Tagging("kms", "tag_resource", "untag_resource", {"KeyId": "{id}"}),
    local=("deletionWindowInDays", "isEnabled", "enableKeyRotation", "rotationPeriodInDays"),
    checks=(policy("policy", attached=True),),
)


def _read_alias(work: Work) -> dict[str, Any] | None:
    aliases = work.call("kms", "list_aliases")["Aliases"]
    return next((each for each in aliases if each["AliasName"] == work.id and each.get("TargetKeyId")), None)


def _target_arn(work: Work) -> str:
    target = str(work.inputs["targetKeyId"])
    return target if target.startswith("arn:") else "arn:{partition}:kms:{region}:{account}:key/{targetKeyId}"


ALIAS = Kind(
    "aws:kms/alias:Alias",
    create=Call("kms", "create_alias", inputs=True),
    read=_read_alias,
    delete=_kms("delete_alias", AliasName="{id}"),
    id="{name}",
    updates=(Update(("targetKeyId",), _kms("update_alias", AliasName="{id}", TargetKeyId="{targetKeyId}")),),
    names={"name": "AliasName"},
    replace=("name", "namePrefix"),
    outputs={"arn": "AliasArn"},
    forms={"targetKeyArn": _target_arn},
    changing=("targetKeyArn",),
    name="name",
    local=("namePrefix",),
    references={"targetKeyId": "key"},
)

KINDS = (KEY, ALIAS)
