"""Parts of the provider's answers: names in URNs, errors that say no secret, creations that are not complete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import any_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from rehearsal.aws.wire import UNKNOWN, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.difference import Change
    from rehearsal.aws.lifecycle import Made
    from rehearsal.aws.wire import Decoded


def type_of(urn: str) -> str:
    return urn.split("::")[2].split("$")[-1]


def name_of(urn: str) -> str:
    return urn.split("::", 3)[3]


def parsed(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - an object, as such or as JSON
    if value is UNKNOWN or not value:
        return {}
    parsed = json.loads(value) if isinstance(value, str) else value
    return parsed if isinstance(parsed, dict) else {}


def ignored(change: Change, paths: Any) -> bool:  # noqa: ANN401 - protobuf's list of texts
    return any(change.path == path or change.path.startswith((f"{path}.", f"{path}[")) for path in paths)


def texts(properties: Decoded) -> list[str]:
    """What must not be shown."""
    return [text for name in properties.secrets for text in _leaves(properties.values.get(name)) if len(text) > 2]


def _leaves(value: Any) -> list[str]:  # noqa: ANN401 - properties
    if isinstance(value, dict | list):
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in _leaves(inner)]
    return [value] if isinstance(value, str) else []


def without(message: str, hidden: list[str]) -> str:
    for text in hidden:
        message = message.replace(text, "[secret]")
    return message


def fail(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError  # abort() raises; its type does not say so


def say_failures(context: grpc.ServicerContext, made: Made, properties: struct_pb2.Struct, inputs: Decoded) -> None:
    """A resource that is there but not complete: the engine keeps it and tries again."""
    if not made.failures:
        return
    hidden = texts(inputs)
    reasons = [without(reason, hidden) for reason in made.failures]
    detail = any_pb2.Any()
    detail.Pack(
        proto.ErrorResourceInitFailed(
            id=made.id, properties=properties, reasons=reasons, inputs=encode(inputs.values, inputs.secrets)
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message="; ".join(reasons), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    fail(context, status.message)
