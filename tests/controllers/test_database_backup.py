"""Backups on a shelf: what is kept, which one a drill tries, how damage is told. Stores are tried with the images."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from controllers import database_backup
from controllers.database_backup import BACKUP, FETCHED, FEWEST_KEPT, LOADED, RESTORED, Shelf, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.data

DUMP = b"COPY views (name) FROM stdin;\na\nb\n\\.\n-- PostgreSQL database dump complete\n"
NOW = datetime(2026, 3, 1, 1, 15, tzinfo=UTC)
PLACE = ("--bucket=artifacts", "--prefix=backups/")


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A shelf in a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="artifacts")
        yield Shelf(s3, "artifacts", "backups/")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The directory of the steps, with a dump."""
    (tmp_path / BACKUP).write_bytes(DUMP)
    return tmp_path


def step(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """How a step of the program ends."""
    monkeypatch.setattr(sys, "argv", ["database_backup", *map(str, arguments)])
    return database_backup.main()


def fetched(shelf: Shelf, work: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The report of a drill whose database gave back what it was given."""
    assert shelf.bucket == "artifacts"
    assert step(monkeypatch, "fetch", work, *PLACE) == 0
    (work / LOADED).touch()
    (work / RESTORED).write_bytes((work / BACKUP).read_bytes())
    return report(work)


def test_storing_says_what_is_kept_now_with_its_size(
    shelf: Shelf, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step(monkeypatch, "store", work, *PLACE, "--keep-days=14") == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(said["kept"]) == [said["stored"]] == shelf.backups()
    listed = shelf.s3.list_objects_v2(Bucket="artifacts")["Contents"]
    assert said["kept"][said["stored"]] == sum(each["Size"] for each in listed)
    assert said["removed"] == []


def test_the_newest_backup_is_tried(shelf: Shelf, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (2, 0, 1):
        newest = shelf.store(work / BACKUP, NOW - timedelta(days=days))
    found = fetched(shelf, work, monkeypatch)
    assert found["wrong"] == []
    assert found["backup"] == "2026-03-01T01-15-00Z" != newest
    (table,) = found["tables"]
    assert (table["rows"], table["restored"], table["same"]) == (2, 2, True)


def test_a_damaged_backup_is_told_by_its_name(shelf: Shelf, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = shelf.store(work / BACKUP, NOW)
    shelf.s3.put_object(Bucket="artifacts", Key=f"backups/{name}/dump.sql.gz", Body=b"something else")
    found = fetched(shelf, work, monkeypatch)
    assert found["backup"] == name
    (wrong,) = found["wrong"]
    assert wrong.startswith(f"backups/{name}/dump.sql.gz has the digest")
    assert step(monkeypatch, "compare", work) == 1


def test_an_empty_shelf_is_told_as_what_is_wrong(shelf: Shelf, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fetched(shelf, work, monkeypatch)
    assert found["wrong"] == ["there is no backup below backups/ of artifacts"]
    assert found["backup"] is None
    assert json.loads((work / FETCHED).read_text())["seconds"] >= 0


def test_old_backups_are_forgotten_but_for_the_newest(shelf: Shelf, work: Path) -> None:
    names = [shelf.store(work / BACKUP, NOW + timedelta(days=day)) for day in range(FEWEST_KEPT + 2)]
    assert shelf.forget(NOW + timedelta(days=100)) == names[:2]
    assert shelf.backups() == names[2:]
