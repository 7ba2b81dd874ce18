"""What is promised of an endpoint or a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from components._spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

Percent = Annotated[float, Field(ge=50, le=99.999)]

LLM_LATENCIES: Final = (
    *(0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30),
    *(40, 50, 60, 120, 240, 480, 960, 1920, 7680),
)
"""Bounds in seconds of vLLM's histogram of whole answers (`vllm/v1/metrics/loggers.py`)."""
FIRST_TOKENS: Final = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560),
)
"""Bounds in seconds of vLLM's histogram of first tokens (`vllm/v1/metrics/loggers.py`)."""
CLASSIC_LATENCIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds in seconds of MLServer's histogram: those of Prometheus' Python client."""
QUEUE_WAITS: Final = (1, *(2.5 * 2**step for step in range(15)))
"""Bounds in seconds of Kueue's histogram of waits (`pkg/metrics/metrics.go`)."""


class Threshold(Spec):
    """A share of events that takes no longer than a time."""

    seconds: Annotated[float, Field(gt=0)]
    """The time. Programs count what they do in classes of duration, and only the bounds of these can be judged."""
    percent: Percent
    """The share."""


class EndpointObjectives(Spec):
    """What is promised of an endpoint. What it fails of it is its error budget; alerts say when that is used up too
    fast, `mlplatform slo` what is left of it."""

    availability_percent: Percent | None = 99.5
    """Share of requests that are not answered with an error of the server; `null`: nothing is promised."""
    latency: Threshold | None = None
    """Share of whole answers within a time; absent: nothing is promised."""
    first_token: Threshold | None = None
    """Share of a language model's answers that begin within a time; absent: nothing is promised."""


def nearest(seconds: float, bounds: Sequence[float]) -> str:
    """The bounds next to a time that is none of them, for a message."""
    below = max((each for each in bounds if each < seconds), default=None)
    above = min((each for each in bounds if each > seconds), default=None)
    return " or ".join(f"{each:g}" for each in (below, above) if each is not None)
