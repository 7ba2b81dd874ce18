"""The main job, end to end: settings to a running platform, and back to nothing.

This is the one place that knows both the platform and the rehearsal; it hands plain data from one to the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import fail
from cli.summary import Summary
from components._versions import IMAGES
from rehearsal import leftovers, readiness
from rehearsal.engine import Engine
from rehearsal.engine_home import EngineHome
from rehearsal.errors import RehearsalError
from rehearsal.host import install_missing_packages
from rehearsal.images import ImageStore
from rehearsal.kube import Kube
from rehearsal.places import cache_directory
from rehearsal.session import Level, Session, World, choose_level
from rehearsal.toolchain import Toolchain
from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cli.console import ConsoleReporter
    from rehearsal.events import Outcome
    from rehearsal.toolchain import Tools

PROJECT_DIRECTORY = Path(__file__).parents[1]
PACK = PROJECT_DIRECTORY / "policies" / "pack"
PODS_READY_SECONDS = 300
