"""The platform of one stack: its components, and what each is handed of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components import feature_store, model_delivery, model_gateway, model_registry, monitoring_stack
from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs, way_there
from components.cluster.existing import ExistingCluster, ExistingClusterArgs
from components.feature_store import FeatureStore, FeatureStoreArgs
from components.gpu_serving_pool import GpuServingPool, GpuServingPoolArgs
from components.guardrails import Guardrails, GuardrailsArgs
from components.model_delivery import ModelDelivery, ModelDeliveryArgs
from components.model_gateway import ModelGateway, ModelGatewayArgs
from components.model_registry import ModelRegistry, ModelRegistryArgs
from components.monitoring_stack import MonitoringStack, MonitoringStackArgs
from components.serving import model_servers
from components.specs.cluster import ExistingClusterSpec
from components.specs.image_repositories import ForeignRegistry
from components.team_roles import TeamRoles, TeamRolesArgs
from components.team_workspace import Peer, TeamWorkspace, TeamWorkspaceArgs
from components.training import ray
from components.training_cluster import TrainingCluster, TrainingClusterArgs
from policies.admission import Wanted, manifests_of_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.cluster import Cluster
    from stacks.settings import Settings

_CALLED_BY_TEAMS = Peer(feature_store.NAMESPACE, (feature_store.HTTP_PORT,))
_REGISTRY_CALLED_BY_TEAMS = Peer(model_registry.NAMESPACE, (model_registry.PORT,))
_CALLS_TEAMS = Peer(monitoring_stack.NAMESPACE)
_GATEWAY_OF_TEAMS = Peer(model_gateway.NAMESPACE, (model_gateway.PROXY_PORT,))
_CALLS_MODELS = Peer(model_gateway.NAMESPACE, (model_servers.PORT,))
_ASKS_MODELS = Peer(model_delivery.NAMESPACE)
_ASKS_RAY = Peer(ray.NAMESPACE, (ray.DASHBOARD_PORT,))


def create(settings: Settings) -> dict[str, Any]:
    """Create all components; the stack's outputs by section of the stack file."""
    cluster, described = _cluster(settings)
    training = TrainingCluster("training", TrainingClusterArgs(settings.training, cluster, settings.sharing))
    workspaces = _workspaces(settings, cluster, training)
    namespaces = {team: each.namespace for team, each in workspaces.items()}
    releases = settings.delivery is not None
    bucket = ArtifactBucket(
        "artifact-bucket", ArtifactBucketArgs(settings.artifact_bucket, cluster, namespaces, judged=releases)
    )
    serving = GpuServingPool(
        "serving",
        GpuServingPoolArgs(settings.serving, cluster, settings.teams, namespaces, bucket, releases=releases),
    )
    gateway = _gateway(settings, cluster, namespaces)
    features = FeatureStore(
        "feature-store", FeatureStoreArgs(settings.feature_store, cluster, bucket.features, bucket.backups)
    )
    monitoring = MonitoringStack(
        "monitoring",
        MonitoringStackArgs(
            settings.monitoring,
            cluster,
            settings.serving.models,
            settings.teams,
            asked_by=(model_delivery.NAMESPACE,) if releases else (),
        ),
    )
    guardrails = Guardrails("guardrails", GuardrailsArgs(settings.guardrails, cluster, _policies(settings)))
    return {
        **described,
        **_delivery(settings, cluster, bucket, serving),
        "teams": namespaces,
        "training": {
            "queues": {team: each.queue for team, each in workspaces.items()},
            "runtimes": training.runtimes,
            "priorities": training.priorities,
        },
        "serving": {"endpoints": serving.endpoints, "runtimes": serving.runtimes, "gateway": gateway},
        "artifact_bucket": {
            "endpoint": bucket.endpoint,
            "bucket": bucket.bucket,
            "evidence_bucket": bucket.evidence_bucket,
            "team_secrets": bucket.team_secrets,
        },
        "feature_store": {"endpoint": features.endpoint, "project": features.project},
        **_registry(settings, cluster, bucket, namespaces),
        "monitoring": {name: getattr(monitoring, name) for name in monitoring_stack.OUTPUTS},
        "images": _repositories(settings, cluster),
        "guardrails": {"rules": guardrails.rules, "stage": guardrails.stage},
    }


def _cluster(settings: Settings) -> tuple[Cluster, dict[str, Any]]:
    """The cluster, and what people need to reach one that this stack makes; nothing of one that they had before."""
    spec = settings.cluster
    if isinstance(spec, ExistingClusterSpec):
        return ExistingCluster("cluster", ExistingClusterArgs(spec)), {}
    # AWS' modules are imported by stacks on AWS only.
    from components.cluster.eks import EksCluster, EksClusterArgs

    cluster = EksCluster("cluster", EksClusterArgs(spec, settings.sharing))
    network = {"vpc_id": cluster.network.vpc_id, "private_route_table_ids": cluster.network.private_route_table_ids}
    described: dict[str, Any] = {"name": cluster.name, "region": spec.region, **network}
    if cluster.hybrid:
        described["hybrid"] = {"role_arn": cluster.hybrid.role_arn, "registration": cluster.hybrid.registration}
    return cluster, {"cluster": described}


def _registry(
    settings: Settings, cluster: Cluster, bucket: ArtifactBucket, namespaces: Mapping[str, pulumi.Input[str]]
) -> dict[str, Any]:
    """The model registry, where the stack has one."""
    if settings.registry is None:
        return {}
    way = way_there(settings.artifact_bucket, cluster)
    registry = ModelRegistry(
        "model-registry",
        ModelRegistryArgs(settings.registry, cluster, bucket.registry, way, bucket.registry_backups, namespaces),
    )
    return {"registry": {"endpoint": registry.endpoint, "workspaces": registry.workspaces}}


def _gateway(settings: Settings, cluster: Cluster, namespaces: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    """The way to models from outside their team's namespace, where there is one."""
    spec, models = settings.serving.gateway, settings.serving.models
    if spec is None:
        return {}
    made = ModelGateway("model-gateway", ModelGatewayArgs(spec, cluster, settings.teams, namespaces, models))
    return {"address": made.address, "models": made.models, "keys": made.keys, "authority": made.authority}


def _delivery(settings: Settings, cluster: Cluster, bucket: ArtifactBucket, serving: GpuServingPool) -> dict[str, Any]:
    """Releases, where the stack file wants them."""
    if settings.delivery is None or bucket.judges is None:
        return {}
    made = ModelDelivery(
        "delivery",
        ModelDeliveryArgs(
            settings.delivery,
            cluster,
            bucket.judges,
            way_there(settings.artifact_bucket, cluster),
            monitoring_stack.PROMETHEUS,
            serving.keepers,
        ),
    )
    return {"delivery": {"domain": made.domain, "controller": made.controller}}


def _repositories(settings: Settings, cluster: Cluster) -> dict[str, Any]:
    """Where images of our own are pushed to; nothing is known of a registry of somebody else's."""
    if isinstance(settings.images, ForeignRegistry):
        return {"repositories": {}}
    from components.aws.place import place_of
    from components.image_repositories import ImageRepositories, ImageRepositoriesArgs

    account = place_of(cluster.aws, "images")
    return {"repositories": ImageRepositories("images", ImageRepositoriesArgs(settings.images, account)).repositories}


def _policies(settings: Settings) -> list[dict[str, Any]]:
    """The rules as admission policies, with the parameters that the policy pack takes for this stack."""
    spec = settings.guardrails
    if not spec.enabled:
        return []
    wanted = Wanted(stage=spec.stage, fill_in=spec.fill_in, left_alone=spec.left_alone)
    return manifests_of_stack(pulumi.get_stack(), wanted)


def _workspaces(settings: Settings, cluster: Cluster, training: TrainingCluster) -> Mapping[str, TeamWorkspace]:
    """A workspace for each team, by the team's name."""
    roles = TeamRoles("roles", TeamRolesArgs(cluster))
    bucket = way_there(settings.artifact_bucket, cluster)
    called, callers = _peers(settings)
    return {
        team.name: TeamWorkspace(
            f"team-{team.name}",
            TeamWorkspaceArgs(
                team,
                cluster,
                settings.sharing,
                roles,
                training.team_queues[team.name],
                borrowing=settings.training.borrowing,
                egress=(*bucket.peers, *called),
                addresses=bucket.addresses,
                ingress=callers,
            ),
        )
        for team in settings.teams
    }


def _peers(settings: Settings) -> tuple[tuple[Peer, ...], tuple[Peer, ...]]:
    """Which parts of the platform teams' pods may call, and which may call them."""
    called, callers = [_CALLED_BY_TEAMS], [_CALLS_TEAMS]
    if settings.registry is not None:
        called.append(_REGISTRY_CALLED_BY_TEAMS)
    if settings.serving.gateway is not None:
        called.append(_GATEWAY_OF_TEAMS)
        callers.append(_CALLS_MODELS)
    if settings.delivery is not None:
        callers.append(_ASKS_MODELS)
    if settings.training.ray is not None:
        callers.append(_ASKS_RAY)
    return tuple(called), tuple(callers)
