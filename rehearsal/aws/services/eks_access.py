"""What belongs to an EKS cluster: add-ons, access entries and pod identities."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Problem, Update
from rehearsal.aws.services.eks import TAGGING
from rehearsal.aws.services.eks_versions import ADDON_VERSIONS
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+")
_ADDON = {"clusterName": "{clusterName}", "addonName": "{addonName}"}


def _check_addon(inputs: Mapping[str, Any]) -> list[Problem]:
    """What EKS says of an add-on that it does not have, or of settings that are no document."""
    name, settings = inputs.get("addonName"), inputs.get("configurationValues")
    problems = []
    if isinstance(name, str) and name not in ADDON_VERSIONS:
        problems.append(Problem("addonName", f"InvalidParameterException: Addon {name} specified is not supported"))
    if isinstance(settings, str):
        try:
            json.loads(settings)
        except ValueError:
            # EKS takes YAML as well; the house writes JSON.
            problems.append(
                Problem("configurationValues", "InvalidParameterException: ConfigurationValue is not in JSON format")
            )
    return problems


def _default_version(work: Work) -> str | None:
    return ADDON_VERSIONS.get(str(work.inputs.get("addonName")))


ADDON = Kind(
    "aws:eks/addon:Addon",
    create=Call("eks", "create_addon", inputs=True, answer="addon"),
    read=Call("eks", "describe_addon", _ADDON, answer="addon"),
    delete=Call("eks", "delete_addon", {**_ADDON, "preserve": "{preserve}"}),
    id="{clusterName}:{addonName}",
    updates=(
        Update(
            ("addonVersion", "configurationValues", "serviceAccountRoleArn", "podIdentityAssociations"),
            Call("eks", "update_addon", inputs=True),
        ),
    ),
    names={
        "resolveConflictsOnCreate": "resolveConflicts",
        "resolveConflictsOnUpdate": "resolveConflicts",
        "podIdentityAssociations.serviceAccount": "serviceAccount",
    },
    replace=("clusterName", "addonName"),
    outputs={
        "arn": "addonArn",
        "addonVersion": "addonVersion",
        "createdAt": "createdAt",
        "modifiedAt": "modifiedAt",
    },
    forms={
        "arn": "arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}/{uuid}",
        "addonVersion": _default_version,
        "createdAt": "{now}",
        "modifiedAt": "{now}",
    },
    tagging=TAGGING,
    local=("preserve", "resolveConflictsOnUpdate"),
    references={"clusterName": "cluster", "serviceAccountRoleArn": "role"},
    checks=(_check_addon,),
)


def _check_principal(inputs: Mapping[str, Any]) -> list[Problem]:
    """The form alone: people's roles are the account's, which a rehearsal does not have."""
    arn = inputs.get("principalArn")
    if not isinstance(arn, str) or _PRINCIPAL.fullmatch(arn):
        return []
    reason = "InvalidParameterException: The specified principalArn is invalid: invalid principal"
    return [Problem("principalArn", f"{reason}, got {arn!r}")]


def _principal_path(work: Work) -> str:
    """``role/<account>/<name>``, as access entries' ARNs have it."""
    _, _, _, _, account, resource = str(work.inputs["principalArn"]).split(":", 5)
    kind, _, name = resource.partition("/")
    return f"{kind}/{account}/{name.split('/')[-1]}"


_ENTRY = {"clusterName": "{clusterName}", "principalArn": "{principalArn}"}

ACCESS_ENTRY = Kind(
    "aws:eks/accessEntry:AccessEntry",
    create=Call("eks", "create_access_entry", inputs=True, answer="accessEntry"),
    read=Call("eks", "describe_access_entry", _ENTRY, answer="accessEntry"),
    delete=Call("eks", "delete_access_entry", _ENTRY),
    id="{clusterName}:{principalArn}",
    updates=(Update(("kubernetesGroups", "userName"), Call("eks", "update_access_entry", inputs=True)),),
    names={"userName": "username"},
    replace=("clusterName", "principalArn", "type"),
    outputs={"accessEntryArn": "accessEntryArn", "createdAt": "createdAt", "modifiedAt": "modifiedAt"},
    forms={
        "accessEntryArn": lambda work: (
            f"arn:{{partition}}:eks:{{region}}:{{account}}:access-entry/{{clusterName}}/{_principal_path(work)}/{{uuid}}"
        ),
        "createdAt": "{now}",
        "modifiedAt": "{now}",
        "type": "STANDARD",
    },
    tagging=replace(TAGGING, target={"resourceArn": "{accessEntryArn}"}),
    references={"clusterName": "cluster"},
    checks=(_check_principal,),
)


def _check_policy(inputs: Mapping[str, Any]) -> list[Problem]:
    arn, scope = inputs.get("policyArn"), inputs.get("accessScope")
    problems = []
    if isinstance(arn, str) and not arn.startswith("arn:aws:eks::aws:cluster-access-policy/"):
        problems.append(
            Problem("policyArn", f"InvalidParameterException: The policyArn parameter format is not valid: {arn}")
        )
    if isinstance(scope, dict) and scope.get("type") == "namespace" and not scope.get("namespaces"):
        problems.append(
            Problem("accessScope", "InvalidParameterException: The namespaces parameter is required for this scope")
        )
    if isinstance(scope, dict) and scope.get("type") not in ("cluster", "namespace", UNKNOWN):
        problems.append(Problem("accessScope", f"InvalidParameterException: Unknown access scope {scope.get('type')}"))
    return problems


ACCESS_POLICY = Kind(
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    create=Call("eks", "associate_access_policy", inputs=True, answer="associatedAccessPolicy"),
    read=Call("eks", "list_associated_access_policies", _ENTRY, answer="associatedAccessPolicies[0]"),
    delete=Call("eks", "disassociate_access_policy", {**_ENTRY, "policyArn": "{policyArn}"}),
    id="{clusterName}#{principalArn}#{policyArn}",
    replace=("clusterName", "principalArn", "policyArn", "accessScope"),
    outputs={"associatedAt": "associatedAt", "modifiedAt": "modifiedAt"},
    forms={"associatedAt": "{now}", "modifiedAt": "{now}"},
    references={"clusterName": "cluster"},
    checks=(_check_principal, _check_policy),
)

_ASSOCIATION = {"clusterName": "{clusterName}", "associationId": "{id}"}

POD_IDENTITY = Kind(
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    create=Call("eks", "create_pod_identity_association", inputs=True, answer="association"),
    read=Call("eks", "describe_pod_identity_association", _ASSOCIATION, answer="association"),
    delete=Call("eks", "delete_pod_identity_association", _ASSOCIATION),
    id="{associationId}",
    updates=(
        Update(
            ("roleArn", "targetRoleArn", "disableSessionTags"),
            Call(
                "eks",
                "update_pod_identity_association",
                {**_ASSOCIATION, "roleArn": "{roleArn}", "targetRoleArn": "{targetRoleArn}"},
            ),
        ),
    ),
    replace=("clusterName", "namespace", "serviceAccount"),
    outputs={"associationId": "associationId", "associationArn": "associationArn"},
    forms={
        "associationId": "a-{hex17}",
        "associationArn": "arn:{partition}:eks:{region}:{account}:podidentityassociation/{clusterName}/{associationId}",
    },
    unique="{clusterName}/{namespace}/{serviceAccount}",
    tagging=replace(TAGGING, target={"resourceArn": "{associationArn}"}),
    references={"clusterName": "cluster", "roleArn": "role"},
)

KINDS = (ADDON, ACCESS_ENTRY, ACCESS_POLICY, POD_IDENTITY)
