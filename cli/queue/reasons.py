"""Kueue's reasons in words that say what is missing; what is not known is said as Kueue says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING: Final = re.compile(r"insufficient unused quota for (\S+) in flavor (\S+), (\S+) more needed")
_NEVER: Final = re.compile(
    r"insufficient quota for (\S+) in flavor (\S+), previously considered podsets requests \((\S+)\) \+ "
    r"current podset request \((\S+)\) > maximum capacity \((\S+)\)"
)
_PREEMPTED: Final = re.compile(r"Preempted to accommodate a workload \(UID: [^)]*\) due to (.*?)(?:; |$)")
_APART: Final = re.compile(
    r'topology "([^"]+)" (?:doesn\'t allow to fit any of|allows to fit only (\d+) out of) (\d+) ([\w()]+)'
)
_SILENT: Final = re.compile(r'Flavor "([^"]+)" supports only TopologyAwareScheduling')
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (_MISSING, lambda found: f"{found[3]} more {_unit(found[1], found[2])} needed"),
    (_NEVER, lambda found: f"asks for {found[4]} {_unit(found[1], found[2])}: {found[5]} is the most it can ever have"),
    (_APART, lambda found: f"{found[1]} has a place near enough for {found[2] or 'none'} of {found[3]} {found[4]}"),
    (_SILENT, lambda found: f"{found[1]} takes jobs that say where their pods belong (podset-…-topology)"),
    (_PREEMPTED, lambda found: f"preempted: {found[1].strip()}"),
)
_UNITS: Final = {
    "nvidia.com/gpu": "GPUs",
    "nvidia.com/gpu.shared": "shared GPUs",
    "cpu": "CPUs",
    "mlplatform.dev/millicores": "thousandths of a CPU",
}


def in_words(message: str) -> str:
    """The reason behind a condition's message, once for each resource and pool that it names."""
    found = sorted((match.start(), say(match)) for pattern, say in _FORMS for match in pattern.finditer(message))
    said = list(dict.fromkeys(text for _, text in found))
    return "; ".join(said) if said else message


def _unit(resource: str, flavor: str) -> str:
    return f"{_UNITS.get(resource, resource)} of {flavor}"
