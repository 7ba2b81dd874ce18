"""The digests of what a stack runs, as they were looked up once and are kept from then on.

`mlplatform images lock` asks the registries and writes `images.lock.json` beside this file; `mlplatform images push`
adds where our own images went. `MLPLATFORM_IMAGE_LOCK` names another file (a rehearsal's, whose images are made on the
machine), or is `off`: then every image goes by its tag.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCK_FILE: Final = Path(__file__).with_name("images.lock.json")
OTHER_LOCK: Final = "MLPLATFORM_IMAGE_LOCK"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_PARTS: Final = ("charts", "images", "ours")


class ImageLockError(Exception):
    """The lock file cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class ImageLock:
    """Digests (`sha256:…`) by what they are the digests of. What was never locked is not in it."""

    charts: Mapping[str, str] = field(default_factory=dict)
    """By `<repository>/<chart>:<version>`."""
    images: Mapping[str, str] = field(default_factory=dict)
    """By `<repository>:<tag>`."""
    ours: Mapping[str, str] = field(default_factory=dict)
    """Our own images by `<name>:<tag>`: where each was pushed, as `<repository>@<digest>`."""

    @classmethod
    def read(cls, path: Path) -> ImageLock:
        """The lock in a file; empty where there is no such file. ImageLockError where it holds something else."""
        try:
            document = json.loads(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            raise ImageLockError(f"{path}: cannot be read: {error}; restore it, or delete it and lock again") from None
        if (wrong := _fault(document)) is not None:
            raise ImageLockError(f"{path}: {wrong}; restore it, or delete it and lock again")
        return cls(**document)

    @classmethod
    def of_environment(cls) -> ImageLock:
        """The lock that holds for this process."""
        file = lock_file()
        return cls.read(file) if file else cls()

    def text(self) -> str:
        """As the file holds it: sorted, so that a change of one digest is a change of one line."""
        return json.dumps({part: dict(getattr(self, part)) for part in _PARTS}, indent=2, sort_keys=True) + "\n"


def lock_file() -> Path | None:
    """Where this process's lock is, or would be; None where locks are switched off."""
    chosen = os.environ.get(OTHER_LOCK)
    if chosen == "off":
        return None
    return Path(chosen) if chosen else LOCK_FILE


def _fault(document: Any) -> str | None:  # noqa: ANN401 (any JSON value)
    """What is wrong with a document that should be a lock."""
    if not isinstance(document, dict) or not set(document) <= set(_PARTS):
        return f"is no lock of images: must be a mapping of {', '.join(_PARTS)}"
    for part, entries in document.items():
        if not isinstance(entries, dict):
            return f"{part}: must be a mapping, got {entries!r}"
        for name, digest in entries.items():
            # Ours stand with their repository in front.
            if not isinstance(digest, str) or not _DIGEST.fullmatch(digest.rpartition("@")[2]):
                return f"{part}: {name}: must be a digest (sha256:…), got {digest!r}"
    return None
