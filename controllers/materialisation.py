"""Copy rows of the offline store into Feast's online store; run on a schedule, in Feast's own image.

Each feature view is read from where its last run ended, less an overlap, so that rows which were written late are
not missed: `feast materialize-incremental` takes no such rows. After an outage the first run catches up. One view that
fails does not keep the others from being filled; the exit status then is 1.

    python materialisation.py --config feature_store.yaml --overlap-hours 6
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.data_source import DataSource

_log: Final = logging.getLogger("materialisation")


def window_start(
    reached: datetime | None, time_to_live: timedelta | None, overlap: timedelta, now: datetime
) -> datetime:
    """Where to read from: `reached` (the end of the last run) less the overlap, and as far back as values live
    where there was no run yet. Older rows are never read: the online store would not serve them."""
    oldest = now - time_to_live if time_to_live else datetime.fromtimestamp(0, UTC)
    return oldest if reached is None else max(oldest, reached - overlap)


def read_s3_through_arrow() -> None:
    """Let Dask read `s3://` with Arrow's client, which Feast uses everywhere else: its image lacks s3fs."""
    import fsspec
    import pyarrow.fs
    from fsspec.implementations.arrow import ArrowFSWrapper

    class ArrowS3(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
        protocol = "s3"

        def __init__(self, **_: object) -> None:
            endpoint = os.environ.get("AWS_ENDPOINT_URL")
            super().__init__(pyarrow.fs.S3FileSystem(endpoint_override=endpoint))

    fsspec.register_implementation("s3", ArrowS3)


def holds_data(source: DataSource) -> bool:
    """Whether anything was written to a view's source yet; only for files in a bucket is that looked up."""
    from feast import FileSource
    from pyarrow.fs import FileSelector, FileType

    if not isinstance(source, FileSource) or not source.path.startswith("s3://"):
        return True
    bucket, path = FileSource.create_filesystem_and_path(source.path, source.s3_endpoint_override)
    if bucket.get_file_info(path.rstrip("/")).type == FileType.File:
        return True
    return any(
        found.is_file for found in bucket.get_file_info(FileSelector(path, recursive=True, allow_not_found=True))
    )


def materialise(store: FeatureStore, overlap: timedelta, now: datetime) -> list[str]:
    """Fill every view that is served online up to `now`; the names of those that failed."""
    failed = []
    for view in [*store.list_feature_views(), *store.list_stream_feature_views()]:
        if not view.online:
            continue
        start = window_start(view.most_recent_end_time, view.ttl, overlap, now)
        try:
            if holds_data(view.batch_source):
                store.materialize(start, now, [view.name])
                _log.info("%s: filled from %s to %s", view.name, start.isoformat(), now.isoformat())
            else:
                _log.info("%s: its source holds no data yet", view.name)
        except Exception:  # noqa: BLE001 (each view stands for itself, whatever its source raises)
            _log.exception("%s: failed", view.name)
            failed.append(view.name)
    return failed


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(description="Copy rows of the offline store into the online store.")
    parser.add_argument("--config", type=Path, required=True, help="Feast's feature_store.yaml")
    parser.add_argument("--overlap-hours", type=float, required=True, help="how far back late rows are looked for")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    from feast import FeatureStore

    read_s3_through_arrow()
    store = FeatureStore(fs_yaml_file=arguments.config)
    failed = materialise(store, timedelta(hours=arguments.overlap_hours), datetime.now(UTC))
    if failed:
        _log.error("failed: %s", ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
