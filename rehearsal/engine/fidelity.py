"""How near each resource of a rehearsal is to the real thing: nothing is passed off as more than it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rehearsal.aws.ledger import Entry

_COMPONENT: Final = "mlplatform:index:"
_KUBERNETES: Final = "kubernetes:"
_GROUPS: Final = ("kubernetes:helm.sh/", "kubernetes:yaml/")
"""Charts and manifests: only what is in them is an object."""
_AWS: Final = "aws:"
_OUTSIDE: Final = "the stack itself"


class Nearness(StrEnum):
    """How a resource is held."""

    REAL = "real"
    """By a real API server, which acts on it."""
    EMULATED = "emulated"
    """By moto, which answered the calls of AWS for it."""
    RECORDED = "recorded"
    """By the stand-in's own ledger: its inputs were checked, and nothing answered for it."""
    UNACCOUNTED = "unaccounted"
    """Nobody says; there must be none."""


@dataclass(frozen=True)
class Recorded:
    """Resources of one type that are only recorded, and why."""

    type: str
    reason: str
    resources: int


@dataclass(frozen=True)
class Fidelity:
    """Resources by component and nearness; what of AWS is only recorded; what moto did not take, by type and reason."""

    components: Mapping[str, Mapping[str, int]]
    recorded: tuple[Recorded, ...] = ()
    gaps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def totals(self) -> Mapping[str, int]:
        """All components together."""
        total: Counter[str] = Counter()
        for counts in self.components.values():
            total.update(counts)
        return {each: total[each] for each in Nearness if total[each]}

    @property
    def emulated_share(self) -> float | None:
        """The part of AWS's resources for which moto answered; None where there are none."""
        of_aws = {each: count for each, count in self.totals.items() if each != Nearness.REAL}
        total = sum(of_aws.values())
        return of_aws.get(Nearness.EMULATED, 0) / total if total else None


def fidelity(urns: Iterable[str], ledger: Iterable[Entry]) -> Fidelity:
    """Of the resources with these URNs, by what the stand-in's ledger says of those of AWS."""
    entries = {entry.urn: entry for entry in ledger}
    components: dict[str, Counter[str]] = {}
    recorded: Counter[tuple[str, str]] = Counter()
    gaps: dict[str, dict[str, str]] = {}
    for urn in urns:
        kind = _type(urn)
        if not kind.startswith((_KUBERNETES, _AWS)) or kind.startswith(_GROUPS):
            continue
        entry = entries.get(urn)
        nearness = _nearness(kind, entry)
        components.setdefault(_component(urn), Counter())[nearness] += 1
        if entry and nearness is Nearness.RECORDED:
            recorded[kind, entry.recorded] += 1
        if entry and entry.gaps:
            gaps.setdefault(kind, {}).update(entry.gaps)
    return Fidelity(
        {
            name: {each: counts[each] for each in Nearness if counts[each]}
            for name, counts in sorted(components.items())
        },
        tuple(Recorded(*about, count) for about, count in sorted(recorded.items())),
        dict(sorted(gaps.items())),
    )


def _nearness(kind: str, entry: Entry | None) -> Nearness:
    if kind.startswith(_KUBERNETES):
        return Nearness.REAL
    if entry is None:
        return Nearness.UNACCOUNTED
    return Nearness.EMULATED if entry.emulated else Nearness.RECORDED


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _component(urn: str) -> str:
    """The outermost component that the resource is a part of."""
    for kind in urn.split("::")[2].split("$"):
        if kind.startswith(_COMPONENT):
            return kind.removeprefix(_COMPONENT)
    return _OUTSIDE
