"""What Prometheus hands on, read from the bytes: Snappy's block format around a `WriteRequest` of Protocol Buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def series(request: bytes) -> list[dict[str, str]]:
    """The labels of every series of a request of version 1."""
    return [
        {name.decode(): value.decode() for name, value in (_pair(label) for label in _fields(each, 1))}
        for each in _fields(_uncompressed(request), 1)
    ]


def _pair(label: bytes) -> tuple[bytes, bytes]:
    (name,), (value,) = _fields(label, 1), _fields(label, 2)
    return name, value


def _fields(message: bytes, wanted: int) -> list[bytes]:
    """The fields of a message with a number that have a length."""
    return [value for number, value in _all_fields(message) if number == wanted]


def _all_fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        match tag & 7:
            case 0:
                _, at = _number(message, at)
            case 1:
                at += 8
            case 2:
                length, at = _number(message, at)
                yield tag >> 3, message[at : at + length]
                at += length
            case kind:
                raise AssertionError(f"a field of kind {kind}")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def _uncompressed(data: bytes) -> bytes:
    """By Snappy's description of its format, `format_description.txt`."""
    length, at = _number(data, 0)
    out = bytearray()
    while at < len(data):
        tag, kind = data[at], data[at] & 3
        at += 1
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                more = size - 59
                size, at = int.from_bytes(data[at : at + more], "little"), at + more
            out += data[at : at + size + 1]
            at += size + 1
            continue
        if kind == 1:
            size, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at], at + 1
        else:
            wide = 2 if kind == 2 else 4
            size, offset, at = (tag >> 2) + 1, int.from_bytes(data[at : at + wide], "little"), at + wide
        for _ in range(size):
            out.append(out[-offset])
    assert len(out) == length
    return bytes(out)
