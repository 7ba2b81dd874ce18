"""What is built beside what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.progress import Silent
from rehearsal.toolchain import resources
from tests.toolchain.workbench import Heard, tool

if TYPE_CHECKING:
    import pytest

    from tests.toolchain.workbench import Workbench


def overlapping(workbench: Workbench) -> bool:
    """Whether two builds ran at the same time."""
    lines = (workbench.state / "calls").read_text().splitlines()
    running = 0
    for line in lines:
        running += {"begin": 1, "end": -1}[line.split()[0]]
        if running > 1:
            return True
    return False


def test_two_tools_are_built_side_by_side_where_memory_allows(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_SECONDS", "2")
    monkeypatch.setattr(resources, "free_memory_gib", lambda: 8.0)
    workbench.add(tool("anvil", peak_memory_gib=3.0), tool("bellows", peak_memory_gib=3.0))
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    assert overlapping(workbench)


def test_they_are_built_one_after_the_other_where_it_does_not(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "free_memory_gib", lambda: 5.0)
    workbench.add(tool("anvil", peak_memory_gib=3.0), tool("bellows", peak_memory_gib=3.0))
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    assert not overlapping(workbench)


def test_a_tight_disk_has_one_build_at_a_time(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "free_disk_gib", lambda _directory: 5.0)
    workbench.add(tool("anvil", disk_gib=3.0), tool("bellows", disk_gib=3.0))
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    assert not overlapping(workbench)


def test_the_longest_build_begins_first(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "free_memory_gib", lambda: 0.7)
    workbench.add(tool("anvil"), tool("bellows", expected_seconds=90), tool("crucible", expected_seconds=30))
    workbench.toolchain().ensure(workbench.catalogue, Silent())
    assert workbench.calls("begin") == ["bellows", "crucible", "anvil"]


def test_progress_names_each_tool_with_its_time_and_what_is_to_come(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "free_memory_gib", lambda: 0.7)
    monkeypatch.setenv("FAKE_GO_SECONDS", "1.5")
    workbench.add(tool("anvil", expected_seconds=90), tool("bellows"))
    heard = Heard()
    workbench.toolchain().ensure(workbench.catalogue, heard)
    assert any(detail == "anvil 0:01 of about 1:30; 1 to come" for detail in heard.details)
    assert any(line.startswith("bellows 1.0.0 built in 0:0") for line in heard.lines)
