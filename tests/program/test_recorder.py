"""The recorder's stand-in for the SDK registers what the SDK does: every stack is compared, resource by resource."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from cli.recorder import CannotRecordError, Registration, record
from policies.language import UNKNOWN
from tests.program.recording import ROOT, SIGNATURE, STACK_FILES, Resource, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
LOCAL = ROOT / "stacks/Pulumi.local.yaml"

Name = tuple[str, str]
"""A resource's type and name: the SDK's mock engine spells URNs of components otherwise than the engine."""


class Both:
    """What the recorder and the SDK register of one stack."""

    def __init__(self, file: Path) -> None:
        self.ours: dict[Name, Registration] = {(each.type, each.name): each for each in record(file).registrations}
        resources = recorded(file, preview=True).resources
        self.theirs: dict[Name, Resource] = {
            (each.type, each.name): each for each in resources.values() if each.type != "pulumi:pulumi:Stack"
        }
        self._names = {each.urn: name for name, each in self.theirs.items()}
        self._our_names = {each.urn: name for name, each in self.ours.items()}

    def names(self, urns: Iterable[str]) -> set[Name]:
        """The names of what is registered under these URNs, of either side; the stack itself has none."""
        both = self._our_names | self._names
        return {both[urn] for urn in urns if "::pulumi:pulumi:Stack::" not in urn}


@pytest.fixture(scope="module", params=STACK_FILES, ids=lambda path: path.name)
def both(request: pytest.FixtureRequest) -> Both:
    return Both(request.param)


def plain(value: Any) -> Any:
    """An input without the marks of secrets and outputs, and without what is drawn anew at every run."""
    if isinstance(value, dict):
        return plain(value.get("value", UNKNOWN)) if SIGNATURE in value else {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if value == UNKNOWN_TEXT:
        return UNKNOWN
    if not isinstance(value, str):
        return value
    text = re.sub(r"[0-9a-f]{48}", "drawn", value)
    # The SDK writes the settings of a provider as JSON, in no order of its own.
    return json.loads(text) if text.startswith('{"') else text


def test_the_same_resources_are_registered(both: Both) -> None:
    assert both.ours.keys() == both.theirs.keys()
    assert {name for name, each in both.ours.items() if each.custom} == {
        name for name, each in both.theirs.items() if each.custom
    }


def test_every_resource_has_the_inputs_that_the_sdk_gives_it(both: Both) -> None:
    for name, each in both.ours.items():
        assert plain(each.properties) == plain(both.theirs[name].inputs), name


def test_every_resource_has_its_place(both: Both) -> None:
    for name, each in both.ours.items():
        theirs = both.theirs[name]
        assert both.names([each.parent]) == both.names([theirs.parent]), name
        assert both.names(each.dependencies) == both.names(theirs.dependencies), name
        assert each.protect == theirs.protect


def test_every_resource_names_the_line_that_makes_it(both: Both) -> None:
    for name, each in both.ours.items():
        text = (ROOT / each.file).read_text().splitlines()[each.line - 1]
        assert text.strip(), name
        assert "/recorder/" not in each.file


def test_a_mistake_in_a_stack_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.wrong.yaml"
    file.write_text(LOCAL.read_text().replace("nodes: 2", "nodes: many", 1))
    with pytest.raises(CannotRecordError) as told:
        record(file)
    (problem,) = told.value.problems
    assert "nodes" in problem.text
    assert problem.line == file.read_text().splitlines().index("        nodes: many") + 1


@pytest.mark.parametrize("text", ["", "{", "config: 3", "\0"])
def test_what_is_no_stack_file_is_no_crash(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.wrong.yaml"
    file.write_text(text)
    with pytest.raises(CannotRecordError):
        record(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRecordError, match="cannot be read"):
        record(tmp_path / "Pulumi.none.yaml")
