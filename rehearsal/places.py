"""Where the rehearsal keeps its files on this machine.

``MLPLATFORM_CACHE`` (default ``$XDG_CACHE_HOME/mlplatform``) holds what can be made again: built tools, images.
``MLPLATFORM_STATE`` (default ``$XDG_STATE_HOME/mlplatform``) holds what a running rehearsal needs.
"""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """The directory of everything that is kept by content and can be made again."""
    return _place("MLPLATFORM_CACHE", "XDG_CACHE_HOME", ".cache")


def state_directory() -> Path:
    """The directory of the rehearsals' own state: one subdirectory of ``rehearsals`` each."""
    return _place("MLPLATFORM_STATE", "XDG_STATE_HOME", ".local/state")


def _place(own: str, xdg: str, fallback: str) -> Path:
    if chosen := os.environ.get(own):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback) / "mlplatform"
