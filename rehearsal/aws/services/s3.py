"""Buckets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Kind, Problem, Tagging
from rehearsal.aws.stores import Store
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

_NAME = re.compile(r"(?!xn--|sthree-|.*-s3alias$|.*\.\.|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""The User Guide's rules for bucket names."""


def _check_name(inputs: Mapping[str, Any]) -> list[Problem]:
    name = inputs.get("bucket")
    if name is None or name is UNKNOWN or _NAME.fullmatch(str(name)):
        return []
    return [Problem("bucket", f"InvalidBucketName: The specified bucket is not valid: {name!r}")]


def _create(work: Work) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Bucket": work.inputs["bucket"]}
    if work.region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": work.region}
    if work.inputs.get("objectLockEnabled"):
        parameters["ObjectLockEnabledForBucket"] = True
    return work.call("s3", "create_bucket", **parameters)


def _read(work: Work) -> dict[str, Any]:
    work.call("s3", "head_bucket", Bucket=work.id)
    return {}


def _delete(work: Work) -> None:
    if work.inputs.get("forceDestroy"):
        versions = work.call("s3", "list_object_versions", Bucket=work.id)
        for each in (*versions.get("Versions", ()), *versions.get("DeleteMarkers", ())):
            work.call("s3", "delete_object", Bucket=work.id, Key=each["Key"], VersionId=each["VersionId"])
    work.call("s3", "delete_bucket", Bucket=work.id)


def _tell_the_store(work: Work, created: bool) -> None:
    if work.stores is None:
        return
    if created:
        host = f"{work.id}.s3.{work.region}.amazonaws.com"
        work.stores.store_created(Store("s3", work.id, host, 443, more_names=(f"s3.{work.region}.amazonaws.com",)))
    else:
        work.stores.store_deleted("s3", work.id)


def _put_tags(work: Work) -> None:
    tags = work.inputs.get("tagsAll") or {}
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    work.call("s3", "put_bucket_tagging", Bucket=work.id, Tagging={"TagSet": listed})


BUCKET = Kind(
    "aws:s3/bucket:Bucket",
    create=_create,
    read=_read,
    delete=_delete,
    id="{bucket}",
    replace=("bucket", "bucketPrefix", "objectLockEnabled"),
    forms={
        "arn": "arn:{partition}:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
        "hostedZoneId": "Z3AQBSTGFYJSTF",
    },
    name="bucket",
    name_length=63,
    tagging=Tagging("s3", "put_bucket_tagging", "delete_bucket_tagging", {"Bucket": "{id}"}, whole=_put_tags),
    local=("bucketPrefix", "forceDestroy", "objectLockEnabled"),
    checks=(_check_name,),
    hook=_tell_the_store,
)

KINDS = (BUCKET,)
