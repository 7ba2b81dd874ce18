"""What a dump of PostgreSQL in SQL holds, table by table, read without a database."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COPY: Final = re.compile(rb"COPY (.+?) \(.*\) FROM stdin;\n")
_END_OF_COPY: Final = b"\\.\n"
_COMPLETE: Final = b"-- PostgreSQL database dump complete\n"
# Comments, and a key that `pg_dump` draws anew for each dump.
_UNSAID: Final = (b"--", b"\\restrict ", b"\\unrestrict ")
# PostgreSQL writes `x IN ('a', 'b')` of texts with a cast of the list, and once that was loaded with one of each value.
_CAST: Final = re.compile(rb"::(?:character varying|text)(?:\[\])?")
_BRACKETED: Final = re.compile(rb"\(('(?:[^']|'')*')\)")
_BRACKETED_LIST: Final = re.compile(rb"\(\((ARRAY\[[^]]*\])\)\)")
_DIGEST_VALUES: Final = 1 << 256


@dataclass(frozen=True)
class Table:
    """What a dump holds of one table."""

    rows: int
    sha256: str
    """The sum of the digests of all rows, so that it does not depend on their order."""

    def __str__(self) -> str:
        return f"{self.rows} rows ({self.sha256[:12]})"


@dataclass(frozen=True)
class Content:
    """What a dump holds."""

    tables: dict[str, Table]
    statements: str
    """Digest of all that is no row: tables, keys, indices, sequences."""


class DamagedError(Exception):
    """What should be a dump is none, or not the one that was written."""


def content(lines: Iterable[bytes]) -> Content:
    """Read a dump as `pg_dump` writes it. Raises DamagedError where it ends before its end."""
    tables: dict[str, Table] = {}
    statements, complete, rest = hashlib.sha256(), False, iter(lines)
    for line in rest:
        if found := _COPY.fullmatch(line):
            tables[found[1].decode()] = _table(rest)
        elif line.strip() and not line.startswith(_UNSAID):
            statements.update(_plain(line) if b" CHECK (" in line else line)
        complete = complete or line == _COMPLETE
    if not complete:
        raise DamagedError("the dump ends before its end")
    return Content(tables, statements.hexdigest())


def _plain(condition: bytes) -> bytes:
    """A condition of a table in the one way in which it is said before a restore and after."""
    return _BRACKETED_LIST.sub(rb"(\1)", _BRACKETED.sub(rb"\1", _CAST.sub(b"", condition)))


def _table(lines: Iterator[bytes]) -> Table:
    total = 0
    for rows, line in enumerate(lines):
        if line == _END_OF_COPY:
            return Table(rows, f"{total:064x}")
        total = (total + int.from_bytes(hashlib.sha256(line).digest(), "big")) % _DIGEST_VALUES
    raise DamagedError("the dump ends amid the rows of a table")
