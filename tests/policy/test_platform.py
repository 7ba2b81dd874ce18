"""The platform's own components meet the rules because they are built so: no stack needs an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cli.checking import check_stack
from components._image_lock import OTHER_LOCK
from components._versions import IMAGES
from policies import exceptions
from policies.check import Checked
from policies.rules import RULES
from tests.program.recording import STACK_FILES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.policy


@pytest.fixture(autouse=True)
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock with a digest for every image: what stacks run that want digests."""
    digest = "sha256:" + "0" * 64
    images = {each.tagged: digest for each in IMAGES.values()}
    path = tmp_path / "images.lock.json"
    path.write_text(json.dumps({"charts": {}, "images": images, "ours": {}}))
    monkeypatch.setenv(OTHER_LOCK, str(path))


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.name)
def test_no_resource_of_a_stack_violates_a_mandatory_rule(stack_file: Path) -> None:
    checked = check_stack(stack_file, exceptions.load(datetime.now(UTC).date(), {rule.id for rule in RULES}))
    assert isinstance(checked, Checked)
    assert sum(sum(each.values()) for each in checked.outcomes.values()) > 100
    assert not [f"{each.rule.id} {each.resource}: {each.message}" for each in checked.stopping]
    assert not checked.excused
