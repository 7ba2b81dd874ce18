"""Feast with its stores: features are defined once, read by models online and for training offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from components import _feast, _postgres, _valkey
from components._namespace import PlatformNamespace, in_namespace, in_team_namespaces
from components._password import password
from components._workload import deployment, job, stateful_set

if TYPE_CHECKING:
    from components._objects import KubernetesObject
    from components._s3_store import BucketAccess
    from components._workload import Pod
    from components.cluster import Cluster
    from components.specs.feature_store import FeatureStoreSpec
    from components.specs.storage import Storage

NAMESPACE: Final = "feature-store"
HTTP_PORT: Final = _feast.HTTP_PORT
_DATABASE: Final = "feast"
_APPLY_TIMEOUT_SECONDS: Final = 900


@dataclass(frozen=True)
class FeatureStoreArgs:
    """Inputs of a FeatureStore."""

    spec: FeatureStoreSpec
    """What the stack file says about features."""
    cluster: Cluster
    """Where it runs."""
    bucket: BucketAccess
    """Where the offline store's Parquet files lie."""


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
        for account in (_postgres.APP, _valkey.APP, _feast.APP, _feast.JOBS):
            self._namespace.account(account)
        self._let_in()
        registry = self._registry()
        online = self._online_store()
        sources = self._sources(registry, online)
        applied = self._apply(sources)
        self._schedule(sources, applied)
        server = self._serve(sources, applied)
        host = self._namespace.service(_feast.APP, {"http": HTTP_PORT, "metrics": _feast.METRICS_PORT})
        # Known once the server is ready.
        self.endpoint = server.urn.apply(lambda _: f"http://{host}:{HTTP_PORT}")
        self.project = applied.urn.apply(lambda _: args.spec.project)
        self.register_outputs({"endpoint": self.endpoint, "project": self.project})

    def _let_in(self) -> None:
        own, everyone = in_namespace(NAMESPACE), [in_namespace(NAMESPACE), in_namespace("kserve"), in_team_namespaces()]
        self._namespace.allow(_postgres.APP, [_postgres.PORT], [own])
        self._namespace.allow(_valkey.APP, [_valkey.PORT], [own])
        self._namespace.allow(_feast.APP, [HTTP_PORT], everyone)
        self._namespace.allow(_feast.APP, [_feast.METRICS_PORT], [in_namespace("monitoring")])

    def _registry(self) -> pulumi.Output[str]:
        """The database; its SQLAlchemy URL."""
        spec, secret = self._args.spec.registry, password(f"{self._name}-registry-password", self)
        mounted = self._namespace.secret("registry", {"password": secret})
        host = self._store(_postgres.pod(_DATABASE, mounted, spec.size), spec.storage, {"postgres": _postgres.PORT})
        return pulumi.Output.format(
            "postgresql+psycopg://{0}:{1}@{2}:{3}/{0}?connect_timeout=5", _DATABASE, secret, host, _postgres.PORT
        )

    def _online_store(self) -> pulumi.Output[str]:
        """The store of the newest values; its connection string."""
        spec, secret = self._args.spec.online, password(f"{self._name}-online-password", self)
        mounted = self._namespace.secret("online", _valkey.files(secret, spec.size))
        host = self._store(_valkey.pod(mounted, spec.size), spec.storage, {"valkey": _valkey.PORT})
        # Without time-outs a store that hangs would hold every request for ever.
        return pulumi.Output.format(
            "{0}:{1},password={2},socket_connect_timeout=2,socket_timeout=2", host, _valkey.PORT, secret
        )

    def _store(self, pod: Pod, storage: Storage, ports: dict[str, int]) -> str:
        self._namespace.add(pod.app, "apps/v1", "StatefulSet", {"spec": stateful_set(pod, "data", storage)})
        return self._namespace.service(pod.app, ports)

    def _sources(self, registry: pulumi.Output[str], online: pulumi.Output[str]) -> _feast.Sources:
        spec, bucket = self._args.spec, self._args.bucket
        definitions = _feast.definitions(spec.repository)
        configuration = _feast.configuration(spec, registry, online)
        return _feast.Sources(
            configuration=self._namespace.secret("feast", {"feature_store.yaml": configuration}),
            credentials=self._namespace.secret("bucket", {"credentials": bucket.credentials()}),
            repository=self._namespace.config("repository", definitions),
            definitions=tuple(definitions),
            programs=self._namespace.config("programs", _feast.programs()),
            stores=(
                f"{_postgres.APP}.{NAMESPACE}.svc:{_postgres.PORT}",
                f"{_valkey.APP}.{NAMESPACE}.svc:{_valkey.PORT}",
            ),
            bucket=bucket,
        )

    def _apply(self, sources: _feast.Sources) -> KubernetesObject:
        """Register the features; changed definitions make a new job. It waits for the stores inside the cluster, so
        that all three start at once."""
        pod = _feast.apply_pod(sources, self._args.spec.materialisation.size)
        body = {"spec": job(pod, retries=6, timeout_seconds=_APPLY_TIMEOUT_SECONDS)}
        return self._namespace.add("apply", "batch/v1", "Job", body, named=False)

    def _schedule(self, sources: _feast.Sources, applied: KubernetesObject) -> None:
        spec = self._args.spec.materialisation
        pod = _feast.materialisation_pod(sources, spec.size, spec.overlap_hours)
        timeout_seconds = spec.timeout_minutes * 60
        cron_job = {
            "schedule": spec.schedule,
            "timeZone": "Etc/UTC",
            # The next run reads what a missed one would have.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": timeout_seconds,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": job(pod, retries=1, timeout_seconds=timeout_seconds)},
        }
        self._namespace.add("materialisation", "batch/v1", "CronJob", {"spec": cron_job}, depends_on=[applied])

    def _serve(self, sources: _feast.Sources, applied: KubernetesObject) -> KubernetesObject:
        """Start the servers after the features are registered, so that a ready server knows them."""
        spec = self._args.spec.server
        pod = _feast.server_pod(sources, spec)
        self._namespace.disruption_budget(_feast.APP)
        body = {"spec": deployment(pod, spec.replicas)}
        return self._namespace.add(_feast.APP, "apps/v1", "Deployment", body, depends_on=[applied])
