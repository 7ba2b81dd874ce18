"""What the pages say to write into a stack file can be written into one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from stacks.settings import Settings

PROJECT: Final = Path(__file__).parents[2]
PAGES: Final = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
BLOCK: Final = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)

FRAGMENTS: Final = [
    pytest.param(block, id=f"{page.relative_to(PROJECT)}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text()))
    if "mlplatform:" in block
]


def written_into(document: Any, fragment: Any) -> Any:
    """The document with the fragment's keys in it; lists are taken as they are."""
    if not isinstance(document, dict) or not isinstance(fragment, dict):
        return fragment
    return document | {key: written_into(document.get(key), value) for key, value in fragment.items()}


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_fragment_of_a_stack_file_is_accepted(fragment: str, tmp_path: Path) -> None:
    document = yaml.safe_load((PROJECT / "stacks" / "Pulumi.local.yaml").read_text())
    sections = yaml.safe_load(fragment)
    sections = sections.get("config", sections)
    # It asks something of another section, which pages on that one need not say.
    del document["config"]["mlplatform:delivery"]
    stack = tmp_path / "Pulumi.local.yaml"
    stack.write_text(yaml.safe_dump(written_into(document, {"config": sections})))

    settings = Settings.load(stack)

    assert {key.removeprefix("mlplatform:") for key in sections} <= settings.model_fields_set


def test_the_pages_have_such_fragments() -> None:
    assert FRAGMENTS
