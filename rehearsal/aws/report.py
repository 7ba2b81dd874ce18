"""What moto's last start could not bring back. What it holds and what it does not is in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.aws.ledger import MOTO_FILE
from rehearsal.files import read_json

if TYPE_CHECKING:
    from pathlib import Path


def losses(state: Path) -> tuple[str, ...]:
    """What was lost, for a state directory (``MLPLATFORM_AWS_STATE``); empty is good."""
    status = read_json(state / MOTO_FILE) or {}
    lost = [f"came out different when done again: {call}" for call in status.get("different", ())]
    if status.get("lost"):
        lost.append(f"{status['lost']} resources: moto's log of calls is gone")
    return tuple(lost)
