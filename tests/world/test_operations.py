"""An engine that was killed is followed by one that goes on from there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rehearsal.engine.operations import drop_torn_metadata

if TYPE_CHECKING:
    from pathlib import Path


def test_a_half_written_note_beside_a_file_keeps_nobody_from_reading_the_file(tmp_path: Path) -> None:
    stacks = tmp_path / ".pulumi" / "stacks"
    stacks.mkdir(parents=True)
    whole, torn, empty = (stacks / f"{name}.json.attrs" for name in ("whole", "torn", "empty"))
    whole.write_text(json.dumps({"user.content_type": "text/plain"}))
    torn.write_text('{"user.content_type": "te')
    empty.write_text("")
    (stacks / "torn.json").write_text("{}")
    drop_torn_metadata(tmp_path)
    assert sorted(file.name for file in stacks.iterdir()) == ["torn.json", "whole.json.attrs"]
