"""AWS roles, and how pods come to have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_aws import eks, iam

    from components.aws.place import AwsAccount, AwsPlace

Statement = dict[str, Any]
"""One statement of an IAM policy; its values may be outputs."""

_VERSION = "2012-10-17"


def policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """A policy document of these statements as JSON."""
    return pulumi.Output.json_dumps({"Version": _VERSION, "Statement": list(statements)})


def trust(service: str) -> str:
    """A trust policy: this AWS service may take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": _VERSION, "Statement": [statement]})


def service_role(
    name: str,
    account: AwsAccount,
    trust_policy: pulumi.Input[str],
    *,
    description: str,
    parent: pulumi.Resource,
    statements: Sequence[Statement] = (),
    managed: Sequence[str] = (),
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """A role with a policy of its own and AWS' managed policies (by name, with a path such as `service-role/`).

    Returned with it is what must be there before anybody relies on the role, and must outlive whoever does.
    """
    from pulumi_aws import iam

    opts = account.options(parent)
    role = iam.Role(name, assume_role_policy=trust_policy, description=description, opts=opts)
    rights: list[pulumi.Resource] = []
    if statements:
        rights.append(iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy(statements), opts=opts))
    for each in managed:
        arn = pulumi.Output.concat("arn:", account.partition, ":iam::aws:policy/", each)
        attachment = f"{name}-{each.rpartition('/')[2]}"
        rights.append(iam.RolePolicyAttachment(attachment, role=role.name, policy_arn=arn, opts=opts))
    return role, [role, *rights]


def pod_identity(
    name: str,
    place: AwsPlace,
    *,
    namespace: pulumi.Input[str],
    service_account: str,
    statements: Sequence[Statement] = (),
    managed: Sequence[str] = (),
    description: str,
    parent: pulumi.Resource,
) -> eks.PodIdentityAssociation:
    """A role that pods of one service account have and nobody else can take.

    The pods need no key and no annotation. They must wait for what is returned: a pod that is older never has the role.
    """
    from pulumi_aws import eks

    role, rights = service_role(
        name,
        place,
        pulumi.Output.json_dumps(_pod_trust(namespace, service_account)),
        description=description,
        parent=parent,
        statements=statements,
        managed=managed,
    )
    return eks.PodIdentityAssociation(
        name,
        cluster_name=place.cluster_name,
        namespace=namespace,
        service_account=service_account,
        role_arn=role.arn,
        opts=place.options(parent, *rights),
    )


def _pod_trust(namespace: pulumi.Input[str], service_account: str) -> Mapping[str, Any]:
    """EKS tags every session with the pod it is for: so the role cannot be associated with another workload."""
    tags = {
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": tags},
    }
    return {"Version": _VERSION, "Statement": [statement]}
