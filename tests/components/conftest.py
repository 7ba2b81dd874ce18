"""Real programs for tests that check a component's files with them."""

from __future__ import annotations

import pytest

from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain, Tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The engine, and Prometheus' and Alertmanager's programs."""
    return Toolchain.default().ensure(["pulumi", "pulumi-language-python", "prometheus", "alertmanager"], Silent())
