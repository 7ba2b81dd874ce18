"""What a value online is beside the one offline, which entities are looked at, and what is said of them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.skew_verdicts import LONGEST_MESSAGE, Value, drawn, message, same, verdict

pytestmark = pytest.mark.data

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROW = Value(NOW - HOUR, 7)


@pytest.mark.parametrize(
    ("online", "expected"),
    [
        (Value(NOW - HOUR, 7), "same"),
        # The store keeps seconds.
        (Value(NOW - HOUR + timedelta(milliseconds=400), 7), "same"),
        (Value(NOW - HOUR, 8), "different"),
        (Value(NOW - 2 * HOUR, 7), "different"),
        (Value(NOW - HOUR / 2, 8), "newer"),
        (None, "missing"),
    ],
)
def test_a_value_online_is_judged_by_moment_and_value(online: Value | None, expected: str) -> None:
    assert verdict(ROW, online, timedelta(days=1), NOW) == expected


@pytest.mark.parametrize("online", [None, Value(NOW - HOUR, 7)])
def test_a_row_that_has_outlived_its_view_need_not_be_online(online: Value | None) -> None:
    assert verdict(ROW, online, HOUR, NOW) == "expired"
    assert verdict(ROW, online, None, NOW) != "expired"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, None, True),
        (None, float("nan"), True),
        (None, 0, False),
        (float("nan"), 0.0, False),
        (0.1, 0.10000000149011612, True),  # as Float32 has it
        (0.1, 0.1001, False),
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0], [1.0, 2.0], False),
        ("a", "b", False),
        (NOW, NOW.replace(tzinfo=None), True),
    ],
)
def test_values_are_the_same_if_a_reader_cannot_tell_them_apart(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


@given(st.lists(st.lists(st.integers(0, 300)), max_size=8), st.integers(1, 50))
def test_as_many_different_entities_are_drawn_as_asked_for_whatever_their_order(
    batches: list[list[int]], size: int
) -> None:
    keys = {(number,) for batch in batches for number in batch}
    found = drawn(([(number,) for number in batch] for batch in batches), size, "seed")
    assert len(found) == len(set(found)) == min(size, len(keys))
    assert set(found) <= keys
    assert set(found) == set(drawn([sorted(keys)], size, "seed"))


def test_every_entity_has_the_same_chance() -> None:
    keys = [(number,) for number in range(20)]
    times = Counter(key for seed in range(400) for key in drawn([keys], 5, str(seed)))
    assert set(times) == set(keys)
    assert max(times.values()) < 2 * min(times.values())


def counts(different: int) -> dict[str, int]:
    return {"same": 100 - different, "different": different, "missing": 0, "expired": 0, "newer": 0}


def test_the_message_has_all_counts_where_they_fit() -> None:
    said = json.loads(message({"drivers": {"trips": counts(0)}, "shops": {"open": counts(3)}}))
    assert said == {"skew": {"drivers": {"trips": [100, 0, 0, 0, 0]}, "shops": {"open": [97, 3, 0, 0, 0]}}}


def test_of_too_many_features_those_that_differ_are_told() -> None:
    views = {f"view-{number}": {f"feature-{each}": counts(0) for each in range(30)} for number in range(30)}
    views["view-29"]["feature-29"] = counts(9)
    text = message(views)
    assert len(text) <= LONGEST_MESSAGE
    assert json.loads(text) == {"skew": {"view-29": {"feature-29": [91, 9, 0, 0, 0]}}}


def test_a_message_is_never_too_long() -> None:
    views = {f"view-{number}": {f"feature-{each}": counts(1) for each in range(30)} for number in range(30)}
    text = message(views)
    assert LONGEST_MESSAGE / 2 < len(text) <= LONGEST_MESSAGE
    assert set(json.loads(text)["skew"]) <= set(views)
