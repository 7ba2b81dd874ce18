"""Files of an image as plain values: the same files give the same layer, on every machine and at any time."""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One path of a layer, without a leading slash: a file (``content``), a link (``target``) or a directory.

    ``content`` is the bytes themselves or a file of this machine that holds them.
    """

    path: str
    content: bytes | Path | None = None
    target: str | None = None
    mode: int = 0o755
    owner: int = 0
    """User and group id."""


def directory(path: str, *, mode: int = 0o755, owner: int = 0) -> Entry:
    """A directory that exists even where nothing is in it."""
    return Entry(path, mode=mode, owner=owner)


def file(path: str, content: bytes | Path | str, *, mode: int = 0o644) -> Entry:
    """A file of root's; text is written as UTF-8."""
    return Entry(path, content.encode() if isinstance(content, str) else content, mode=mode)


def link(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path, target=target, mode=0o777)


def walk(root: Path, *, below: str) -> Iterator[Entry]:
    """Every file and link under ``root``, as entries under ``below``; only the executable bit of a mode is kept."""
    for path in sorted(root.rglob("*")):
        name = posixpath.join(below, path.relative_to(root).as_posix())
        if path.is_symlink():
            yield link(name, str(path.readlink()))
        elif path.is_file():
            yield file(name, path, mode=0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def pack(entries: Iterable[Entry], stream: IO[bytes]) -> None:
    """Write the entries as a tar archive: sorted, without times and names of users, parents made; the last one wins.

    ``ValueError`` where an entry lies below another one that is no directory.
    """
    found = {entry.path: entry for entry in entries}
    for path in list(found):
        for parent in _parents(path):
            above = found.setdefault(parent, directory(parent))
            if above.content is not None or above.target is not None:
                raise ValueError(f"/{path} cannot lie below /{parent}, which is no directory")
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(found):
            _add(archive, found[path])


def _add(archive: tarfile.TarFile, entry: Entry) -> None:
    about = tarfile.TarInfo(entry.path)
    about.mode, about.uid, about.gid = entry.mode, entry.owner, entry.owner
    if entry.target is not None:
        about.type, about.linkname = tarfile.SYMTYPE, entry.target
        archive.addfile(about)
    elif entry.content is None:
        about.type = tarfile.DIRTYPE
        archive.addfile(about)
    elif isinstance(entry.content, bytes):
        about.size = len(entry.content)
        archive.addfile(about, io.BytesIO(entry.content))
    else:
        with entry.content.open("rb") as source:
            about.size = entry.content.stat().st_size
            archive.addfile(about, source)


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path
