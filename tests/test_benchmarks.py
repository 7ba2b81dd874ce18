"""The benchmarks run, at sizes that say nothing; what they measure at full size is never a test."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import admission, check, monitoring, pack, scale
from benchmarks.measuring import Figure, cpu_seconds, fastest, percentile, run
from benchmarks.stacks import locked, prod_with
from rehearsal.progress import Silent
from stacks.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_check_is_measured_with_three_numbers_of_teams(tmp_path: Path) -> None:
    figures = {each.name: each for each in check.measure([2, 3, 5], 1, tmp_path)}
    assert 0 < figures["2 teams: first verdict"].value < figures["2 teams: done"].value
    assert figures["2 teams: done"].goal == check.DONE_SECONDS
    assert 10 < figures["5 teams: peak memory"].value < 1000
    assert figures["the whole check over that"].value > 0


@pytest.mark.rehearsal
def test_admission_is_measured_with_and_without_policies() -> None:
    figures = {each.name: each.value for each in admission.measure(5, 1, 1, Silent())}
    assert figures["policies"] > 20
    assert figures["pods created, each way"] == 5
    assert figures["p99 of a creation with them"] > 0
    assert figures["the API server's CPU a creation with all"] > 0


@pytest.mark.rehearsal
def test_what_rules_record_grows_with_endpoints_and_teams_and_not_with_gpus() -> None:
    few, more = ({each.name: each for each in monitoring.measure(gpus, 3, 5)} for gpus in (8, 64))
    assert more["series in all"].value > few["series in all"].value
    assert few["series that rules record"].value == more["series that rules record"].value > 0
    for name in ("of them for one endpoint", "of them for one team's queue", "of them for GPUs"):
        assert not more[name].missed, name
    assert more["Prometheus' memory"].value > 10


@pytest.mark.rehearsal
def test_a_small_platform_is_measured_from_the_first_job_to_the_last() -> None:
    figures = {each.name: each for each in scale.measure(4, 8, 2, Silent())}
    one = figures["one job within quota, submitted until it runs: median"].value
    assert 0 < one <= figures["p99"].value
    assert figures["admissions a second, until the last"].value > 0
    assert figures["until all have run"].value > figures["8 jobs submitted and queued"].value > 0
    assert 0.1 < figures["memory with all of them waiting"].value <= figures["memory of all processes at most"].value
    assert not figures["processes started again"].missed


@pytest.mark.campaign
def test_the_pack_is_measured_on_previews_with_and_without_it() -> None:
    figures = {each.name: each.value for each in pack.measure("local", 1, Silent())}
    assert figures["preview of local without the pack"] > 0
    assert figures["preview of local with it"] > 0


def test_a_stack_file_of_many_teams_is_a_sound_one(tmp_path: Path) -> None:
    file = prod_with(12, tmp_path)
    assert len(Settings.load(file).teams) == 12
    assert all(path.endswith("images.lock.json") for path in locked(tmp_path).values())


def test_a_run_says_what_it_took() -> None:
    done = run([sys.executable, "-c", "import sys; sys.stderr.write('said'); bytearray(50 << 20); sys.exit(3)"])
    assert (done.code, done.said) == (3, "said")
    assert done.peak_mib > 50
    assert fastest([done, done], lambda each: each.seconds) == done.seconds


def test_what_a_process_uses_is_read_while_it_runs() -> None:
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) - before < 0.02:
        pass
    assert before < cpu_seconds(os.getpid()) < 10_000


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (99, 4.0), (100, 4.0), (1, 1.0)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([3.0, 1.0, 4.0, 2.0], percent) == value


def test_a_goal_is_missed_by_more_than_it_allows() -> None:
    assert Figure("a", 2.1, "s", 2.0).missed
    assert not Figure("a", 2.0, "s", 2.0).missed
    assert not Figure("a", 2.0, "s").missed
