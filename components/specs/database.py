"""What a human chooses about a database that a component of the platform needs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.size import Size
from components.specs.storage import Storage

CronSchedule = Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]
"""Five cron fields, in UTC."""


class Backup(Spec):
    """How a database on the cluster is backed up, into the artifact bucket, and how that is tried."""

    schedule: CronSchedule = "15 1 * * *"
    """When a backup is made, as five cron fields in UTC."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 14
    """Days after which a backup is removed; the three newest are kept however old they are."""
    drill_schedule: CronSchedule = "45 1 * * 0"
    """When the newest backup is restored into a scratch database and compared, as five cron fields in UTC."""
    size: Size = Size(cpu_millicores=50, cpu_limit_millicores=1000, memory_mib=256)
    """Size of each step of either."""


class InClusterDatabase(Spec):
    """PostgreSQL on the cluster."""

    kind: Literal["in_cluster"] = "in_cluster"
    """Where the database is."""
    storage: Storage = Storage(gib=10)
    """Where the database lies."""
    size: Size = Size(cpu_millicores=250, cpu_limit_millicores=1000, memory_mib=512)
    """The database's size."""
    backup: Backup | None = Backup()
    """Its backups; `null`: there are none, and what the volume loses is lost."""


class AuroraDatabase(Spec):
    """Amazon Aurora PostgreSQL Serverless: private, encrypted with an own key, backed up."""

    kind: Literal["aurora"]
    """Where the database is."""
    least_capacity_units: Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)] = 0.5
    """What is always there, in Aurora capacity units of 2 GiB of memory."""
    most_capacity_units: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)] = 4
    """To what it may grow under load."""
    instances: Annotated[int, Field(ge=1, le=6)] = 2
    """Copies in different zones; from two on, one takes over when another is lost."""
    backup_days: Annotated[int, Field(ge=7, le=35)] = 14
    """Days back to which it can be restored, to the second."""

    @model_validator(mode="after")
    def _most_is_not_less(self) -> Self:
        if self.most_capacity_units < self.least_capacity_units:
            raise ValueError("most_capacity_units is below least_capacity_units; raise it")
        return self


Database = Annotated[
    Annotated[InClusterDatabase, Tag("in_cluster")] | Annotated[AuroraDatabase, Tag("aurora")], by_kind("in_cluster")
]
