"""Secrets and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _delete_secret(work: Work) -> None:
    if work.call("secretsmanager", "describe_secret", SecretId=work.id).get("DeletedDate"):
        return
    days = work.inputs.get("recoveryWindowInDays", 30)
    how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    work.call("secretsmanager", "delete_secret", SecretId=work.id, **how)


def _read_secret(work: Work) -> dict[str, Any] | None:
    secret = work.call("secretsmanager", "describe_secret", SecretId=work.id)
    return None if secret.get("DeletedDate") else secret


SECRET = Kind(
    "aws:secretsmanager/secret:Secret",
    create=Call("secretsmanager", "create_secret", inputs=True),
    read=_read_secret,
    described=Call("secretsmanager", "describe_secret"),
    delete=_delete_secret,
    id="@ARN",
    updates=(
        Update(
            ("description", "kmsKeyId"),
            Call(
                "secretsmanager",
                "update_secret",
                {"SecretId": "{id}", "Description": "{description}", "KmsKeyId": "{kmsKeyId}"},
            ),
        ),
        Update(
            ("policy",),
            Call("secretsmanager", "put_resource_policy", {"SecretId": "{id}", "ResourcePolicy": "{policy}"}),
            at_create=True,
        ),
    ),
    names={"replicas": "AddReplicaRegions"},
    replace=("name", "namePrefix"),
    outputs={"arn": "ARN"},
    name="name",
    name_length=512,
    tagging=Tagging("secretsmanager", "tag_resource", "untag_resource", {"SecretId": "{id}"}),
    local=("namePrefix", "recoveryWindowInDays", "policy"),
    references={"kmsKeyId": "key"},
    checks=(policy("policy", attached=True),),
)


def _read_version(work: Work) -> dict[str, Any] | None:
    """That it is there; its value stays in the engine's state."""
    secret, version = work.id.split("|")
    stages: dict[str, list[str]] = work.call("secretsmanager", "describe_secret", SecretId=secret).get(
        "VersionIdsToStages", {}
    )
    return {"VersionId": version, "ARN": secret, "VersionStages": stages[version]} if version in stages else None


SECRET_VERSION = Kind(
    "aws:secretsmanager/secretVersion:SecretVersion",
    create=Call("secretsmanager", "put_secret_value", inputs=True),
    read=_read_version,
    delete=None,
    id="{secretId}|{versionId}",
    replace=("secretId", "secretString", "secretBinary"),
    outputs={"versionId": "VersionId", "arn": "ARN", "versionStages": "VersionStages"},
    forms={"secretArn": "{secretId}"},
    secrets=("secretString", "secretBinary"),
)

KINDS = (SECRET, SECRET_VERSION)
