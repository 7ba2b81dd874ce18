"""A workbench for each test: its own store, sources and stand-in for Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.toolchain import tool as tool_module
from tests.toolchain.workbench import GO, Workbench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    bench = Workbench(tmp_path)
    bench.state.mkdir()
    chart = bench.state / "modules/example.org/crucible/charts/crucible"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text('name: crucible\nversion: "v1.0.0"\n')
    go = tmp_path / "go" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)
    bench.write_sources()
    for name, value in bench.go_on_path().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tool_module, "SOURCES", tmp_path / "sources")
    return bench
