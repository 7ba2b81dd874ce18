"""What a human chooses about the artifact bucket."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, Tag, model_validator

from components._spec import Spec, by_kind
from components.specs.aws_regions import Region
from components.specs.cluster import AwsTag
from components.specs.size import Size
from components.specs.storage import Storage

BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
"""A bucket's name as S3 takes it, without dots, which break TLS host names."""

BucketNamePrefix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,49}[a-z0-9])?$")]
"""What the names of several buckets begin with."""

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


_LIFECYCLE: Final = (
    LifecycleRule(prefix="scratch/", expire_days=7, expire_noncurrent_days=1),
    LifecycleRule(prefix="checkpoints/", expire_days=90, expire_noncurrent_days=7),
    # What makes backups removes old ones; a week is left to notice that somebody else did.
    LifecycleRule(prefix="backups/", expire_noncurrent_days=7),
)


class _BucketSpec(Spec):
    """What every bucket has, wherever it is."""

    lifecycle: tuple[LifecycleRule, ...] = _LIFECYCLE
    """What is removed when. Nothing outside these folders ever is."""

    @model_validator(mode="after")
    def _one_rule_a_folder(self) -> Self:
        if len({rule.prefix for rule in self.lifecycle}) < len(self.lifecycle):
            raise ValueError("lifecycle has more than one rule for a folder; keep one rule a folder")
        return self


class InClusterBucketSpec(_BucketSpec):
    """A bucket of a store that runs on the cluster, with a folder for each team that only it reaches."""

    kind: Literal["in_cluster"] = "in_cluster"
    """Where the bucket is."""
    name: BucketName = "artifacts"
    """The bucket's name."""
    versioned: bool = True
    """Keep replaced and deleted objects as older versions until a lifecycle rule removes them."""
    storage: Storage = Storage(gib=200)
    """Where the objects lie."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1024)
    """The store's own size."""
    housekeeping: Size = Size(cpu_millicores=50, cpu_limit_millicores=500, memory_mib=256)
    """Size of each of the two processes that apply the lifecycle rules, and of the job that sets them."""


class Datasets(Spec):
    """What must be known about the datasets in a bucket; tags of the bucket say it."""

    classification: Literal["public", "internal", "confidential", "restricted"]
    """How sensitive the most sensitive of them is."""
    legal_basis: AwsTag
    """On what ground they may be processed, such as `contract` or `consent`; `none` where nothing is personal."""
    card: AwsTag
    """Where they are described: an address, or the name of a document."""


class Evidence(Spec):
    """A bucket in which nothing can be changed or deleted: logs of decisions, evaluations, approvals."""

    retention_days: int = Field(default=400, ge=184, le=36500)
    """Days for which an object is locked after it was written; at least the six months of the EU AI Act."""
    lock: Literal["compliance", "governance"] = "compliance"
    """`compliance`: nobody can shorten it, the account's owner neither. `governance`: roles with the right
    `s3:BypassGovernanceRetention` can, and a disposable stack is destroyed with all that it holds."""


class S3BucketSpec(_BucketSpec):
    """A bucket on Amazon S3 that keeps all versions, with a folder for each team that only it reaches; beside it one
    for evidence and one for the log of who read and wrote."""

    kind: Literal["s3"]
    """Where the bucket is."""
    name_prefix: BucketNamePrefix | None = None
    """What the buckets' names begin with, unique in the world; they end in `-artifacts`, `-evidence`, `-access-logs`
    and `-replica`. Absent: `mlplatform-<stack>-<account number>`."""
    datasets: Datasets
    """What must be known about the datasets in it."""
    evidence: Evidence = Evidence()
    """How evidence is locked."""
    replica_region: Region | None = None
    """A second region, to which every object is copied within minutes; absent: none."""


ArtifactBucketSpec = Annotated[
    Annotated[InClusterBucketSpec, Tag("in_cluster")] | Annotated[S3BucketSpec, Tag("s3")], by_kind("in_cluster")
]
