"""What the stand-in knows of each resource that it made: a file each, read by the report.

Secrets are never in it: their values stay in the engine's encrypted state.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rehearsal.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = "ledger"
MOTO_FILE: Final = "moto.json"
"""Written by moto's server at its start: how many calls it did again, and which of them came out different."""


@dataclass(frozen=True)
class Entry:
    """One resource."""

    urn: str
    type: str
    region: str
    id: str
    calls: tuple[str, ...] = ()
    """Calls that moto answered, as IAM spells them."""
    recorded: str = ""
    """Why the resource is only recorded; empty if moto holds it."""
    gaps: dict[str, str] = field(default_factory=dict)
    """Properties and calls that moto did not take, and why."""
    unique: str = ""
    """What no other resource of the type and region may have, where moto does not see to it."""
    answer: dict[str, Any] = field(default_factory=dict)
    """What a recorded resource answers when it is read, but for secrets."""

    @property
    def emulated(self) -> bool:
        """Whether moto holds the resource."""
        return not self.recorded


class Ledger:
    """The entries of one state directory. Several providers may use it at once, never for the same resource."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER

    def put(self, entry: Entry) -> None:
        """Keep an entry, in the place of an older one of the resource."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(self._file(entry.type, entry.region, entry.id), asdict(entry), mode=0o600)

    def get(self, kind: str, region: str, resource: str) -> Entry | None:
        """The entry of a resource, by its ID."""
        return _entry(read_json(self._file(kind, region, resource)))

    def note(self, entry: Entry, calls: tuple[str, ...], gaps: dict[str, str]) -> Entry:
        """Keep what an update added."""
        grown = replace(entry, calls=tuple(dict.fromkeys((*entry.calls, *calls))), gaps=entry.gaps | gaps)
        self.put(grown)
        return grown

    def forget(self, kind: str, region: str, resource: str) -> None:
        """Drop the entry of a resource; none is fine."""
        self._file(kind, region, resource).unlink(missing_ok=True)

    def entries(self) -> Iterator[Entry]:
        """All entries, by URN."""
        found = [entry for file in self._folder.glob("*.json") if (entry := _entry(read_json(file)))]
        yield from sorted(found, key=lambda entry: (entry.urn, entry.id))

    def _file(self, kind: str, region: str, resource: str) -> Path:
        name = hashlib.sha256("\0".join((kind, region, resource)).encode()).hexdigest()[:32]
        return self._folder / f"{name}.json"


def _entry(document: Any) -> Entry | None:  # noqa: ANN401 - JSON
    return Entry(**document | {"calls": tuple(document["calls"])}) if isinstance(document, dict) else None
