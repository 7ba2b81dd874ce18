"""MLflow with its database: models are registered and experiments recorded, each team's apart from all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from components.aws.identity import pod_identity
from components.aws.place import place_of
from components.kubernetes.namespace import PlatformNamespace, in_part_of_platform, in_team_namespaces
from components.kubernetes.password import password
from components.kubernetes.workload import deployment, job
from components.registry import mlflow, network, team_access
from components.registry.team_access import TeamAccess
from components.specs.database import InClusterDatabase
from components.stores.database import Owner, database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.artifact_bucket import WayThere
    from components.buckets.access import BucketAccess
    from components.kubernetes.cluster import Cluster
    from components.kubernetes.objects import KubernetesObject
    from components.kubernetes.workload import Pod
    from components.specs.model_registry import ModelRegistrySpec

NAMESPACE: Final = "model-registry"
PORT: Final = mlflow.PORT
_DATABASE: Final = "mlflow"
_JOB_TIMEOUT_SECONDS: Final = 1800


@dataclass(frozen=True)
class ModelRegistryArgs:
    """Inputs of a ModelRegistry."""

    spec: ModelRegistrySpec
    """What the stack file says about the registry."""
    cluster: Cluster
    """Where it runs."""
    bucket: BucketAccess
    """Where the files of runs and models lie."""
    way: WayThere
    """What the server must be let through to, to reach the bucket."""
    backups: BucketAccess
    """Where backups of a database on the cluster go; on AWS the database keeps its own."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """The namespace of each team, by the team's name; how the team reaches the registry is put there."""


class ModelRegistry(pulumi.ComponentResource):
    """A team logs runs and registers models in a workspace of its own, and is refused in every other, when `up` is
    done. Its pods find address, workspace and password in their namespace; the server alone reaches the bucket."""

    endpoint: pulumi.Output[str]
    """Address of the server inside the cluster."""
    workspaces: pulumi.Output[dict[str, str]]
    """The workspace of each team, by the team's name."""

    def __init__(self, name: str, args: ModelRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ModelRegistry", name, None, opts)
        self._name, self._args = name, args
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        self._connect()
        admin = password(f"{name}-admin-password", self)
        sources = self._sources(admin)
        server = self._serve(sources)
        teams = [TeamAccess(team, password(f"{name}-team-{team}-password", self)) for team in args.namespaces]
        settled = self._settle(sources, team_access.accounts(admin, teams))
        address = f"http://{sources.host}:{PORT}"
        options = pulumi.ResourceOptions(parent=self, provider=args.cluster.provider)
        for team in teams:
            team_access.hand_over(f"{name}-team-{team.name}", team, address, args.namespaces[team.name], options)
        # Known once teams are let in.
        ready = pulumi.Output.all(server.urn, settled.urn)
        self.endpoint = ready.apply(lambda _: address)
        self.workspaces = ready.apply(lambda _: {team.name: team.workspace for team in teams})
        self.register_outputs({"endpoint": self.endpoint, "workspaces": self.workspaces})

    def _connect(self) -> None:
        """Who reaches the server, and whom it reaches."""
        args = self._args
        self._namespace.allow(mlflow.APP, [PORT], [in_team_namespaces(), in_part_of_platform()])
        beside = NAMESPACE if isinstance(args.spec.database, InClusterDatabase) else None
        self._namespace.allow_only_to(mlflow.APP, network.egress(args.way, beside))

    def _sources(self, admin: pulumi.Output[str]) -> mlflow.Sources:
        args, room = self._args, self._namespace
        owner = Owner(self._name, "registry.database", room, args.cluster, args.backups, self)
        store = database(owner, args.spec.database, label="database", purpose=NAMESPACE, name=_DATABASE)
        session_key = password(f"{self._name}-session-key", self)
        key = args.bucket.key
        return mlflow.Sources(
            secrets=room.secret("mlflow", mlflow.secrets(store, admin, session_key)),
            credentials=None if key is None else room.secret("bucket", {"credentials": key.file()}),
            programs=room.config("programs", mlflow.programs()),
            database=store.address,
            bucket=args.bucket,
            host=room.service(mlflow.APP, {"http": PORT}),
        )

    def _serve(self, sources: mlflow.Sources) -> KubernetesObject:
        """Start the servers once the database has their schema: MLflow refuses to start with another."""
        spec = self._args.spec.server
        for account in (mlflow.APP, mlflow.JOBS):
            self._namespace.account(account)
        migrated = self._job("schema", mlflow.schema_pod(sources, spec.size))
        if spec.replicas > 1:
            self._namespace.disruption_budget(mlflow.APP)
        body = {"spec": deployment(mlflow.server_pod(sources, spec), spec.replicas)}
        return self._namespace.add(
            mlflow.APP, "apps/v1", "Deployment", body, depends_on=[migrated, *self._identities(sources.bucket)]
        )

    def _settle(self, sources: mlflow.Sources, accounts: pulumi.Output[str]) -> KubernetesObject:
        """Give each team its user, workspace and role; a changed list of teams makes a new job, which waits for the
        server inside the cluster."""
        secret = self._namespace.secret("accounts", {"accounts.json": accounts})
        return self._job("accounts", mlflow.accounts_pod(sources, secret, team_access.PREFIX, team_access.SIZE))

    def _job(self, name: str, pod: Pod) -> KubernetesObject:
        body = {"spec": job(pod, retries=6, timeout_seconds=_JOB_TIMEOUT_SECONDS)}
        return self._namespace.add(name, "batch/v1", "Job", body, named=False)

    def _identities(self, bucket: BucketAccess) -> list[pulumi.Resource]:
        """The role of the server's pods; none where the bucket knows pods by a key."""
        if not bucket.rights:
            return []
        role = pod_identity(
            f"{self._name}-{mlflow.APP}",
            place_of(self._args.cluster.aws, "artifact_bucket"),
            namespace=NAMESPACE,
            service_account=mlflow.APP,
            statements=bucket.rights,
            description="MLflow: the model registry's folder of the artifact bucket",
            parent=self,
        )
        return [role]
