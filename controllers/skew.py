"""Compare what models read online with what training reads offline; run on a schedule, in Feast's own image.

Of every feature view that is served online and kept in files, some entities are drawn by chance, others each time. The
offline value is the latest row up to the moment to which the view was last filled, read here from the files and not
through Feast, so that a mistake of Feast's own is found too. The online value is what Feast's client answers. Of each
feature is counted how many entities have

- `same` or `different`: the value online is that of the row, or not, or is that of an earlier row;
- `missing`: a row that still lives is not online;
- `expired`: the row has outlived the view's time to live, so that it need not be online;
- `newer`: the value online is of a later moment, as after a push; nothing offline says whether it is right.

    python -m controllers.skew --config feature_store.yaml --sample 1000 --result s3://bucket/features/checks/skew/

The report goes to standard output and to the bucket, and the counts into the container's termination message, where
schedule_exporter.py reads them. The exit status says whether the comparison was made, not what it found.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from controllers.skew_verdicts import VERDICTS, Key, Value, aware, drawn, message, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow.dataset
    from feast import FeatureStore, FeatureView

_ANSWERS: Final = 200
"""Entities that are asked for online at a time."""
_PRESENT: Final = (1, 2)
"""Feast's statuses of a value that is there: PRESENT, and NULL_VALUE."""
_log: Final = logging.getLogger("skew")


@dataclass(frozen=True)
class History:
    """The rows of a view's files within a window, under the names that Feast gives their columns."""

    data: pyarrow.dataset.Dataset
    columns: Mapping[str, str]
    """The files' names by Feast's."""
    keys: Sequence[str]
    moment: str
    created: str | None
    window: tuple[datetime | None, datetime]

    @classmethod
    def of(cls, view: FeatureView, until: datetime) -> History:
        """A view's rows that live at `until`."""
        import pyarrow.dataset

        source = view.batch_source
        files, path = source.create_filesystem_and_path(source.path, source.s3_endpoint_override)
        data = pyarrow.dataset.dataset(path.rstrip("/"), filesystem=files, format="parquet")
        given = {name: column for column, name in (source.field_mapping or {}).items()}
        names = [*view.join_keys, *(each.name for each in view.features)]
        return cls(
            data,
            {name: given.get(name, name) for name in names},
            view.join_keys,
            source.timestamp_field,
            source.created_timestamp_column or None,
            (until - view.ttl if view.ttl else None, until),
        )

    def entities(self) -> Iterator[set[Key]]:
        """The entities of each piece of the files."""
        columns = [self.columns[key] for key in self.keys]
        for batch in self.data.scanner(columns=columns, filter=self._within()).to_batches():
            yield set(zip(*(batch.column(each).to_pylist() for each in columns), strict=True))

    def latest(self, entities: Sequence[Key]) -> dict[Key, dict[str, Value]]:
        """Of each entity the last row by event time, and by creation among equals; its values by feature."""
        import pyarrow.dataset

        first = pyarrow.dataset.field(self.columns[self.keys[0]])
        chosen, wanted = self._within() & first.isin([key[0] for key in entities]), set(entities)
        stamps = [self.moment, *([self.created] if self.created else [])]
        found: dict[Key, tuple[list[datetime], dict[str, Any]]] = {}
        for batch in self.data.scanner(columns=[*set(self.columns.values()) | set(stamps)], filter=chosen).to_batches():
            for row in batch.to_pylist():
                key = tuple(row[self.columns[each]] for each in self.keys)
                order = [aware(row[each]) for each in stamps]
                if key in wanted and (key not in found or order >= found[key][0]):
                    found[key] = order, row
        features = [name for name in self.columns if name not in self.keys]
        return {
            key: {name: Value(order[0], row[self.columns[name]]) for name in features}
            for key, (order, row) in found.items()
        }

    def _within(self) -> pyarrow.dataset.Expression:
        import pyarrow as pa
        import pyarrow.dataset

        kind, field = self.data.schema.field(self.moment).type, pyarrow.dataset.field(self.moment)

        def literal(moment: datetime) -> pa.Scalar:
            exact = moment.astimezone(UTC).replace(microsecond=0)
            return pa.scalar(exact if kind.tz else exact.replace(tzinfo=None), kind)

        since, until = self.window
        within = field <= literal(until)
        return within if since is None else within & (field >= literal(since))


def online(store: FeatureStore, view: FeatureView, entities: Sequence[Key]) -> Iterator[tuple[Key, str, Value | None]]:
    """What Feast answers for each entity and feature; None where there is nothing."""
    references = [f"{view.name}:{each.name}" for each in view.features]
    for start in range(0, len(entities), _ANSWERS):
        asked = entities[start : start + _ANSWERS]
        rows = [dict(zip(view.join_keys, key, strict=True)) for key in asked]
        answer = store.get_online_features(features=references, entity_rows=rows)
        values = answer.to_dict()
        for name, vector in zip(answer.proto.metadata.feature_names.val, answer.proto.results, strict=True):
            if name in view.join_keys:
                continue
            for key, value, status, moment in zip(
                asked, values[name], vector.statuses, vector.event_timestamps, strict=True
            ):
                there = Value(datetime.fromtimestamp(moment.seconds, UTC), value) if status in _PRESENT else None
                yield key, name, there


def compare(store: FeatureStore, view: FeatureView, sample: int, seed: str) -> dict[str, dict[str, int]]:
    """Of each feature of a view, how many of the drawn entities came to each verdict."""
    until = view.most_recent_end_time
    history = History.of(view, aware(until))
    entities = drawn(history.entities(), sample, seed)
    offline = history.latest(entities)
    counts = {each.name: dict.fromkeys(VERDICTS, 0) for each in view.features}
    now = datetime.now(UTC)
    for key, feature, there in online(store, view, entities):
        counts[feature][verdict(offline[key][feature], there, view.ttl, now)] += 1
    return counts


def comparable(view: FeatureView) -> bool:
    """Whether a view is served online, was filled, belongs to entities, and is kept in files."""
    from feast import FileSource

    filled = view.online and view.most_recent_end_time is not None
    return bool(filled and view.join_keys and isinstance(view.batch_source, FileSource))


def keep(place: str, endpoint: str | None, report: Mapping[str, Any]) -> str:
    """Write the report below a folder of the bucket, `s3://…/`; its address."""
    from pyarrow.fs import S3FileSystem

    address = f"{place}{report['made'].replace(':', '-')}.json"
    with S3FileSystem(endpoint_override=endpoint).open_output_stream(address.removeprefix("s3://")) as file:
        file.write(json.dumps(report, indent=1).encode())
    return address


def main() -> int:
    """Compare once."""
    parser = argparse.ArgumentParser(description="Compare features online with those offline.")
    parser.add_argument("--config", type=Path, required=True, help="Feast's feature_store.yaml")
    parser.add_argument("--sample", type=int, required=True, help="entities of each view")
    parser.add_argument("--result", help="folder of the bucket for the report, s3://…/")
    parser.add_argument("--message", type=Path, help="where the counts are left for the exporter")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    from feast import FeatureStore

    store = FeatureStore(fs_yaml_file=arguments.config)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    views, failed = {}, []
    for view in filter(comparable, [*store.list_feature_views(), *store.list_stream_feature_views()]):
        try:
            views[view.name] = compare(store, view, arguments.sample, seed=made)
        except Exception:  # noqa: BLE001 (each view stands for itself, whatever its source raises)
            _log.exception("%s: cannot be compared", view.name)
            failed.append(view.name)
    report = {"made": made, "sample": arguments.sample, "views": views, "failed": failed}
    if arguments.message:
        arguments.message.write_text(message(views))
    if arguments.result:
        _log.info("kept as %s", keep(arguments.result, os.environ.get("AWS_ENDPOINT_URL"), report))
    sys.stdout.write(json.dumps(report) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
