"""What stands in a text, when something is, and who asks."""

from __future__ import annotations

from typing import Any

import pytest

from policies.language import UNKNOWN, may, now, parameter, resource
from tests.policy.asking import truth

pytestmark = pytest.mark.policy


@pytest.mark.parametrize(
    ("text", "days", "later"),
    [
        ("2026-11-22T09:00:01Z", 0, True),
        ("2026-11-22T09:00:00Z", 0, False),
        ("2026-11-22T09:00:00.123456789+00:00", 0, True),
        ("2026-11-22T10:30:00+02:00", 0, False),
        ("2026-11-15T09:00:00Z", 7, False),
        ("2026-11-15T09:00:01Z", parameter("limit"), True),
        ("2026-12-01T00:00:00Z", -30, False),
    ],
)
def test_moments_are_compared_whatever_their_time_zone(text: str, days: Any, later: bool) -> None:
    assert truth(resource["a"].is_later_than(now, days=days), {"a": text}).value is later


def test_a_policy_is_read_whether_it_is_a_text_or_an_object_and_has_one_statement_or_many() -> None:
    allows = resource["policy"].json()["Statement"].listed().some(lambda each: each["Effect"].equals("Allow"))
    for policy in ('{"Statement": {"Effect": "Allow"}}', {"Statement": [{"Effect": "Deny"}, {"Effect": "Allow"}]}):
        assert truth(allows, {"policy": policy}).value is True
    assert truth(allows, {"policy": '{"Statement": []}'}).value is False
    assert truth(allows, {"policy": {"Statement": UNKNOWN}}).value is None


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("oci://ghcr.io/a/b@sha256:" + "0c" * 32, "0c" * 32),
        ("s3://models/defects/sha256-" + "0c" * 32, "0c" * 32),
        ("hf://owner/model:" + "ab" * 20, "ab" * 20),
        ("s3://models/latest", ""),
    ],
)
def test_the_digest_is_found_in_every_kind_of_reference(text: str, digest: str) -> None:
    assert truth(resource["a"].digest().equals(digest), {"a": text}).value is True


def test_a_text_in_base64_is_read_as_what_it_stands_for() -> None:
    assert truth(resource["a"].base64().equals("#!/bin/sh"), {"a": "IyEvYmluL3No"}).value is True
    assert truth(resource["a"].base64().equals("x"), {"a": UNKNOWN}).value is None


def test_a_right_is_had_only_by_who_asks_and_was_given_it() -> None:
    approves = may("approve", "mlplatform.dev/modelreleases")
    assert truth(approves, {}).value is False
    assert truth(approves, {}, request={"grants": []}).value is False
    assert truth(approves, {}, request={"grants": ["approve mlplatform.dev/modelreleases"]}).value is True
