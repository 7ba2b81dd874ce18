"""When schedules come round, as Kubernetes reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.cron import Cron

pytestmark = pytest.mark.data

SUNDAY = datetime(2026, 3, 1, 12, 30, 20, tzinfo=UTC)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (given one)


@pytest.mark.parametrize(
    ("schedule", "next_time"),
    [
        ("15 1 * * *", "2026-03-02T01:15"),
        ("45 1 * * 0", "2026-03-08T01:45"),
        ("*/30 * * * *", "2026-03-01T13:00"),
        ("31 12 * * *", "2026-03-01T12:31"),
        ("30 12 * * *", "2026-03-02T12:30"),
        ("10 */6 * * *", "2026-03-01T18:10"),
        ("5/20 * * * *", "2026-03-01T12:45"),
        ("0 9-17/4 * * mon-fri", "2026-03-02T09:00"),
        ("0 0 29 feb *", "2028-02-29T00:00"),
        # Either is enough where both are chosen; with a star that chooses nothing, both must hold.
        ("0 0 13 * 5", "2026-03-06T00:00"),
        ("0 0 */1 * 5", "2026-03-06T00:00"),
        ("0 0 ? * 1,3", "2026-03-02T00:00"),
    ],
)
def test_the_next_time_is_the_one_that_kubernetes_would_take(schedule: str, next_time: str) -> None:
    assert Cron.of(schedule).after(SUNDAY) == datetime.fromisoformat(next_time).replace(tzinfo=UTC)


@given(moments, st.integers(0, 59), st.integers(0, 23))
def test_a_daily_schedule_comes_round_once_a_day(moment: datetime, minute: int, hour: int) -> None:
    daily = Cron.of(f"{minute} {hour} * * *")
    found = daily.after(moment)
    assert timedelta(0) < found - moment <= timedelta(days=1)
    assert (found.hour, found.minute, found.second) == (hour, minute, 0)
    assert daily.after(found) == found + timedelta(days=1)


@pytest.mark.parametrize("wrong", ["", "* * * *", "60 * * * *", "5-1 * * * *", "* * 0 * *", "* * * * 7", "x * * * *"])
def test_what_is_no_schedule_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Cron.of(wrong)


def test_a_day_that_never_comes_is_refused_and_not_looked_for_for_ever() -> None:
    with pytest.raises(ValueError, match="never comes round"):
        Cron.of("0 0 31 2 *").after(SUNDAY)
