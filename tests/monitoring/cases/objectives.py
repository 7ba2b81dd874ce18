"""Alerts about objectives, on burn rates as they are recorded."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_OF: Final = {"slo": "latency", "threshold": "5", "team": "search", "model": "assistant"}
_QUEUE: Final = {"slo": "queue_wait", "threshold": "640", "team": "search"}
_LABELS: Final = '{slo="latency", threshold="5", team="search", model="assistant"}'
_FAILS: Final = "The latency of assistant of team search fails {} times as often as promised"


def _burns(alert: str, seen: str, pairs: tuple[str, str, str, str], said: str, moments: tuple[str, ...]) -> Case:
    """Two windows and the values in them: both must be high."""
    long, long_values, short, short_values = pairs
    series = {f"slo:burn:rate{long}{_LABELS}": long_values, f"slo:burn:rate{short}{_LABELS}": short_values}
    fires, *silent = moments
    return Case(alert, seen, series, {fires: [(_OF, _FAILS.format(said))]}, silent)


CASES: Final = (
    _burns(
        "SloBurnsFast",
        "15 times the allowed failures within an hour call somebody while the last minutes are as bad",
        ("1h", "14x9 15x60 14x9", "5m", "15x40 14x40"),
        "15",
        ("12m", "9m", "10m", "45m"),
    ),
    _burns(
        "SloBurnsFast",
        "14 times within an hour do not, however bad the last minutes were",
        ("1h", "14x20 15x10 14x50", "5m", "14x9 15x70"),
        "15",
        ("24m", "15m", "21m", "40m"),
    ),
    _burns(
        "SloBurnsFast",
        "6.5 times within six hours do",
        ("6h", "5.9x9 6.5x60 5.9x9", "30m", "6.5x40 5.9x40"),
        "6.5",
        ("12m", "9m", "10m", "45m"),
    ),
    _burns(
        "SloBurnsFast",
        "less than six times do not, whatever the last half hour was",
        ("6h", "5.9x20 6.5x10 5.9x50", "30m", "5.9x9 6.5x70"),
        "6.5",
        ("24m", "15m", "21m", "40m"),
    ),
    _burns(
        "SloBurnsSlowly",
        "3.2 times within a day are for a working day",
        ("1d", "2.9x9 3.2x60 2.9x30", "2h", "3.2x60 2.9x40"),
        "3.2",
        ("28m", "9m", "22m", "65m"),
    ),
    _burns(
        "SloBurnsSlowly",
        "less than three times within a day are not reported for the last two hours alone",
        ("1d", "2.9x20 3.2x40 2.9x30", "2h", "2.9x9 3.2x90"),
        "3.2",
        ("40m", "15m", "33m", "65m"),
    ),
    _burns(
        "SloBurnsSlowly",
        "1.1 times within three days are",
        ("3d", "0.9x9 1.1x60 0.9x30", "6h", "1.1x60 0.9x40"),
        "1.1",
        ("28m", "9m", "22m", "65m"),
    ),
    _burns(
        "SloBurnsSlowly",
        "as many as are allowed are not",
        ("3d", "0.9x20 1.1x40 0.9x30", "6h", "0.9x9 1.1x90"),
        "1.1",
        ("40m", "15m", "33m", "65m"),
    ),
    Case(
        "SloBudgetSpent",
        "a budget that is spent is reported, a queue's too, until failures are so old that they count no more",
        {
            'slo:budget:left{slo="queue_wait", threshold="640", team="search"}': "0x9 -0.5x40 0x40",
            f"slo:budget:left{_LABELS}": "0x90",
        },
        {"30m": [(_QUEUE, "The queue_wait of the queue of team search was not as promised")]},
        ["9m", "22m", "60m"],
    ),
)
