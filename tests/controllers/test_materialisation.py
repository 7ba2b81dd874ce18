"""Filling the online store: late rows are not missed, and one broken view harms no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers import materialisation
from controllers.materialisation import window_start

pytestmark = pytest.mark.data

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

ages = st.timedeltas(timedelta(0), timedelta(days=400))


@given(reached=st.none() | ages, time_to_live=st.none() | ages.filter(bool), overlap=ages)
def test_a_window_starts_before_the_last_run_ended_and_never_before_values_expire(
    reached: timedelta | None, time_to_live: timedelta | None, overlap: timedelta
) -> None:
    end = None if reached is None else NOW - reached
    start = window_start(end, time_to_live, overlap, NOW)
    assert start <= NOW
    assert time_to_live is None or start >= NOW - time_to_live
    if end is not None and (time_to_live is None or end >= NOW - time_to_live):
        assert start <= end


def test_an_outage_is_caught_up_with() -> None:
    assert window_start(NOW - 48 * HOUR, timedelta(days=7), 6 * HOUR, NOW) == NOW - 54 * HOUR


def view(name: str, **more: Any) -> SimpleNamespace:
    usual = {"online": True, "most_recent_end_time": NOW - HOUR, "ttl": timedelta(days=1), "batch_source": name}
    return SimpleNamespace(name=name, **{**usual, **more})


class Feast:
    """A feature store that remembers what was filled."""

    def __init__(self, *views: SimpleNamespace) -> None:
        self.views, self.filled = views, {}  # type: ignore[var-annotated]

    def list_feature_views(self) -> list[SimpleNamespace]:
        return list(self.views)

    def list_stream_feature_views(self) -> list[SimpleNamespace]:
        return []

    def materialize(self, start: datetime, end: datetime, views: list[str]) -> None:
        (name,) = views
        if name == "broken":
            raise OSError("not a Parquet file")
        self.filled[name] = (start, end)


@pytest.fixture
def _sources_hold_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materialisation, "holds_data", lambda source: source != "empty")


@pytest.mark.usefixtures("_sources_hold_data")
def test_one_broken_view_does_not_keep_the_others_from_being_filled() -> None:
    store = Feast(view("broken"), view("empty"), view("offline", online=False), view("good"))
    assert materialisation.materialise(store, 6 * HOUR, NOW) == ["broken"]
    assert store.filled == {"good": (NOW - 7 * HOUR, NOW)}
