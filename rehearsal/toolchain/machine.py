"""Official installations of a tool that this machine has already."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.toolchain.tool import Installed, Tool


def official(tool: Tool, outside: Path) -> Path | None:
    """The directory that has all of the tool's binaries in exactly the right version; ``None`` if there is none.

    What lies below ``outside``, our own cache, does not count: a shell of the rehearsal has it on PATH.
    """
    source = _source(tool.name, tool.installed) if tool.installed else None
    if source is None or source.is_relative_to(outside.resolve()):
        return None
    complete = all(os.access(source / name, os.X_OK) for name in tool.binaries)
    return source if complete else None


def copy(tool: Tool, source: Path, staged: Path) -> None:
    """Copy the tool's binaries, so that an upgrade of the machine's own changes nothing here."""
    (staged / "bin").mkdir()
    for name in tool.binaries:
        shutil.copy2(source / name, staged / "bin" / name)


def _source(name: str, installed: Installed) -> Path | None:
    if installed.plugin:
        home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        program = home / "plugins" / installed.plugin / name
        return program.resolve().parent if program.exists() else None
    command = shutil.which(installed.command or name)
    if command is None or _version_of(command) != installed.version:
        return None
    return Path(command).resolve().parent


def _version_of(command: str) -> str | None:
    try:
        asked = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip().removeprefix("v") if asked.returncode == 0 else None
