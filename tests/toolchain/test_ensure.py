"""`ensure`: what is missing or broken is made, once, completely or not at all."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.progress import Silent
from rehearsal.toolchain import resources
from tests.toolchain.workbench import Heard, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toolchain.workbench import Workbench


def test_a_missing_tool_is_built_and_its_binary_runs_from_the_store(workbench: Workbench) -> None:
    tools = workbench.toolchain().ensure(["anvil"], Silent())
    binary = tools.binary("anvil")
    assert binary.is_relative_to(workbench.store)
    assert os.access(binary, os.X_OK)


def test_the_programs_of_one_tool_are_built_in_one_go(workbench: Workbench) -> None:
    tools = workbench.toolchain().ensure(["bellows"], Silent())
    assert tools.binary("puff").read_text() != tools.binary("blow").read_text()
    assert workbench.calls("begin") == ["bellows"]


def test_what_is_there_is_not_made_again(workbench: Workbench) -> None:
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    heard = Heard()
    workbench.toolchain().ensure(["anvil", "bellows"], heard)
    assert sorted(workbench.calls("begin")) == ["anvil", "bellows"]
    assert heard.titles == []


def test_only_binaries_assets_and_logs_are_left_behind(workbench: Workbench) -> None:
    workbench.toolchain().ensure(workbench.catalogue, Silent())
    assert {name.split("-")[0] for name in workbench.installed()} == set(workbench.catalogue)


def test_a_chart_outlives_the_module_it_came_from(workbench: Workbench) -> None:
    tools = workbench.toolchain().ensure(["crucible"], Silent())
    assert (tools.asset("crucible/chart") / "Chart.yaml").is_file()


def test_charts_are_found_by_name_and_version_without_v(workbench: Workbench) -> None:
    tools = workbench.toolchain().ensure(workbench.catalogue, Silent())
    assert [entry.name for entry in tools.charts().iterdir()] == ["crucible-1.0.0"]
    assert (tools.charts() / "crucible-1.0.0" / "Chart.yaml").is_file()


def test_a_name_that_was_not_asked_for_is_refused_with_what_there_is(workbench: Workbench) -> None:
    tools = workbench.toolchain().ensure(["anvil"], Silent())
    with pytest.raises(LookupError, match=r"puff.*it has anvil"):
        tools.binary("puff")
    with pytest.raises(LookupError, match=r"crucible/chart.*it has anvil"):
        tools.asset("crucible/chart")


def _truncate(binary: Path) -> None:
    binary.write_bytes(binary.read_bytes()[:-1])


def _change(binary: Path) -> None:
    binary.write_bytes(binary.read_bytes()[::-1])


def _forbid(binary: Path) -> None:
    binary.chmod(0o644)


def _forget(binary: Path) -> None:
    (binary.parents[1] / "manifest.json").write_text("{")


@pytest.mark.parametrize("harm", [_truncate, _change, _forbid, os.unlink, _forget])
def test_a_broken_tool_is_made_again_and_that_is_said(workbench: Workbench, harm: object) -> None:
    toolchain = workbench.toolchain()
    binary = toolchain.ensure(["anvil"], Silent()).binary("anvil")
    sound = binary.read_bytes()
    harm(binary)  # type: ignore[operator]
    heard = Heard()
    assert toolchain.ensure(["anvil"], heard).binary("anvil").read_bytes() == sound
    assert any("anvil is broken" in line for line in heard.lines)


def test_a_file_that_was_only_touched_is_not_broken(workbench: Workbench) -> None:
    binary = workbench.toolchain().ensure(["anvil"], Silent()).binary("anvil")
    os.utime(binary, (0, 0))
    workbench.toolchain().ensure(["anvil"], Silent())
    assert workbench.calls("begin") == ["anvil"]


def test_a_look_at_every_byte_finds_what_size_and_time_hide(workbench: Workbench) -> None:
    toolchain = workbench.toolchain()
    binary = toolchain.ensure(["anvil"], Silent()).binary("anvil")
    times = (binary.stat().st_atime_ns, binary.stat().st_mtime_ns)
    _change(binary)
    os.utime(binary, ns=times)
    faults = {thorough: toolchain.status(thorough=thorough)[0].fault for thorough in (False, True)}
    assert faults[False] is None
    assert "another content" in (faults[True] or "")


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go"])
def test_changed_sources_make_another_tool(workbench: Workbench, file: str) -> None:
    workbench.toolchain().ensure(["anvil"], Silent())
    (workbench.directory / "sources/anvil" / file).write_text("// changed\n")
    workbench.toolchain().ensure(["anvil"], Silent())
    assert workbench.calls("begin") == ["anvil", "anvil"]


def test_other_flags_and_another_go_make_another_tool(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = workbench.toolchain().ensure(["anvil"], Silent()).binary("anvil")
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.27.0")
    second = workbench.toolchain().ensure(["anvil"], Silent()).binary("anvil")
    workbench.add(tool("anvil", tags=("netgo",)))
    third = workbench.toolchain().ensure(["anvil"], Silent()).binary("anvil")
    assert len({first, second, third}) == 3


def test_a_failed_build_names_the_tool_the_reason_and_the_log(workbench: Workbench) -> None:
    workbench.tell("fail", "anvil")
    with pytest.raises(RehearsalError) as caught:
        workbench.toolchain().ensure(["anvil"], Silent())
    assert caught.value.cause == "anvil 1.0.0: undefined: anvil"
    assert caught.value.log
    assert "go build" in caught.value.log.read_text()
    assert workbench.installed() == set()


def test_a_file_that_cannot_be_kept_is_an_error_of_its_tool(workbench: Workbench) -> None:
    shutil.rmtree(workbench.state / "modules")
    with pytest.raises(RehearsalError, match=r"crucible 1\.0\.0: No such file or directory; check the disk"):
        workbench.toolchain().ensure(["crucible"], Silent())


def test_a_failed_tool_does_not_cost_the_ones_that_are_done(workbench: Workbench) -> None:
    workbench.add(tool("anvil", expected_seconds=9), tool("bellows"))
    workbench.tell("fail", "bellows")
    with pytest.raises(RehearsalError, match="bellows"):
        workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    workbench.tell("fail")
    workbench.toolchain().ensure(["anvil", "bellows"], Silent())
    assert sorted(workbench.calls("begin")) == ["anvil", "bellows", "bellows"]


def test_a_cache_that_cannot_be_written_is_named_with_a_remedy(workbench: Workbench) -> None:
    workbench.store.parent.parent.joinpath("cache").write_text("a file is in the way")
    with pytest.raises(RehearsalError, match=r"cannot be written.*MLPLATFORM_CACHE"):
        workbench.toolchain().ensure(["anvil"], Silent())


def test_too_little_memory_is_said_before_anything_starts(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "free_memory_gib", lambda: 0.52)
    with pytest.raises(RehearsalError, match=r"building anvil takes 0\.1 GiB of memory, 0\.0 GiB are free"):
        workbench.toolchain().ensure(["anvil"], Silent())
    assert workbench.calls("begin") == []


def test_too_little_disk_is_said_before_anything_starts(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "free_disk_gib", lambda _directory: 0.2)
    with pytest.raises(RehearsalError, match=r"at least 1\.0 GiB of disk, 0\.2 GiB are free.*MLPLATFORM_CACHE"):
        workbench.toolchain().ensure(["anvil"], Silent())
    assert workbench.calls("begin") == []


def test_clean_removes_every_version(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    toolchain = workbench.toolchain()
    toolchain.ensure(workbench.catalogue, Silent()).charts()
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.27.0")
    toolchain.ensure(["anvil"], Silent())
    assert toolchain.clean(Silent()) > 0
    assert workbench.installed() == set()
    assert {state.fault for state in toolchain.status()} == {"not installed"}
