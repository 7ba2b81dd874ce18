"""The control plane of an EKS cluster: who may call it, what it logs, how its secrets are encrypted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import eks

from components.aws.identity import service_role, trust
from components.aws.keys import customer_key
from components.aws.log_group import log_group

if TYPE_CHECKING:
    from pulumi_aws import kms

    from components.aws.place import AwsAccount
    from components.cluster.network import Network
    from components.specs.cluster import Access, EksClusterSpec

_LOGS: Final = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
_ENCRYPT: Final = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:ListGrants", "kms:CreateGrant"]


def create(
    name: str,
    cluster_name: str,
    spec: EksClusterSpec,
    account: AwsAccount,
    network: Network,
    log_key: kms.Key,
    parent: pulumi.Resource,
) -> eks.Cluster:
    """A control plane that calls nobody an administrator, not even who creates it."""
    secrets = customer_key(f"{name}-secrets", account, purpose=f"Secrets of {cluster_name}", parent=parent)
    logs = log_group(f"{name}-logs", account, f"/aws/eks/{cluster_name}/cluster", key_arn=log_key.arn, parent=parent)
    role, rights = service_role(
        f"{name}-control-plane",
        account,
        trust("eks.amazonaws.com"),
        description=f"The control plane of {cluster_name}",
        parent=parent,
        statements=[{"Effect": "Allow", "Action": _ENCRYPT, "Resource": secrets.arn}],
        managed=["AmazonEKSClusterPolicy"],
    )
    # The network in whole: without its routes and endpoints no node joins, and it must go after the last one.
    opts = account.protected(parent, logs, network, *rights)
    return eks.Cluster(
        name,
        name=cluster_name,
        version=spec.kubernetes_version,
        role_arn=role.arn,
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        # Add-ons are named and pinned; those that EKS would put there by itself are not.
        bootstrap_self_managed_addons=False,
        deletion_protection=not spec.disposable,
        enabled_cluster_log_types=_LOGS,
        encryption_config={"provider": {"key_arn": secrets.arn}, "resources": ["secrets"]},
        kubernetes_network_config={"ip_family": "ipv4", "service_ipv4_cidr": spec.service_cidr},
        remote_network_config=_remote_networks(spec),
        # An upgrade is somebody's decision; the rule EKS-05 asks for it in time.
        upgrade_policy={"support_type": "EXTENDED"},
        vpc_config={
            "subnet_ids": network.private_subnet_ids,
            "endpoint_private_access": True,
            "endpoint_public_access": bool(spec.endpoint.allowed_cidrs),
            "public_access_cidrs": list(spec.endpoint.allowed_cidrs) or None,
        },
        opts=opts,
    )


def grant(
    name: str, cluster: eks.Cluster, access: Access, account: AwsAccount, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Let administrators and members of groups in; what must be there before the first call to the API server."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for group, members in sorted(access.groups.items()):
        for member in members:
            groups[member].append(group)
    opts = account.options(parent)
    policy = pulumi.Output.concat(
        "arn:", account.partition, ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    )
    entries: list[pulumi.Resource] = []
    for role in dict.fromkeys([*access.admins, *groups]):
        entry_name = f"{name}-{_short(role)}"
        entry = eks.AccessEntry(
            entry_name,
            cluster_name=cluster.name,
            principal_arn=_arn(role, account),
            kubernetes_groups=groups[role] or None,
            type="STANDARD",
            opts=opts,
        )
        entries.append(entry)
        if role in access.admins:
            entries.append(
                eks.AccessPolicyAssociation(
                    entry_name,
                    cluster_name=cluster.name,
                    principal_arn=entry.principal_arn,
                    policy_arn=policy,
                    access_scope={"type": "cluster"},
                    opts=opts,
                )
            )
    return entries


def _arn(role: str, account: AwsAccount) -> pulumi.Input[str]:
    if role.startswith("arn:"):
        return role
    return pulumi.Output.concat("arn:", account.partition, ":iam::", account.account_id, ":role/", role)


def kubeconfig(cluster: eks.Cluster, region: str) -> pulumi.Output[str]:
    """A kubeconfig without a secret: whoever uses it is who AWS' command-line tool says."""
    arguments = ["eks", "get-token", "--cluster-name", cluster.name, "--region", region, "--output", "json"]
    user = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "args": arguments}
    authority = cluster.certificate_authority.apply(lambda certificate: certificate.data)
    server = {"server": cluster.endpoint, "certificate-authority-data": authority}
    return pulumi.Output.json_dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster.arn, "cluster": server}],
            "users": [{"name": cluster.arn, "user": {"exec": {**user, "interactiveMode": "Never"}}}],
            "contexts": [{"name": cluster.arn, "context": {"cluster": cluster.arn, "user": cluster.arn}}],
            "current-context": cluster.arn,
        }
    )


def _remote_networks(spec: EksClusterSpec) -> eks.ClusterRemoteNetworkConfigArgsDict | None:
    if spec.hybrid is None:
        return None
    return {
        "remote_node_networks": {"cidrs": list(spec.hybrid.node_cidrs)},
        "remote_pod_networks": {"cidrs": list(spec.hybrid.pod_cidrs)},
    }


def _short(role: str) -> str:
    """A role as a part of a resource's name: its account where that is named, its path and its name."""
    account, _, name = role.rpartition(":role/")
    return "-".join(part for part in (*account.split(":")[4:], *name.split("/")) if part)
