"""When each alert fires, when it does not, and when it ends: a module an area."""

from __future__ import annotations

from typing import Final

from tests.monitoring.cases import data, gpu, objectives, platform, schedules, serving, training

CASES: Final = (
    *platform.CASES,
    *gpu.CASES,
    *training.CASES,
    *serving.CASES,
    *data.CASES,
    *schedules.CASES,
    *objectives.CASES,
)
