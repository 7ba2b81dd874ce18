"""Feast with its stores: features are defined once, read by models online and for training offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from components.aws.identity import pod_identity
from components.aws.place import place_of
from components.features import feast, valkey
from components.kubernetes.namespace import PlatformNamespace, in_namespace, in_team_namespaces
from components.kubernetes.password import password
from components.kubernetes.workload import deployment, job
from components.specs.feature_store import InClusterOnlineStore, ParquetOfflineStore
from components.stores import in_cluster
from components.stores.database import Owner, database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.aws.identity import Statement
    from components.buckets.access import BucketAccess
    from components.kubernetes.cluster import Cluster
    from components.kubernetes.objects import KubernetesObject
    from components.kubernetes.workload import Pod
    from components.specs.feature_store import FeatureStoreSpec
    from components.stores.store import Store

NAMESPACE: Final = "feature-store"
HTTP_PORT: Final = feast.HTTP_PORT
_DATABASE: Final = "feast"
_APPLY_TIMEOUT_SECONDS: Final = 900
_SKEW_TIMEOUT_SECONDS: Final = 1500


@dataclass(frozen=True)
class FeatureStoreArgs:
    """Inputs of a FeatureStore."""

    spec: FeatureStoreSpec
    """What the stack file says about features."""
    cluster: Cluster
    """Where it runs."""
    bucket: BucketAccess
    """Where the offline store's Parquet files lie."""
    backups: BucketAccess
    """Where backups of a registry on the cluster go; on AWS the database keeps its own."""


class FeatureStore(pulumi.ComponentResource):
    """The features of the repository are registered and can be read and pushed when `up` is done. Rows of the offline
    store reach the online store on schedule, late ones too."""

    endpoint: pulumi.Output[str]
    """Address of the feature server inside the cluster."""
    project: pulumi.Output[str]
    """The Feast project."""

    def __init__(self, name: str, args: FeatureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:FeatureStore", name, None, opts)
        self._name, self._args = name, args
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        for account in (feast.APP, feast.JOBS):
            self._namespace.account(account)
        self._let_in()
        sources = self._sources(self._registry(), self._online_store())
        applied = self._apply(sources)
        self._schedule(sources, applied)
        server = self._serve(sources, applied)
        host = self._namespace.service(feast.APP, {"http": HTTP_PORT, "metrics": feast.METRICS_PORT})
        # Known once the server is ready.
        self.endpoint = server.urn.apply(lambda _: f"http://{host}:{HTTP_PORT}")
        self.project = applied.urn.apply(lambda _: args.spec.project)
        self.register_outputs({"endpoint": self.endpoint, "project": self.project})

    def _let_in(self) -> None:
        everyone = [in_namespace(NAMESPACE), in_namespace("kserve"), in_team_namespaces()]
        self._namespace.allow(feast.APP, [HTTP_PORT], everyone)
        self._namespace.allow(feast.APP, [feast.METRICS_PORT], [in_namespace("monitoring")])

    def _registry(self) -> Store:
        """The database of the registry; its connection is an SQLAlchemy URL."""
        args = self._args
        owner = Owner(self._name, "feature_store.registry", self._namespace, args.cluster, args.backups, self)
        return database(owner, args.spec.registry, label="registry", purpose="registry", name=_DATABASE)

    def _online_store(self) -> Store:
        """The store of the newest values; its connection is a connection string of Feast's Redis client."""
        spec, name = self._args.spec.online, f"{self._name}-online"
        secret = password(f"{name}-password", self)
        if isinstance(spec, InClusterOnlineStore):
            mounted = self._namespace.secret("online", valkey.files(secret, spec.size))
            host = in_cluster.run(
                self._namespace, valkey.pod(mounted, spec.size), spec.storage, {"valkey": valkey.PORT}
            )
            return valkey.store(host, secret)
        from components.features.elasticache import ElastiCache

        place = place_of(self._args.cluster.aws, "feature_store.online")
        return ElastiCache(name, spec, place, purpose="online", password=secret, parent=self).store

    def _sources(self, registry: Store, online: Store) -> feast.Sources:
        spec, bucket = self._args.spec, self._args.bucket
        definitions = feast.definitions(spec.repository)
        offline, rights = self._offline_store()
        configuration = feast.configuration(spec, registry.connection, online.connection, offline)
        key = None if bucket.key is None else self._namespace.secret("bucket", {"credentials": bucket.key.file()})
        return feast.Sources(
            configuration=self._namespace.secret("feast", {"feature_store.yaml": configuration}),
            credentials=key,
            repository=self._namespace.config("repository", definitions),
            definitions=tuple(definitions),
            programs=self._namespace.config("programs", feast.programs()),
            stores=(registry.address, online.address),
            bucket=bucket,
            identities=self._identities(
                [feast.APP, feast.JOBS], "the feature store's folder of the artifact bucket", [*bucket.rights, *rights]
            ),
        )

    def _offline_store(self) -> tuple[Mapping[str, pulumi.Input[str]], Sequence[Statement]]:
        """Feast's own section about it, and what pods must be allowed beside the bucket."""
        spec = self._args.spec.offline
        if isinstance(spec, ParquetOfflineStore):
            return {"type": "dask"}, ()
        from components.features.athena import Athena

        place = place_of(self._args.cluster.aws, "feature_store.offline")
        athena = Athena(f"{self._name}-offline", spec, place, self._args.bucket, parent=self)
        return athena.configuration(), athena.rights()

    def _identities(self, accounts: Sequence[str], what: str, rights: Sequence[Statement]) -> list[pulumi.Resource]:
        """Roles of these accounts' pods with these rights; none where the bucket knows pods by a key."""
        if not rights:
            return []
        place = place_of(self._args.cluster.aws, "artifact_bucket")
        return [
            pod_identity(
                f"{self._name}-{account}",
                place,
                namespace=NAMESPACE,
                service_account=account,
                statements=rights,
                description=f"Feast: {what}",
                parent=self,
            )
            for account in accounts
        ]

    def _apply(self, sources: feast.Sources) -> KubernetesObject:
        """Register the features; changed definitions make a new job. It waits for the stores inside the cluster, so
        that all three start at once."""
        pod = feast.apply_pod(sources, self._args.spec.materialisation.size)
        body = {"spec": job(pod, retries=6, timeout_seconds=_APPLY_TIMEOUT_SECONDS)}
        return self._namespace.add("apply", "batch/v1", "Job", body, named=False, depends_on=sources.identities)

    def _schedule(self, sources: feast.Sources, applied: KubernetesObject) -> None:
        spec, skew = self._args.spec.materialisation, self._args.spec.skew
        filling = feast.materialisation_pod(sources, spec.size, spec.overlap_hours)
        self._run_at("materialisation", spec.schedule, filling, spec.timeout_minutes * 60, applied)
        if skew is not None and isinstance(self._args.spec.offline, ParquetOfflineStore):
            comparing = feast.skew_pod(sources, spec.size, skew.sample)
            self._run_at("feature-skew", skew.schedule, comparing, _SKEW_TIMEOUT_SECONDS, applied)

    def _run_at(self, name: str, schedule: str, pod: Pod, timeout_seconds: int, applied: KubernetesObject) -> None:
        cron_job = {
            "schedule": schedule,
            "timeZone": "Etc/UTC",
            # The next run reads what a missed one would have.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": timeout_seconds,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": job(pod, retries=1, timeout_seconds=timeout_seconds)},
        }
        self._namespace.add(name, "batch/v1", "CronJob", {"spec": cron_job}, depends_on=[applied])

    def _serve(self, sources: feast.Sources, applied: KubernetesObject) -> KubernetesObject:
        """Start the servers after the features are registered, so that a ready server knows them."""
        spec = self._args.spec.server
        pod = feast.server_pod(sources, spec)
        self._namespace.disruption_budget(feast.APP)
        body = {"spec": deployment(pod, spec.replicas)}
        return self._namespace.add(feast.APP, "apps/v1", "Deployment", body, depends_on=[applied])
