"""The stand-in as a process, driven over its protocol as the engine drives it, with a moto of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc as proto_grpc

from rehearsal.aws.surroundings import ENDPOINT, STATE
from rehearsal.aws.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
SEED = b"a seed of the engine's"


class Process:
    """A program of the rehearsal that says its port first."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-u", "-m", module, *arguments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=ROOT, text=True, env={**os.environ, **(environment or {})}
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Moto(Process):
    """Moto, with its memory in a directory."""

    def __init__(self, state: Path, port: int = 0) -> None:
        super().__init__("rehearsal.aws.server", "--port", str(port), "--state", str(state))
        self.endpoint = f"http://127.0.0.1:{self.port}"


@dataclass
class Resource:
    """A resource as the engine keeps it."""

    token: str
    name: str
    inputs: struct_pb2.Struct
    id: str = ""
    state: struct_pb2.Struct = field(default_factory=struct_pb2.Struct)

    @property
    def urn(self) -> str:
        """Its URN."""
        return f"urn:pulumi:test::mlplatform::mlplatform:index:Any${self.token}::{self.name}"

    @property
    def outputs(self) -> dict[str, Any]:
        """Its outputs, without marks."""
        return decode(self.state).values


class RefusedError(Exception):
    """The provider's error, or its check failures as ``property: reason``."""


class Engine(Process):
    """The provider's process, and what the engine does with it."""

    def __init__(self, endpoint: str, state: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(
            "rehearsal.aws.provider", environment={ENDPOINT: endpoint, STATE: str(state), **(environment or {})}
        )
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.calls = proto_grpc.ResourceProviderStub(self._channel)
        self.configure()

    def configure(self, **settings: Any) -> proto.ConfigureResponse:
        """Configure the provider."""
        args = encode({"region": REGION, **settings})
        answer: proto.ConfigureResponse = self.calls.Configure(proto.ConfigureRequest(args=args))
        return answer

    def check(self, token: str, name: str, inputs: struct_pb2.Struct, old: struct_pb2.Struct | None = None) -> Resource:
        """Inputs that have been looked at; raises RefusedError with the failures."""
        resource = Resource(token, name, inputs)
        request = proto.CheckRequest(urn=resource.urn, news=inputs, olds=old, randomSeed=SEED)
        answer = self._ask(self.calls.Check, request)
        if answer.failures:
            raise RefusedError("\n".join(f"{each.property}: {each.reason}" for each in answer.failures))
        resource.inputs = answer.inputs
        return resource

    def create(self, token: str, name: str, inputs: Mapping[str, Any], *, preview: bool = False) -> Resource:
        """Check and create."""
        resource = self.check(token, name, encode(inputs))
        request = proto.CreateRequest(urn=resource.urn, properties=resource.inputs, preview=preview)
        answer = self._ask(self.calls.Create, request)
        resource.id, resource.state = answer.id, answer.properties
        return resource

    def diff(self, resource: Resource, inputs: Mapping[str, Any]) -> proto.DiffResponse:
        """Check, and compare with what is there."""
        new = self.check(resource.token, resource.name, encode(inputs), resource.inputs)
        answer: proto.DiffResponse = self.calls.Diff(self._difference(resource, new.inputs))
        return answer

    def update(self, resource: Resource, inputs: Mapping[str, Any]) -> Resource:
        """Check and change in place."""
        new = self.check(resource.token, resource.name, encode(inputs), resource.inputs)
        request = proto.UpdateRequest(
            id=resource.id, urn=resource.urn, olds=resource.state, news=new.inputs, old_inputs=resource.inputs
        )
        answer = self._ask(self.calls.Update, request)
        return Resource(resource.token, resource.name, new.inputs, resource.id, answer.properties)

    def read(self, resource: Resource) -> Resource | None:
        """The resource as it is now; None if it is gone."""
        request = proto.ReadRequest(id=resource.id, urn=resource.urn, properties=resource.state, inputs=resource.inputs)
        answer = self._ask(self.calls.Read, request)
        return (
            Resource(resource.token, resource.name, answer.inputs, answer.id, answer.properties) if answer.id else None
        )

    def compare(self, old: Resource, new: Resource) -> proto.DiffResponse:
        """What differs between two states of a resource."""
        answer: proto.DiffResponse = self.calls.Diff(self._difference(old, new.inputs))
        return answer

    def delete(self, resource: Resource) -> None:
        """Delete it."""
        request = proto.DeleteRequest(
            id=resource.id, urn=resource.urn, properties=resource.state, old_inputs=resource.inputs
        )
        self._ask(self.calls.Delete, request)

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Ask a function."""
        answer = self._ask(self.calls.Invoke, proto.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return")).values

    def stop(self) -> None:
        """End the provider."""
        self._channel.close()
        super().stop()

    @staticmethod
    def _difference(old: Resource, new: struct_pb2.Struct) -> proto.DiffRequest:
        return proto.DiffRequest(id=old.id, urn=old.urn, olds=old.state, news=new, old_inputs=old.inputs)

    @staticmethod
    def _ask(call: Any, request: Any) -> Any:
        try:
            return call(request)
        except grpc.RpcError as error:
            raise RefusedError(str(error.details())) from None
