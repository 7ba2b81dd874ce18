"""The Go caches of a run shrink as tools are done."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from rehearsal.toolchain.caches import Caches
from tests.toolchain.workbench import tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toolchain.workbench import Workbench

HOUR = 3600.0


@pytest.fixture
def caches(tmp_path: Path) -> Caches:
    made = Caches(tmp_path / "caches")
    made.open()
    return made


def package(caches: Caches, name: str, used: float) -> Path:
    """A package of a mebibyte in Go's cache, last used at a time."""
    file = caches.directory / "packages" / name[:2] / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(bytes(2**20))
    os.utime(file, (used, used))
    return file


def test_modules_go_with_the_last_tool_that_needs_them(workbench: Workbench, caches: Caches) -> None:
    anvil, bellows = tool("anvil"), tool("bellows")
    sources = workbench.directory / "sources"
    (sources / "anvil/go.mod").write_text(
        "require example.org/Shared v1.0.0\nreplace example.org/old => example.org/own v2.0.0\n"
    )
    (sources / "bellows/unpacked.mod").write_text("require example.org/Shared v1.0.0 // indirect\n")
    modules = caches.directory / "modules/example.org"
    shared, own = modules / "!shared@v1.0.0", modules / "own@v2.0.0"
    for module in (shared, own):
        module.mkdir(parents=True)
    caches.forget_modules(anvil, [bellows])
    assert (shared.exists(), own.exists()) == (True, False)
    caches.forget_modules(bellows, [])
    assert not shared.exists()


def test_the_packages_longest_unused_go_first_until_little_enough_is_left(caches: Caches) -> None:
    now = time.time()
    old, older, oldest = (package(caches, f"{n}0-d", now - n * HOUR) for n in (1, 2, 3))
    caches.forget_packages(unused_since=now, keep_gib=1.5 / 1024)
    assert [old.exists(), older.exists(), oldest.exists()] == [True, False, False]


def test_packages_used_since_a_running_build_began_stay(caches: Caches) -> None:
    now = time.time()
    before, since = package(caches, "00-d", now - HOUR), package(caches, "01-d", now)
    caches.forget_packages(unused_since=now - 60, keep_gib=0)
    assert (before.exists(), since.exists()) == (False, True)


def test_ageing_lets_go_renew_a_package_that_it_uses_again(caches: Caches) -> None:
    now = time.time()
    fresh = package(caches, "00-d", now - 60)
    # What a running build has just used keeps its time.
    running = package(caches, "01-d", now - 10)
    caches.age_packages(before=now - 30)
    assert fresh.stat().st_mtime < now - HOUR
    assert running.stat().st_mtime == pytest.approx(now - 10, abs=0.01)
