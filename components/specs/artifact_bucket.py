"""What a human chooses about the artifact bucket."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Spec
from components.specs.size import Size
from components.specs.storage import Storage

BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
"""A bucket's name as S3 takes it, without dots, which break TLS host names."""

Prefix = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]*/)+$")]
"""A folder of the bucket: lower case, ending in a slash."""


class LifecycleRule(Spec):
    """When objects of one folder are removed."""

    prefix: Prefix
    """The folder, such as `checkpoints/`."""
    expire_days: Annotated[int, Field(ge=1)] | None = None
    """Days after which an object is removed; absent: never."""
    expire_noncurrent_days: Annotated[int, Field(ge=1)] | None = None
    """Days after which a version that was replaced or deleted is removed for good; absent: never."""

    @model_validator(mode="after")
    def _removes_something(self) -> Self:
        if self.expire_days is None and self.expire_noncurrent_days is None:
            raise ValueError("removes nothing; give expire_days or expire_noncurrent_days")
        return self


class ArtifactBucketSpec(Spec):
    """An S3 bucket for datasets, features and models, with a folder for each team that only it reaches."""

    name: BucketName = "artifacts"
    """The bucket's name."""
    versioned: bool = True
    """Keep replaced and deleted objects as older versions until a lifecycle rule removes them."""
    lifecycle: tuple[LifecycleRule, ...] = (
        LifecycleRule(prefix="scratch/", expire_days=7, expire_noncurrent_days=1),
        LifecycleRule(prefix="checkpoints/", expire_days=90, expire_noncurrent_days=7),
    )
    """What is removed when. Nothing outside these folders ever is."""
    storage: Storage = Storage(gib=200)
    """Where the objects lie."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1024)
    """The store's own size."""
    housekeeping: Size = Size(cpu_millicores=50, cpu_limit_millicores=500, memory_mib=256)
    """Size of each of the two processes that apply the lifecycle rules, and of the job that sets them."""

    @model_validator(mode="after")
    def _one_rule_a_folder(self) -> Self:
        if len({rule.prefix for rule in self.lifecycle}) < len(self.lifecycle):
            raise ValueError("lifecycle has more than one rule for a folder; keep one rule a folder")
        return self
