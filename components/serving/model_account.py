"""The service account by which a team's model servers fetch their models from the stack's artifact bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components.aws.identity import pod_identity
from components.aws.place import place_of
from components.kubernetes.objects import KubernetesObject
from components.serving.model_servers import ACCOUNT

if TYPE_CHECKING:
    from components.buckets.access import AccessKey, BucketAccess
    from components.capacity import Team
    from components.kubernetes.cluster import Cluster


def model_account(
    name: str,
    team: Team,
    namespace: pulumi.Input[str],
    access: BucketAccess,
    cluster: Cluster,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """The account and what gives it its rights; model servers must wait for all of it."""
    opts = pulumi.ResourceOptions(parent=parent, provider=cluster.provider)
    metadata = {"name": ACCOUNT, "namespace": namespace, "labels": team.labels}
    account: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
    if access.key is not None:
        secret = _secret(access, access.key, metadata)
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["data", "stringData"])
        made = KubernetesObject(f"{name}-key", secret, pulumi.ResourceOptions.merge(opts, hidden))
        return [made, KubernetesObject(name, {**account, "secrets": [{"name": ACCOUNT}]}, opts)]
    identity = pod_identity(
        name,
        place_of(cluster.aws, "artifact_bucket"),
        namespace=namespace,
        service_account=ACCOUNT,
        statements=access.rights,
        description=f"Model servers of team {team.name}: the models that they serve",
        parent=parent,
    )
    return [identity, KubernetesObject(name, account, opts)]


def _secret(access: BucketAccess, key: AccessKey, metadata: dict[str, Any]) -> dict[str, Any]:
    """The key as KServe looks for it: annotations say where it is of use."""
    endpoint = pulumi.Output.from_input(access.environment["AWS_ENDPOINT_URL"])
    annotations = {
        "serving.kserve.io/s3-endpoint": endpoint.apply(lambda url: url.removeprefix("http://")),
        "serving.kserve.io/s3-usehttps": "0",
        "serving.kserve.io/s3-usevirtualbucket": "0",
        "serving.kserve.io/s3-region": access.environment["AWS_DEFAULT_REGION"],
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata, "annotations": annotations},
        "stringData": {"AWS_ACCESS_KEY_ID": key.identity, "AWS_SECRET_ACCESS_KEY": key.secret},
    }
