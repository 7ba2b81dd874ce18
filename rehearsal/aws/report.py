"""How far AWS was rehearsed: which resources moto holds, and which are only written down, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.aws.ledger import MOTO_FILE, Entry, Ledger
from rehearsal.files import read_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One resource."""

    urn: str
    type: str
    id: str
    emulated: bool
    """Whether moto holds it; False: it is recorded only."""
    calls: tuple[str, ...]
    """Calls that moto answered, the creating one first, as IAM spells them."""
    why: str
    """Why it is recorded only; empty if it is not."""
    gaps: dict[str, str]
    """Properties and calls that moto did not take or keep, and why."""

    @property
    def component(self) -> str:
        """The type of the component that it belongs to, such as ``mlplatform:index:FeatureStore``; empty for none."""
        parents = self.urn.split("::")[2].split("$")[:-1] if self.urn.count("::") > 2 else []
        return parents[0] if parents else ""


@dataclass(frozen=True)
class Report:
    """All resources that are there now, and what moto lost."""

    lines: tuple[Line, ...]
    lost: tuple[str, ...]
    """What moto's last start could not bring back; empty is good."""

    @property
    def emulated(self) -> int:
        """How many resources moto holds."""
        return sum(line.emulated for line in self.lines)

    @property
    def recorded(self) -> int:
        """How many are only written down."""
        return len(self.lines) - self.emulated

    @property
    def share(self) -> float:
        """The part of the resources that moto holds, 0 to 1; 1 if there are none."""
        return self.emulated / len(self.lines) if self.lines else 1.0

    def as_json(self) -> dict[str, Any]:
        """The report as plain data: totals, totals by type and component, and every resource."""
        return {
            "emulated": self.emulated,
            "recorded": self.recorded,
            "share": round(self.share, 3),
            "types": self._totals(lambda line: line.type),
            "components": self._totals(lambda line: line.component),
            "lost": list(self.lost),
            "resources": [
                {
                    "urn": line.urn,
                    "type": line.type,
                    "id": line.id,
                    "emulated": list(line.calls) if line.emulated else [],
                    "recorded": line.why,
                    "gaps": line.gaps,
                }
                for line in self.lines
            ],
        }

    def _totals(self, key: Callable[[Line], str]) -> dict[str, dict[str, int]]:
        totals: dict[str, dict[str, int]] = {}
        for line in self.lines:
            total = totals.setdefault(key(line), {"emulated": 0, "recorded": 0})
            total["emulated" if line.emulated else "recorded"] += 1
        return dict(sorted(totals.items()))


def report(state: Path) -> Report:
    """The report of one state directory (``MLPLATFORM_AWS_STATE``)."""
    return Report(tuple(_line(entry) for entry in Ledger(state).entries()), tuple(_lost(state)))


def _line(entry: Entry) -> Line:
    return Line(entry.urn, entry.type, entry.id, entry.emulated, entry.calls, entry.recorded, entry.gaps)


def _lost(state: Path) -> list[str]:
    status = read_json(state / MOTO_FILE) or {}
    lost = [f"came out different when done again: {call}" for call in status.get("different", ())]
    if status.get("lost"):
        lost.append(f"{status['lost']} resources: moto's log of calls is gone")
    return lost
