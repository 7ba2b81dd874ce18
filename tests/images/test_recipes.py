"""Recipes: everything that they name exists, is pinned, and says what comes out of it."""

from __future__ import annotations

import re
import subprocess

import pytest

from rehearsal.images.parts import FILES, Program, PythonPackages, Script
from rehearsal.images.recipe import Recipe
from rehearsal.images.recipes import RECIPES
from rehearsal.images.wheels import LOCKS
from rehearsal.toolchain.catalogue import CATALOGUE

LOCKED = sorted(lock.stem for lock in LOCKS.glob("*.txt"))


@pytest.fixture(params=RECIPES.values(), ids=lambda recipe: recipe.repository)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    found = request.param
    assert isinstance(found, Recipe)
    return found


def test_no_image_runs_as_root(recipe: Recipe) -> None:
    user, _, group = str(recipe.configuration()["User"]).partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_programs_are_the_toolchains_and_one_of_them_is_run(recipe: Recipe) -> None:
    programs = [part for layer in recipe.layers for part in layer.parts if isinstance(part, Program)]
    if recipe.tool is None:
        assert not programs
        return
    assert {program.binary for program in programs} <= set(CATALOGUE[recipe.tool].binaries)
    assert recipe.version == CATALOGUE[recipe.tool].version
    assert recipe.entrypoint == (programs[0].path,)


def test_an_image_made_from_wheels_says_from_which(recipe: Recipe) -> None:
    if any(isinstance(part, PythonPackages) for layer in recipe.layers for part in layer.parts):
        assert re.match(r"PyPI [\w-]+ \d+\.\d+", recipe.source)
        # Before it some name their base, and after it our own say which programs are in them.
        version = re.search(r"\d+(\.\d+)+", recipe.version)
        assert version
        assert version[0] in recipe.source


def test_every_lock_and_script_belongs_to_an_image() -> None:
    parts = [part for recipe in RECIPES.values() for layer in recipe.layers for part in layer.parts]
    assert {part.lock for part in parts if isinstance(part, PythonPackages)} == set(LOCKED)
    assert {part.name for part in parts if isinstance(part, Script)} == {path.name for path in FILES.iterdir()}


@pytest.mark.parametrize("lock", LOCKED)
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    text = (LOCKS / f"{lock}.txt").read_text()
    packages = re.findall(r"^([a-z0-9-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, flags=re.MULTILINE)
    assert len(packages) == len(re.findall(r"^\S+", re.sub(r"^#.*$", "", text, flags=re.MULTILINE), re.MULTILINE))
    assert len(packages) == len(set(packages))


@pytest.mark.parametrize("lock", LOCKED)
def test_a_lock_has_what_its_input_asks_for(lock: str) -> None:
    text = (LOCKS / f"{lock}.txt").read_text()
    asked = [line for line in (LOCKS / f"{lock}.in").read_text().splitlines() if not line.startswith("#")]
    assert asked
    for line in asked:
        without_extras = re.sub(r"\[.*\]", "", line)
        assert f"\n{without_extras} \\\n" in f"\n{text}"


@pytest.mark.parametrize("script", sorted(FILES.glob("*.sh")), ids=lambda path: path.name)
def test_every_script_is_understood_by_a_plain_shell(script: object) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
