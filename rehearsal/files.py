"""Files that are either the old or the new one, whenever the writer is killed."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Replace a file as a whole, with these permission bits."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    data = content.encode() if isinstance(content, str) else content
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> None:  # noqa: ANN401  any JSON value
    """Replace a file by a JSON document, which is YAML as well."""
    write(path, json.dumps(value, indent=2) + "\n", mode=mode)


def read_json(path: Path) -> Any:  # noqa: ANN401  any JSON value
    """The JSON document in a file; None if there is no such file or it holds none."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def digest(*paths: Path) -> str:
    """A short name for what is in these files together."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:16]
