"""Image repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Problem, Tagging, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Kind(
    "aws:ecr/repository:Repository",
    create=Call("ecr", "create_repository", inputs=True, answer="repository"),
    read=Call("ecr", "describe_repositories", {"repositoryNames": ["{id}"]}, answer="repositories[0]"),
    delete=Call("ecr", "delete_repository", {"repositoryName": "{id}", "force": "{forceDelete}"}),
    id="{name}",
    updates=(
        Update(
            ("imageTagMutability", "imageTagMutabilityExclusionFilters"),
            Call(
                "ecr",
                "put_image_tag_mutability",
                {"repositoryName": "{id}", "imageTagMutability": "{imageTagMutability}"},
            ),
        ),
        Update(
            ("imageScanningConfiguration",),
            Call(
                "ecr",
                "put_image_scanning_configuration",
                {"repositoryName": "{id}", "imageScanningConfiguration": "{imageScanningConfiguration}"},
            ),
        ),
    ),
    names={"name": "repositoryName"},
    replace=("name", "encryptionConfigurations"),
    outputs={"arn": "repositoryArn", "registryId": "registryId"},
    forms={"repositoryUrl": "{account}.dkr.ecr.{region}.amazonaws.com/{name}"},
    name="name",
    name_length=256,
    tagging=Tagging("ecr", "tag_resource", "untag_resource", {"resourceArn": "{arn}"}),
    local=("forceDelete",),
    references={"encryptionConfigurations.kmsKey": "key"},
)


def _check_rules(inputs: Mapping[str, Any]) -> list[Problem]:
    text = inputs.get("policy")
    if not isinstance(text, str):
        return []
    try:
        fine = bool(json.loads(text).get("rules"))
    except (ValueError, AttributeError):
        fine = False
    reason = "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText': a JSON object with rules is wanted"
    return [] if fine else [Problem("policy", reason)]


_REPOSITORY = {"repositoryName": "{repository}"}

LIFECYCLE = Kind(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    create=Call("ecr", "put_lifecycle_policy", inputs=True),
    read=Call("ecr", "get_lifecycle_policy", _REPOSITORY),
    delete=Call("ecr", "delete_lifecycle_policy", _REPOSITORY),
    id="{repository}",
    put=True,
    names={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
    replace=("repository",),
    outputs={"registryId": "registryId"},
    checks=(_check_rules,),
)

KINDS = (REPOSITORY, LIFECYCLE)
