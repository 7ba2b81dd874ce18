"""Editors and readers are told what the program accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from stacks.schema import stack_file_schema
from stacks.settings import Settings

STACKS = Path(__file__).parents[2] / "stacks"


def test_the_committed_schema_and_page_are_up_to_date() -> None:
    result = CliRunner().invoke(app, ["schema", "--check"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("path", sorted(STACKS.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_stack_file_is_right_and_names_the_schema_for_editors(path: Path) -> None:
    Settings.load(path)
    assert path.read_text().splitlines()[0] == "# yaml-language-server: $schema=schema.json"


def test_every_setting_says_what_it_means() -> None:
    silent = [
        f"{name}.{key}"
        for name, definition in stack_file_schema()["$defs"].items()
        for key, rules in definition.get("properties", {}).items()
        if not rules.get("description")
    ]
    assert not silent


def test_the_schema_knows_every_section_and_refuses_others_of_this_project() -> None:
    config = json.loads((STACKS / "schema.json").read_text())["properties"]["config"]
    assert set(config["properties"]) == {f"mlplatform:{name}" for name in Settings.model_fields}
    assert config["required"] == ["mlplatform:capacity"]
    assert {"not": {"pattern": "^mlplatform:"}} in config["propertyNames"]["anyOf"]
