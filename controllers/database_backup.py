"""Keep dumps of a database in a bucket, and try whether they can be restored; PostgreSQL's own tools run beside it.

A backup is two objects: `<prefix><time>/dump.sql.gz` and, written last, `manifest.json` with the digest of the first,
and for every table of the dump its number of rows and a digest of them. The steps share a directory:

    python -m controllers.database_backup store DIRECTORY --bucket B --prefix P --keep-days 14
    python -m controllers.database_backup fetch DIRECTORY --bucket B --prefix P
    python -m controllers.database_backup compare DIRECTORY

`store` keeps the `backup.sql` that `pg_dump` wrote and prints one line of JSON, what is kept now. `fetch` brings the
newest back for `psql` to read, and after another `pg_dump`, to `restored.sql`, `compare` prints one line of JSON, the
report. It ends with 1 where what was restored is not what was backed up.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from controllers.dump import DamagedError, Table, content

if TYPE_CHECKING:
    from botocore.client import BaseClient

BACKUP: Final = "backup.sql"
RESTORED: Final = "restored.sql"
FETCHED: Final = "fetched.json"
REFUSAL: Final = "restore.log"
LOADED: Final = "loaded"
FEWEST_KEPT: Final = 3
"""Backups that are kept however old they are: else a schedule that fails unseen would end with none."""

_DUMP: Final = "dump.sql.gz"
_MANIFEST: Final = "manifest.json"
_TIME: Final = "%Y-%m-%dT%H-%M-%SZ"
_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Shelf:
    """Where a database's backups lie."""

    s3: BaseClient
    bucket: str
    prefix: str
    """Ends in a slash."""

    def store(self, dump: Path, now: datetime) -> str:
        """Keep a dump, and return the name of the backup. Raises DamagedError where the dump is none."""
        with dump.open("rb") as lines:
            held = content(lines)
        packed = dump.with_name(_DUMP)
        with dump.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as small:
            while piece := plain.read(_PIECE_BYTES):
                small.write(piece)
        name = now.strftime(_TIME)
        manifest = {"made": now.isoformat(), "bytes": packed.stat().st_size, "sha256": _digest(packed), **asdict(held)}
        self.s3.upload_file(str(packed), self.bucket, f"{self.prefix}{name}/{_DUMP}")
        # Last, since what has a manifest is a backup.
        body = json.dumps(manifest, indent=1).encode()
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}{name}/{_MANIFEST}", Body=body)
        return name

    def backups(self) -> list[str]:
        """The names of all backups, the oldest first."""
        return list(self.sizes())

    def sizes(self) -> dict[str, int]:
        """The bytes of every backup, the oldest first."""
        kept = self._kept()
        return {name: sum(kept[name].values()) for name in sorted(kept) if _MANIFEST in kept[name]}

    def newest(self) -> str:
        """The name of the newest backup. Raises DamagedError where there is none."""
        if not (names := self.backups()):
            raise DamagedError(f"there is no backup below {self.prefix} of {self.bucket}")
        return names[-1]

    def fetch(self, name: str, directory: Path) -> dict[str, Any]:
        """Put a backup's dump into the directory and return its manifest. Raises DamagedError where it is not what
        was stored."""
        folder = f"{self.prefix}{name}/"
        manifest: dict[str, Any] = json.loads(
            self.s3.get_object(Bucket=self.bucket, Key=folder + _MANIFEST)["Body"].read()
        )
        packed = directory / _DUMP
        self.s3.download_file(self.bucket, folder + _DUMP, str(packed))
        if (found := _digest(packed)) != manifest["sha256"]:
            raise DamagedError(f"{folder}{_DUMP} has the digest {found}, its manifest says {manifest['sha256']}")
        with gzip.open(packed, "rb") as small, (directory / BACKUP).open("wb") as plain:
            while piece := small.read(_PIECE_BYTES):
                plain.write(piece)
        return manifest

    def forget(self, before: datetime) -> list[str]:
        """Remove backups that are older, but for the newest; and what was begun before and has no manifest."""
        kept, limit = self._kept(), before.strftime(_TIME)
        spared = self.backups()[-FEWEST_KEPT:]
        old = [name for name in sorted(kept) if name < limit and name not in spared]
        for name in old:
            # The manifest first: half a backup must not look like one.
            for file in sorted(kept[name], reverse=True):
                self.s3.delete_object(Bucket=self.bucket, Key=f"{self.prefix}{name}/{file}")
        return old

    def _kept(self) -> dict[str, dict[str, int]]:
        """The files, with their bytes, of everything below the prefix that is named by a time."""
        found: dict[str, dict[str, int]] = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
            for each in page.get("Contents", []):
                name, _, file = each["Key"].removeprefix(self.prefix).partition("/")
                found.setdefault(name, {})[file] = each["Size"]
        return found


def report(directory: Path) -> dict[str, Any]:
    """What came of a restore: each table as it was and as it is, the seconds of each step, and what is wrong."""
    fetched: dict[str, Any] = json.loads((directory / FETCHED).read_text())
    found = {"backup": fetched.get("name"), "made": fetched.get("made"), "bytes": fetched.get("bytes")}
    seconds = {"fetch": fetched["seconds"], **_restore_seconds(directory)}
    tables, wrong = _compared(directory, fetched) if "wrong" not in fetched else ([], [fetched["wrong"]])
    return {**found, "seconds": seconds, "tables": tables, "wrong": wrong}


def _compared(directory: Path, manifest: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    if not (directory / RESTORED).exists():
        refusal = (directory / REFUSAL).read_text().strip().splitlines()
        return [], [f"the database refuses the backup: {refusal[0] if refusal else 'no reason given'}"]
    with (directory / RESTORED).open("rb") as lines:
        restored = content(lines)
    before = {name: Table(**each) for name, each in manifest["tables"].items()}
    tables, wrong = [], []
    for name in sorted(before | restored.tables):
        was, now = before.get(name), restored.tables.get(name)
        held = {"rows": was and was.rows, "restored": now and now.rows, "sha256": now and now.sha256}
        tables.append({"table": name, **held, "same": was == now})
        if was != now:
            wrong.append(f"{name}: {was or 'no table'} backed up, {now or 'no table'} restored")
    if restored.statements != manifest["statements"]:
        wrong.append("tables, keys or indices are not those that were backed up")
    return tables, wrong


def _restore_seconds(directory: Path) -> dict[str, float]:
    """How long it took to start a server and load the backup, and to read it all back."""
    ends = [directory / name for name in (FETCHED, LOADED, RESTORED)]
    if not all(each.exists() for each in ends):
        return {}
    fetched, loaded, read = (each.stat().st_mtime for each in ends)
    return {"restore": round(loaded - fetched, 3), "read_back": round(read - loaded, 3)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(shelf: Shelf, directory: Path) -> None:
    """What is wrong is written down, so that the report says it."""
    started = time.monotonic()
    outcome: dict[str, Any] = {}
    try:
        outcome["name"] = shelf.newest()
        outcome |= shelf.fetch(outcome["name"], directory)
    except Exception as error:  # noqa: BLE001 (whatever keeps it from being fetched is what the drill has found out)
        outcome["wrong"] = str(error) or repr(error)
    outcome["seconds"] = round(time.monotonic() - started, 3)
    (directory / FETCHED).write_text(json.dumps(outcome))


def _shelf(arguments: argparse.Namespace) -> Shelf:
    import boto3
    from botocore.config import Config

    # Path style: the store's name in the cluster's DNS has no names below it.
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 10}))
    return Shelf(s3, arguments.bucket, arguments.prefix)


def main() -> int:
    """Run one step."""
    parser = argparse.ArgumentParser(description="Keep dumps of a database, and try them.")
    parser.add_argument("step", choices=["store", "fetch", "compare"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bucket")
    parser.add_argument("--prefix")
    parser.add_argument("--keep-days", type=int, default=14)
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    if arguments.step == "compare":
        came = report(directory)
        sys.stdout.write(json.dumps(came) + "\n")
        return 1 if came["wrong"] else 0
    shelf = _shelf(arguments)
    if arguments.step == "fetch":
        _fetch(shelf, directory)
        return 0
    now = datetime.now(UTC)
    stored = shelf.store(directory / BACKUP, now)
    removed = shelf.forget(now - timedelta(days=arguments.keep_days))
    sys.stdout.write(json.dumps({"stored": stored, "removed": removed, "kept": shelf.sizes()}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
