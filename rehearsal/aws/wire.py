"""Resource properties as Pulumi's engine sends them, and back.

The texts that mark unknown values and secrets are the engine's (pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go and
properties.go); every language's SDK uses the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, is none
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that a preview cannot know yet."""

Properties = dict[str, Any]
"""Plain values by property name; anywhere in them may be UNKNOWN."""


@dataclass(frozen=True)
class Decoded:
    """Properties without their marks, and which of the top-level ones hold a secret."""

    values: Properties
    secrets: frozenset[str]


def decode(struct: struct_pb2.Struct) -> Decoded:
    """Take the marks off. Properties without a value are left out."""
    values: Properties = {}
    secrets: set[str] = set()
    for key, value in struct.fields.items():
        plain, secret = _decode(value)
        if plain is not None:
            values[key] = plain
        if secret:
            secrets.add(key)
    return Decoded(values, frozenset(secrets))


def _decode(value: struct_pb2.Value) -> tuple[Any, bool]:
    match value.WhichOneof("kind"):
        case "string_value":
            return (UNKNOWN if value.string_value in _UNKNOWNS else value.string_value), False
        case "bool_value":
            return value.bool_value, False
        case "number_value":
            number = value.number_value
            return (int(number) if number.is_integer() else number), False
        case "list_value":
            elements = [_decode(each) for each in value.list_value.values]
            return [plain for plain, _ in elements], any(secret for _, secret in elements)
        case "struct_value":
            return _decode_object(value.struct_value)
        case _:
            return None, False


def _decode_object(struct: struct_pb2.Struct) -> tuple[Any, bool]:
    mark = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if mark == _RESOURCE:
        return (struct.fields["id"].string_value if "id" in struct.fields else struct.fields["urn"].string_value), False
    if mark in (_SECRET, _OUTPUT):
        plain, inside = _decode(struct.fields["value"]) if "value" in struct.fields else (UNKNOWN, False)
        return plain, inside or mark == _SECRET or ("secret" in struct.fields and struct.fields["secret"].bool_value)
    inner = decode(struct)
    return inner.values, bool(inner.secrets)


def encode(properties: Mapping[str, Any], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """Put the marks on; ``secrets`` are top-level properties."""
    struct = struct_pb2.Struct()
    for key, plain in properties.items():
        value = struct.fields[key]
        if key in secrets:
            value.struct_value.fields[_SIGNATURE].string_value = _SECRET
            value = value.struct_value.fields["value"]
        _encode(value, plain)
    return struct


def _encode(value: struct_pb2.Value, plain: object) -> None:
    match plain:
        case None:
            value.null_value = struct_pb2.NULL_VALUE
        case Unknown():
            value.string_value = _UNKNOWN_TEXT
        case bool():
            value.bool_value = plain
        case int() | float():
            value.number_value = plain
        case dict():
            value.struct_value.SetInParent()
            for key, inner in plain.items():
                _encode(value.struct_value.fields[key], inner)
        case list() | tuple():
            value.list_value.SetInParent()
            for inner in plain:
                _encode(value.list_value.values.add(), inner)
        case _:
            value.string_value = str(plain)


def is_known(value: object) -> bool:
    """Whether nothing in the value is unknown."""
    if isinstance(value, dict):
        return all(is_known(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(is_known(inner) for inner in value)
    return value is not UNKNOWN
