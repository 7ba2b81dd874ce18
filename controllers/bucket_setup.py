"""Give a bucket of an S3 store its versioning and lifecycle rules; safe to run again at any time.

The settings file is JSON: `bucket`, `versioned`, and `rules` as S3 writes lifecycle rules. Endpoint and
credentials come from the environment and the file that every AWS tool reads.

    python bucket_setup.py settings.json
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from botocore.client import BaseClient

_log: Final = logging.getLogger("bucket")


def set_up(s3: BaseClient, settings: dict[str, Any]) -> None:
    """Bring the bucket to `settings`, creating it where it is missing; objects in it are left alone."""
    bucket = settings["bucket"]
    if bucket not in {existing["Name"] for existing in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
        _log.info("%s: created", bucket)
    if settings["versioned"] or "Status" in s3.get_bucket_versioning(Bucket=bucket):
        # A bucket that once kept versions can only stop doing so; it cannot be as if it never had.
        status = "Enabled" if settings["versioned"] else "Suspended"
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    if settings["rules"]:
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": settings["rules"]})
    else:
        s3.delete_bucket_lifecycle(Bucket=bucket)
    _log.info("%s: versioned %s, %d lifecycle rules", bucket, settings["versioned"], len(settings["rules"]))


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(description="Set up a bucket.")
    parser.add_argument("settings", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    import boto3
    from botocore.config import Config

    # Path style: the store's name in the cluster's DNS has no names below it.
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 10}))
    set_up(s3, json.loads(arguments.settings.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
