"""What a human chooses about the feature store."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.database import CronSchedule, Database, InClusterDatabase
from components.specs.size import Size
from components.specs.storage import Storage

Project = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A Feast project's name: lower-case letters, digits and underscores."""


class Materialisation(Spec):
    """How rows of the offline store reach the online store."""

    schedule: CronSchedule = "*/30 * * * *"
    """When a run starts, as five cron fields in UTC."""
    overlap_hours: Annotated[int, Field(ge=0)] = 6
    """How far each run reads back before the point that the last one had reached, so that rows which arrived
    late are not missed. The later event time wins in the online store, so reading a row twice is harmless."""
    timeout_minutes: Annotated[int, Field(ge=1)] = 25
    """A run that takes longer is ended and counts as failed."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=2048)
    """One run's size; the same for the job that applies the feature repository."""


class SkewCheck(Spec):
    """How what models read online is compared with what training reads offline."""

    schedule: CronSchedule = "10 */6 * * *"
    """When a comparison starts, as five cron fields in UTC."""
    sample: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """How many entities of each feature view are compared, drawn by chance each time."""


class FeatureServer(Spec):
    """The HTTP server that models ask for feature values."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 2
    """Copies, spread over nodes and zones; with two or more, one may be drained at a time."""
    registry_refresh_seconds: Annotated[int, Field(ge=1)] = 60
    """How long a server may answer from its copy of the registry."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1024)
    """One copy's size."""


class InClusterOnlineStore(Spec):
    """Valkey on the cluster, which holds the newest value of every feature."""

    kind: Literal["in_cluster"] = "in_cluster"
    """Where the store is."""
    storage: Storage = Storage(gib=20)
    """Where the append-only file lies."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=2048)
    """The store's size. Data may take three quarters of its memory; then writes are refused and nothing is
    dropped."""


class ElastiCacheOnlineStore(Spec):
    """Amazon ElastiCache for Valkey, which holds the newest value of every feature: TLS, a password, an own key. When
    it is full, writes are refused and nothing is dropped."""

    kind: Literal["elasticache"]
    """Where the store is."""
    node_type: Annotated[str, StringConstraints(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")] = "cache.r7g.large"
    """Machine type of each copy, such as `cache.r7g.large`; all data must fit into the memory of one."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    """Copies beside the first, in other zones; one of them takes over when it is lost."""
    snapshot_days: Annotated[int, Field(ge=1, le=35)] = 7
    """Days for which the daily snapshots are kept."""


OnlineStore = Annotated[
    Annotated[InClusterOnlineStore, Tag("in_cluster")] | Annotated[ElastiCacheOnlineStore, Tag("elasticache")],
    by_kind("in_cluster"),
]


class ParquetOfflineStore(Spec):
    """Parquet files in the artifact bucket, read by Feast's own pods."""

    kind: Literal["parquet"] = "parquet"
    """Who reads the files."""


class AthenaOfflineStore(Spec):
    """Parquet files in the artifact bucket as tables of Amazon Athena, for history that no pod's memory holds. The
    feature definitions must say `AthenaSource`, as the example's do not."""

    kind: Literal["athena"]
    """Who reads the files."""
    scan_limit_gib: Annotated[int, Field(ge=1, le=7 * 1024 * 1024)] = 1024
    """A query that reads more is ended, in GiB: Athena is paid by what it reads."""


OfflineStore = Annotated[
    Annotated[ParquetOfflineStore, Tag("parquet")] | Annotated[AthenaOfflineStore, Tag("athena")], by_kind("parquet")
]


class FeatureStoreSpec(Spec):
    """Features defined once, read online by models and offline for training."""

    project: Project = "platform"
    """The Feast project that the repository's features belong to."""
    repository: str | None = None
    """A directory with the feature definitions (`*.py`), relative to the project's root; absent: the example
    repository that comes with the platform."""
    online: OnlineStore = InClusterOnlineStore()
    """The online store."""
    registry: Database = InClusterDatabase()
    """The registry's database."""
    offline: OfflineStore = ParquetOfflineStore()
    """The offline store."""
    server: FeatureServer = FeatureServer()
    """The feature server."""
    materialisation: Materialisation = Materialisation()
    """The job that fills the online store."""
    skew: SkewCheck | None = SkewCheck()
    """The job that compares the online store with `parquet` files, at the size of materialisation; `null`: nobody
    does. Files that Athena reads are not compared."""

    @model_validator(mode="after")
    def _repository_lies_inside_the_project(self) -> Self:
        if self.repository is not None:
            path = PurePosixPath(self.repository)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError("repository lies outside the project; give a directory relative to its root")
        return self

    @model_validator(mode="after")
    def _athena_has_definitions(self) -> Self:
        if self.repository is None and isinstance(self.offline, AthenaOfflineStore):
            raise ValueError("offline.kind is athena but repository is absent; the example reads files, name your own")
        return self
