"""Service level objectives: what is promised of endpoints and queues, how fast the allowed failures are used up, and
what is left of them.

The burn rate is how many times faster than allowed failures come. Alerts look at a long window, so that a blip calls
nobody, and at a short one besides, so that they end soon after the fault; windows and factors are those of Google's
Site Reliability Workbook, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components.monitoring.alerts.rule import Alert, Group, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.specs.capacity import Team
    from components.specs.gpu_serving_pool import ServedModel
    from components.specs.objectives import Threshold

OBJECTIVE: Final = "slo:objective:ratio"
ALL: Final = "slo:all:rate5m"
BAD: Final = "slo:bad:rate5m"
BUDGET_LEFT: Final = "slo:budget:left"
KEY: Final = "slo, threshold, team, model"
"""Labels that name an objective; `model` is absent from a queue's, `threshold` from availability."""
_OF_ENDPOINT: Final = "team, model"
_SHORT: Final = ("5m", "30m", "1h", "2h", "6h")
_LONG: Final = ("1d", "3d")
_LONG_EVERY_MINUTES: Final = 10
_INFER: Final = 'job="models", path=~".+/infer"'
_HISTOGRAMS: Final[Mapping[str, tuple[str, Sequence[tuple[str, str]]]]] = {
    "latency": (
        _OF_ENDPOINT,
        (
            ("vllm:e2e_request_latency_seconds", 'job="models"'),
            ("rest_server_request_duration_seconds", _INFER),
        ),
    ),
    "first_token": (_OF_ENDPOINT, (("vllm:time_to_first_token_seconds", 'job="models"'),)),
    "queue_wait": ("team", (("kueue_admission_wait_time_seconds", 'job="controllers"'),)),
}
"""For each kind with a threshold: whose its series are, and the histograms that have it, with what narrows them."""
_WHAT: Final = (
    "{{ $labels.slo }} of {{ with $labels.model }}{{ . }} of {{ else }}the queue of {{ end }}team {{ $labels.team }}"
)


@dataclass(frozen=True)
class Objective:
    """A share of all events that must be good."""

    slo: str
    """What is promised: `availability`, `latency`, `first_token` or `queue_wait`."""
    team: str
    ratio: float
    """The share, between 0 and 1."""
    model: str | None = None
    threshold: str | None = None
    """Seconds within which an event is good, as the histograms' label `le` has them; None where good is an answer."""

    def recording(self) -> Recording:
        """The objective as a series, which others are compared with."""
        labels = {"slo": self.slo, "team": self.team, "model": self.model, "threshold": self.threshold}
        return Recording(OBJECTIVE, f"vector({self.ratio:.6g})", {key: each for key, each in labels.items() if each})


def objectives(models: Sequence[ServedModel], teams: Sequence[Team]) -> list[Objective]:
    """All that the stack file promises."""
    return [each for model in models for each in _of_model(model)] + [
        _within("queue_wait", team.name, team.queue_wait) for team in teams if team.queue_wait
    ]


def groups(promised: Sequence[Objective], window_days: int) -> list[Group]:
    """The rules; none where nothing is promised. Budgets are for `window_days`."""
    if not promised:
        return []
    kinds = sorted({(each.slo, each.threshold or "") for each in promised})
    events = [rule for slo, threshold in kinds for rule in _events(slo, threshold)]
    return [
        Group(
            "objectives",
            [*(each.recording() for each in promised), *events, *(_burn(window) for window in _SHORT)],
            interval_minutes=1,
        ),
        Group("budgets", [*(_burn(window) for window in _LONG), _budget(window_days)], (), _LONG_EVERY_MINUTES),
        ALERTS,
    ]


def _of_model(model: ServedModel) -> Iterator[Objective]:
    promised = model.objectives
    if promised.availability_percent is not None:
        yield Objective("availability", model.team, promised.availability_percent / 100, model.name)
    for slo, threshold in (("latency", promised.latency), ("first_token", promised.first_token)):
        if threshold is not None:
            yield _within(slo, model.team, threshold, model.name)


def _within(slo: str, team: str, wanted: Threshold, model: str | None = None) -> Objective:
    return Objective(slo, team, wanted.percent / 100, model, f"{wanted.seconds:g}")


def _events(slo: str, threshold: str) -> Iterator[Recording]:
    """How many events there are a second, and how many of them are bad."""
    if slo == "availability":
        every = f"sum by ({_OF_ENDPOINT}) (endpoint:requests:rate5m)"
        yield Recording(ALL, every, {"slo": slo})
        # A server that never failed has no series of failures.
        yield Recording(BAD, f"sum by ({_OF_ENDPOINT}) (endpoint:errors:rate5m)\n  or 0 * {every}", {"slo": slo})
        return
    whose, histograms = _HISTOGRAMS[slo]
    labels = {"slo": slo, "threshold": threshold}

    def events(suffix: str, narrowed: str = "") -> str:
        return "\n  or ".join(
            f"sum by ({whose}) (rate({name}{suffix}{{{where}{narrowed}}}[5m]))" for name, where in histograms
        )

    good = events("_bucket", f', le=~"{threshold}(.0)?"')
    yield Recording(ALL, events("_count"), labels)
    yield Recording(BAD, f"({events('_count')})\n  - ({good})", labels)


def _burn(window: str) -> Recording:
    failed = f"sum_over_time({BAD}[{window}]) / ignoring () sum_over_time({ALL}[{window}])"
    return Recording(f"slo:burn:rate{window}", f"({failed})\n  / on ({KEY}) (1 - {OBJECTIVE})")


def _budget(window_days: int) -> Recording:
    failed = f"sum_over_time({BAD}[{window_days}d]) / ignoring () sum_over_time({ALL}[{window_days}d])"
    return Recording(BUDGET_LEFT, f"1 - ({failed})\n  / on ({KEY}) (1 - {OBJECTIVE})")


def _too_fast(windows: Sequence[tuple[str, str, float]]) -> str:
    return "\n  or ".join(
        f"(slo:burn:rate{long} > {factor:g} and slo:burn:rate{short} > {factor:g})" for long, short, factor in windows
    )


ALERTS: Final = Group(
    "promises",
    alerts=(
        Alert(
            "SloBurnsFast",
            _too_fast([("1h", "5m", 14.4), ("6h", "30m", 6)]),
            "critical",
            f"The {_WHAT} fails {{{{ $value | humanize }}}} times as often as promised",
            "A month's allowed failures are used up within days or hours.",
            (
                "The dashboard `endpoint` shows since when; compare with the last change of the model.",
                "Back to the version before if it began with a release: set `uri` to it and run `pulumi up`.",
                "For a queue: see QueueWaitLong.",
            ),
            minutes=2,
            team=None,
        ),
        Alert(
            "SloBurnsSlowly",
            _too_fast([("1d", "2h", 3), ("3d", "6h", 1)]),
            "warning",
            f"The {_WHAT} fails {{{{ $value | humanize }}}} times as often as promised",
            "Nobody need be called, but the promise will not be kept if it goes on.",
            ("As for SloBurnsFast, on a working day.",),
            minutes=15,
            team=None,
        ),
        Alert(
            "SloBudgetSpent",
            f"{BUDGET_LEFT} < 0",
            "warning",
            f"The {_WHAT} was not as promised",
            "More failed within the window than is allowed.",
            ("Put reliability before new releases of this model.", "Or promise less: `objectives` in the stack file."),
            minutes=15,
            team=None,
        ),
    ),
)
