"""What each stack file comes to changes only together with what was agreed on."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from stacks.settings import Settings, SettingsError
from tests.program.recording import STACK_FILES, stack_name
from tests.program.snapshots import DIRECTORY, REFRESH, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 60
"""Lines of a stack file; the local one, which shrinks everything to one machine, has more."""


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.name)
def test_settings_and_resources_of_a_stack_are_those_that_were_agreed_on(stack_file: Path) -> None:
    for path, text in wanted(stack_file).items():
        assert path.read_text() == text, f"{path.name} is out of date; if the change is meant: {REFRESH}"


def test_no_snapshot_is_of_a_stack_that_is_gone() -> None:
    kept = {path.name.split(".")[0] for path in DIRECTORY.iterdir()}
    assert kept == {stack_name(stack_file) for stack_file in STACK_FILES}


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.name)
def test_a_stack_file_is_read_at_one_sitting(stack_file: Path) -> None:
    assert stack_name(stack_file) == "local" or len(stack_file.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.name)
def test_a_stack_file_says_nothing_that_would_hold_without_it(stack_file: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(stack_file.read_text())
    settings = Settings.load(stack_file)
    shorter = tmp_path / stack_file.name
    needless = []
    for steps in keys(document["config"]):
        without = copy.deepcopy(document)
        holder: Any = without["config"]
        for step in steps[:-1]:
            holder = holder[step]
        del holder[steps[-1]]
        shorter.write_text(yaml.safe_dump(without))
        if loaded(shorter) == settings:
            needless.append(steps)
    assert not needless


def keys(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key of a mapping, at any depth."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(value, dict):
            yield (*steps, key)
        yield from keys(inner, (*steps, key))


def loaded(path: Path) -> Settings | None:
    """The settings; None where the file is refused."""
    try:
        return Settings.load(path)
    except SettingsError:
        return None
