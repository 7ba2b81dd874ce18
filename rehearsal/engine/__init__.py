"""The real Pulumi engine in a rehearsal: its home, its operations, and what they say and leave behind."""

from __future__ import annotations

from rehearsal.engine.events import Outcome, PolicyFinding
from rehearsal.engine.fidelity import Fidelity, Nearness, fidelity
from rehearsal.engine.home import EngineHome, stack_held
from rehearsal.engine.leftovers import Leftover, find_leftovers, written_by_engine
from rehearsal.engine.operations import Engine

__all__ = [
    "Engine",
    "EngineHome",
    "Fidelity",
    "Leftover",
    "Nearness",
    "Outcome",
    "PolicyFinding",
    "fidelity",
    "find_leftovers",
    "stack_held",
    "written_by_engine",
]
