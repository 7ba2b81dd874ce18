"""When a CronJob's schedule comes round: the five fields that Kubernetes reads, as it reads them, in UTC.

What a field may hold, and that either of day and weekday suffices where both are chosen, is as in
https://pkg.go.dev/github.com/robfig/cron/v3, which Kubernetes uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_NAMES: Final[tuple[dict[str, int], ...]] = (
    {},
    {},
    {},
    dict(zip(_MONTHS, range(1, 13), strict=True)),
    dict(zip(_WEEKDAYS, range(7), strict=True)),
)
_EVERY: Final = ("*", "?")
_FURTHEST_DAYS: Final = 5 * 366
"""A schedule that does not come round in five years never does, for Kubernetes too."""


@dataclass(frozen=True)
class Cron:
    """A schedule."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday is 0."""
    either_day: bool
    """Day and weekday were both chosen: one of them is enough."""

    @classmethod
    def of(cls, text: str) -> Cron:
        """Read five fields; ValueError where they are none."""
        fields = text.split()
        if len(fields) != len(_FIELDS):
            raise ValueError(f"{text!r} has {len(fields)} fields, not five")
        minutes, hours, days, months, weekdays = (
            frozenset(value for part in field.lower().split(",") for value in _values(part, *bounds, names))
            for field, bounds, names in zip(fields, _FIELDS, _NAMES, strict=True)
        )
        either = not (_is_every(fields[2]) or _is_every(fields[4]))
        return cls(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays, either)

    def after(self, moment: datetime) -> datetime:
        """The first time later than the moment; ValueError where there is none within five years."""
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(_FURTHEST_DAYS):
            day = midnight + timedelta(days=number)
            if self._comes_round_on(day):
                times = (day + timedelta(hours=hour, minutes=minute) for hour in self.hours for minute in self.minutes)
                if found := next((each for each in times if each > moment), None):
                    return found
        raise ValueError("the schedule never comes round")

    def _comes_round_on(self, day: datetime) -> bool:
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (by_day or by_weekday if self.either_day else by_day and by_weekday)


def _values(part: str, least: int, most: int, names: dict[str, int]) -> range:
    """What one member of a field's list stands for."""
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if first in _EVERY:
        start, end = least, most
    else:
        start = _number(first, names)
        end = _number(last, names) if dash else most if step else start
    if not least <= start <= end <= most:
        raise ValueError(f"{part!r} is not within {least} and {most}")
    return range(start, end + 1, int(step) if step else 1)


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)


def _is_every(field: str) -> bool:
    """Whether a field leaves the choice to the other: with a step it does not."""
    return any(part.removesuffix("/1") in _EVERY for part in field.split(","))
