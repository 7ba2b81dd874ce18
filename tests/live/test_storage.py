"""Buckets and keys of the deployed stack: closed, encrypted, versioned, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.storage_faults import bucket_faults, key_faults, lock_faults, request_log_faults

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live


def of_purpose(deployed: Deployed, purpose: str) -> str:
    """The one bucket whose name ends so."""
    (bucket,) = (each for each in deployed.buckets if each.endswith(f"-{purpose}"))
    return bucket


@pytest.fixture(autouse=True)
def _on_s3(deployed: Deployed) -> None:
    if deployed.aws and deployed.settings.artifact_bucket.kind != "s3":
        pytest.skip(f"{deployed.stack} has its bucket on the cluster")


def test_every_bucket_is_closed_encrypted_and_keeps_versions(deployed: Deployed) -> None:
    assert len(deployed.buckets) >= 3
    faults = [
        fault
        for bucket in deployed.buckets
        for fault in bucket_faults(deployed.aws, bucket, own_key=not bucket.endswith("-access-logs"))
    ]
    assert faults == []


def test_evidence_cannot_be_changed_for_half_a_year(deployed: Deployed) -> None:
    assert list(lock_faults(deployed.aws, of_purpose(deployed, "evidence"))) == []


@pytest.mark.parametrize("purpose", ["artifacts", "evidence"])
def test_requests_are_written_down(deployed: Deployed, purpose: str) -> None:
    assert list(request_log_faults(deployed.aws, of_purpose(deployed, purpose))) == []


def test_every_key_is_in_use_changed_once_a_year_and_not_everybodys(deployed: Deployed) -> None:
    assert len(deployed.key_ids) >= 3
    assert [fault for key in deployed.key_ids for fault in key_faults(deployed.aws, key)] == []
