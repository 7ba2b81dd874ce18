"""Whether what a stack file asks of AWS can be had where its cluster is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from components.capacity import Contradiction
from components.specs.cluster import EksClusterSpec, ExistingClusterSpec
from stacks._report import Problem, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks._report import Json, Steps

_SERVICES: Final[tuple[tuple[Steps, str], ...]] = (
    (("artifact_bucket",), "s3"),
    (("feature_store", "registry"), "aurora"),
    (("feature_store", "online"), "elasticache"),
    (("feature_store", "offline"), "athena"),
    (("registry", "database"), "aurora"),
    (("monitoring", "metrics"), "amazon_managed"),
    (("monitoring", "logs"), "cloudwatch"),
    (("images",), "ecr"),
)
"""Where a `kind` can be a service of AWS, and which."""
_STACK_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?")
"""With the project's name before it and a purpose behind it, the shortest of AWS' names still has room for it."""


def contradictions(sections: dict[str, Json], cluster: ExistingClusterSpec | EksClusterSpec) -> Iterator[Contradiction]:
    """What sections ask for and this cluster's place does not have."""
    if isinstance(cluster, ExistingClusterSpec):
        yield from _out_of_reach(sections)
        return
    bucket = inside(sections, "artifact_bucket")
    if inside(bucket, "replica_region") == cluster.region:
        wrong, steps = "is the region of the bucket itself", ("artifact_bucket", "replica_region")
        yield Contradiction(steps, wrong, cluster.region, "choose another region")
    locked = inside(bucket, "kind") == "s3" and inside(bucket, "evidence", "lock") != "governance"
    if cluster.disposable and locked:
        wrong = "lets nobody destroy what the cluster calls disposable"
        remedy = "choose `lock: governance`, or a cluster that is not disposable"
        yield Contradiction(("artifact_bucket", "evidence", "lock"), wrong, "compliance", remedy)
    if inside(sections, "feature_store", "offline", "kind") == "athena" and inside(bucket, "kind") != "s3":
        remedy = "choose `kind: s3` for the artifact bucket, or leave `offline` out"
        yield Contradiction(
            ("feature_store", "offline", "kind"), "reads a bucket on S3, and there is none", "athena", remedy
        )


def misnamed(stack: str, cluster: ExistingClusterSpec | EksClusterSpec) -> Iterator[Problem]:
    """A stack name that AWS takes no names from."""
    if isinstance(cluster, EksClusterSpec) and not _STACK_NAME.fullmatch(stack):
        remedy = "at most 22 lower-case letters, digits and hyphens"
        yield Problem("stack name", "cannot be part of names on AWS", f'"{stack}"', remedy)


def _out_of_reach(sections: dict[str, Json]) -> Iterator[Contradiction]:
    wrong = "is a service of AWS, and the cluster was there before"
    for steps, kind in _SERVICES:
        if inside(sections, *steps, "kind") == kind:
            yield Contradiction((*steps, "kind"), wrong, kind, "leave it out, or choose `kind: eks` for the cluster")
    if inside(sections, "monitoring", "alerting", "topic") is not None:
        steps = ("monitoring", "alerting", "topic")
        yield Contradiction(steps, wrong, "a topic", "leave it out, or choose `kind: eks` for the cluster")
