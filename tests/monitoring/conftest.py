"""Prometheus' and Alertmanager's own programs for tests of what they are given."""

from __future__ import annotations

import pytest

from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain, Tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    """`prometheus`, `promtool`, `alertmanager` and `otelcol`."""
    return Toolchain.default().ensure(["prometheus", "alertmanager", "otelcol"], Silent())
