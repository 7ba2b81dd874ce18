"""Resource properties as Pulumi's engine sends them, and as rules see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format, struct_pb2

from policies.language import UNKNOWN, steps

if TYPE_CHECKING:
    from policies.language import Place
    from policies.rule import Default

UNKNOWNS: Final = frozenset(
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
"""What stands for a value that is not known yet; one text for each type (sdk/go/common/resource/plugin/rpc.go)."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, is none
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_WRAPPERS: Final = (_SECRET, _OUTPUT)


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Plain values, with UNKNOWN for what is not known yet and secrets as what they hold."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
        case "struct_value":
            wrapped = _unwrap(value.struct_value)
            return decode(value.struct_value) if wrapped is None else _decode(wrapped)
        case "list_value":
            return [_decode(each) for each in value.list_value.values]
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case _:
            return None


def _unwrap(struct: struct_pb2.Struct) -> struct_pb2.Value | None:
    """What a secret or an output holds (an output without a value is unknown); ``None`` for anything else."""
    if _SIGNATURE not in struct.fields or struct.fields[_SIGNATURE].string_value not in _WRAPPERS:
        return None
    if "value" in struct.fields:
        return struct.fields["value"]
    return struct_pb2.Value(string_value=next(iter(UNKNOWNS)))


def fill(properties: struct_pb2.Struct, default: Default) -> None:
    """Give the resource the default's value wherever it has none; a value that is unknown stays so."""
    root = struct_pb2.Value(struct_value=properties)
    for part in _parts(root, default.at.split("[*]")):
        _fill(part, steps(default.path), default.value)
    properties.CopyFrom(root.struct_value)


def _parts(value: struct_pb2.Value, path: list[str]) -> list[struct_pb2.Value]:
    """The values that ``spec.containers[*]`` means: none where the way there is missing or unknown."""
    for step in steps(path[0].removeprefix(".")) if path[0] else ():
        value = _inner(value)
        if str(step) not in value.struct_value.fields:
            return []
        value = value.struct_value.fields[str(step)]
    if len(path) == 1:
        return [value]
    return [part for each in _inner(value).list_value.values for part in _parts(each, path[1:])]


def _fill(value: struct_pb2.Value, path: Place, default: object) -> None:
    for step in path:
        value = _inner(value)
        if value.WhichOneof("kind") not in (None, "null_value", "struct_value"):
            return
        value = value.struct_value.fields[str(step)]
    if value.WhichOneof("kind") in (None, "null_value"):
        value.CopyFrom(_encode(default))


def _inner(value: struct_pb2.Value) -> struct_pb2.Value:
    if value.WhichOneof("kind") != "struct_value":
        return value
    wrapped = _unwrap(value.struct_value)
    return value if wrapped is None else _inner(wrapped)


def _encode(value: object) -> struct_pb2.Value:
    return json_format.Parse(json.dumps(value), struct_pb2.Value())
