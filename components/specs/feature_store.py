"""What a human chooses about the feature store."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Spec
from components.specs.size import Size
from components.specs.storage import Storage

CronSchedule = Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]
"""Five cron fields, in UTC."""

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


class FeatureServer(Spec):
    """The HTTP server that models ask for feature values."""

    replicas: Annotated[int, Field(ge=1, le=100)] = 2
    """Copies, spread over nodes and zones; with two or more, one may be drained at a time."""
    registry_refresh_seconds: Annotated[int, Field(ge=1)] = 60
    """How long a server may answer from its copy of the registry."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1024)
    """One copy's size."""


class RegistryDatabase(Spec):
    """Postgres, which holds the registry of features."""

    storage: Storage = Storage(gib=10)
    """Where the database lies."""
    size: Size = Size(cpu_millicores=250, cpu_limit_millicores=1000, memory_mib=512)
    """The database's size."""


class OnlineStore(Spec):
    """Valkey, which holds the newest value of every feature."""

    storage: Storage = Storage(gib=20)
    """Where the append-only file lies."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=2048)
    """The store's size. Data may take three quarters of its memory; then writes are refused and nothing is
    dropped."""


class FeatureStoreSpec(Spec):
    """Features defined once, read online by models and offline for training."""

    project: Project = "platform"
    """The Feast project that the repository's features belong to."""
    repository: str | None = None
    """A directory with the feature definitions (`*.py`), relative to the project's root; absent: the example
    repository that comes with the platform."""
    online: OnlineStore = OnlineStore()
    """The online store."""
    registry: RegistryDatabase = RegistryDatabase()
    """The registry's database."""
    server: FeatureServer = FeatureServer()
    """The feature server."""
    materialisation: Materialisation = Materialisation()
    """The job that fills the online store."""

    @model_validator(mode="after")
    def _repository_lies_inside_the_project(self) -> Self:
        if self.repository is not None:
            path = PurePosixPath(self.repository)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError("repository lies outside the project; give a directory relative to its root")
        return self
