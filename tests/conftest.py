"""What holds for every test of the project."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


def pytest_configure() -> None:
    """Have interrupts where a shell has switched them off, as it does for what it runs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """As root nothing excuses a rehearsal test: one that is skipped has failed."""
    report = yield
    if report.skipped and os.geteuid() == 0 and item.get_closest_marker("rehearsal"):
        report.outcome = "failed"
        report.longrepr = f"a rehearsal test was skipped as root: {report.longrepr}"
    return report
