"""Setting up a bucket: it comes to what was asked for from wherever it was, any number of times."""

from __future__ import annotations

from typing import Any

import pytest

from controllers.bucket_setup import set_up

pytestmark = pytest.mark.data


class Store:
    """An S3 client that remembers what it was told."""

    def __init__(self, *buckets: str, versioning: dict[str, str] | None = None) -> None:
        self.buckets, self.versioning, self.calls = list(buckets), versioning or {}, []  # type: ignore[var-annotated]

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": [{"Name": name} for name in self.buckets]}

    def get_bucket_versioning(self, **_: object) -> dict[str, str]:
        return self.versioning

    def __getattr__(self, call: str) -> Any:
        return lambda **arguments: self.calls.append((call, arguments))


RULES = [{"ID": "scratch"}]


def test_setting_up_creates_a_missing_bucket_and_only_a_missing_one() -> None:
    new, old = Store("others"), Store("artifacts")
    for store in (new, old):
        set_up(store, {"bucket": "artifacts", "versioned": True, "rules": RULES})
    assert ("create_bucket", {"Bucket": "artifacts"}) in new.calls
    assert "create_bucket" not in dict(old.calls)


def test_setting_up_removes_rules_that_are_no_longer_wanted() -> None:
    store = Store("artifacts")
    set_up(store, {"bucket": "artifacts", "versioned": False, "rules": []})
    assert store.calls == [("delete_bucket_lifecycle", {"Bucket": "artifacts"})]


def test_setting_up_suspends_versions_where_they_were_once_kept() -> None:
    store = Store("artifacts", versioning={"Status": "Enabled"})
    set_up(store, {"bucket": "artifacts", "versioned": False, "rules": RULES})
    assert dict(store.calls)["put_bucket_versioning"]["VersioningConfiguration"] == {"Status": "Suspended"}
