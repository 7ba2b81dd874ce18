"""The stand-in as a provider plugin: a server of the engine's resource-provider protocol.

``python -m rehearsal.aws.provider`` says the port that it listens on and serves until it is stopped. What it takes from
its environment is in ``rehearsal.aws.surroundings``.
"""

from __future__ import annotations

import os
import sys
from concurrent import futures
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc as proto_grpc

from rehearsal.aws.account import is_region
from rehearsal.aws.answers import fail, ignored, name_of, parsed, say_failures, texts, type_of, without
from rehearsal.aws.errors import AwsError, NotEmulatedError, UnsafeEndpointError
from rehearsal.aws.invokes import invoke
from rehearsal.aws.stand_in import DEFAULT_REGION, StandIn
from rehearsal.aws.surroundings import Surroundings
from rehearsal.aws.wire import UNKNOWN, decode, encode

if TYPE_CHECKING:
    from rehearsal.aws.lifecycle import Made
    from rehearsal.aws.wire import Decoded

VERSION: Final = "7.51.1"
"""The release of pulumi-aws that it stands in for."""
_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024
_CONCURRENT_CALLS: Final = 16
_DIFFS: Final = {
    ("add", False): proto.PropertyDiff.ADD,
    ("add", True): proto.PropertyDiff.ADD_REPLACE,
    ("delete", False): proto.PropertyDiff.DELETE,
    ("delete", True): proto.PropertyDiff.DELETE_REPLACE,
    ("update", False): proto.PropertyDiff.UPDATE,
    ("update", True): proto.PropertyDiff.UPDATE_REPLACE,
}


class Provider(proto_grpc.ResourceProviderServicer):
    """Answers the engine. It takes secrets and resource references as such; outputs come as their values."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    def Handshake(  # noqa: N802 - the protocol's name
        self, _request: proto.ProviderHandshakeRequest, _context: grpc.ServicerContext
    ) -> proto.ProviderHandshakeResponse:
        """Say what is supported."""
        return proto.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=False)

    def CheckConfig(  # noqa: N802
        self, request: proto.CheckRequest, _context: grpc.ServicerContext
    ) -> proto.CheckResponse:
        """The provider's settings are the program's; those about credentials are passed on and never used."""
        region = decode(request.news).values.get("region", DEFAULT_REGION)
        failures = []
        if region is not UNKNOWN and not is_region(region):
            failures.append(proto.CheckFailure(property="region", reason=f"invalid AWS Region: {region}"))
        return proto.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(  # noqa: N802
        self, request: proto.DiffRequest, _context: grpc.ServicerContext
    ) -> proto.DiffResponse:
        """Another region is another provider, so everything in it is replaced."""
        old, new = decode(request.old_inputs).values, decode(request.news).values
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key == "region"],
        )

    def Configure(  # noqa: N802
        self, request: proto.ConfigureRequest, _context: grpc.ServicerContext
    ) -> proto.ConfigureResponse:
        """Take region and default tags."""
        settings = decode(request.args).values
        region = settings.get("region")
        default_tags = parsed(settings.get("defaultTags")).get("tags")
        self._stand_in.configure(
            region if isinstance(region, str) else DEFAULT_REGION,
            default_tags if isinstance(default_tags, dict) else {},
        )
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True)

    def Invoke(  # noqa: N802
        self, request: proto.InvokeRequest, context: grpc.ServicerContext
    ) -> proto.InvokeResponse:
        """Answer a function of pulumi-aws."""
        try:
            answer = invoke(self._stand_in.account, request.tok, decode(request.args).values)
        except (AwsError, NotEmulatedError) as refusal:
            fail(context, str(refusal))
        response = proto.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Check(self, request: proto.CheckRequest, context: grpc.ServicerContext) -> proto.CheckResponse:  # noqa: N802
        """Complete the inputs and say what AWS would refuse, property by property."""
        new, old = decode(request.news), decode(request.olds)
        try:
            inputs, problems = self._stand_in.check(
                type_of(request.urn), name_of(request.urn), new.values, old.values, request.randomSeed
            )
        except AwsError as refusal:
            fail(context, str(refusal))
        hidden = texts(new)
        return proto.CheckResponse(
            inputs=encode(inputs, new.secrets),
            failures=[
                proto.CheckFailure(property=problem.property, reason=without(problem.reason, hidden))
                for problem in problems
            ],
        )

    def Diff(self, request: proto.DiffRequest, context: grpc.ServicerContext) -> proto.DiffResponse:  # noqa: N802
        """Say what changed, and what of it needs a replacement."""
        try:
            found, deletes_first = self._stand_in.diff(
                type_of(request.urn), decode(request.old_inputs).values, decode(request.news).values
            )
        except AwsError as refusal:
            fail(context, str(refusal))
        found = [change for change in found if not ignored(change, request.ignoreChanges)]
        replaces = sorted({change.path for change in found if change.replaces})
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE,
            diffs=sorted({change.path.split(".")[0] for change in found}),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and deletes_first,
            hasDetailedDiff=True,
            detailedDiff={
                change.path: proto.PropertyDiff(kind=_DIFFS[change.verb, change.replaces], inputDiff=True)
                for change in found
            },
        )

    def Create(self, request: proto.CreateRequest, context: grpc.ServicerContext) -> proto.CreateResponse:  # noqa: N802
        """Create a resource."""
        inputs, token = decode(request.properties), type_of(request.urn)
        try:
            made = self._stand_in.create(token, request.urn, inputs.values, preview=request.preview)
        except (AwsError, NotEmulatedError) as refusal:
            fail(context, without(str(refusal), texts(inputs)))
        properties = self._outputs(token, made, inputs)
        say_failures(context, made, properties, inputs)
        return proto.CreateResponse(id=made.id, properties=properties)

    def Read(self, request: proto.ReadRequest, context: grpc.ServicerContext) -> proto.ReadResponse:  # noqa: N802
        """Say how a resource is now; without an ID if it is gone."""
        inputs, state, token = decode(request.inputs), decode(request.properties), type_of(request.urn)
        try:
            there = self._stand_in.read(token, request.id, inputs.values, state.values)
        except (AwsError, NotEmulatedError) as refusal:
            fail(context, str(refusal))
        if there is None:
            return proto.ReadResponse()
        secrets = {*inputs.secrets, *state.secrets, *self._stand_in.secrets(token)}
        return proto.ReadResponse(
            id=request.id, inputs=encode(there[0], inputs.secrets), properties=encode(there[1], secrets)
        )

    def Update(self, request: proto.UpdateRequest, context: grpc.ServicerContext) -> proto.UpdateResponse:  # noqa: N802
        """Change a resource."""
        old, new, state = decode(request.old_inputs), decode(request.news), decode(request.olds)
        token = type_of(request.urn)
        try:
            made = self._stand_in.update(
                token, request.urn, request.id, old.values, new.values, state.values, preview=request.preview
            )
        except (AwsError, NotEmulatedError) as refusal:
            fail(context, without(str(refusal), texts(new)))
        properties = self._outputs(token, made, new)
        say_failures(context, made, properties, new)
        return proto.UpdateResponse(properties=properties)

    def Delete(self, request: proto.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Delete a resource."""
        inputs, state = decode(request.old_inputs).values, decode(request.properties).values
        try:
            self._stand_in.delete(type_of(request.urn), request.id, inputs, state)
        except (AwsError, NotEmulatedError) as refusal:
            fail(context, str(refusal))
        return empty_pb2.Empty()

    def Cancel(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Every call ends soon by itself."""
        return empty_pb2.Empty()

    def GetPluginInfo(  # noqa: N802
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The version that it stands in for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def _outputs(self, token: str, made: Made, inputs: Decoded) -> struct_pb2.Struct:
        return encode(made.outputs, {*inputs.secrets, *self._stand_in.secrets(token)})


def main() -> int:
    """Serve on a free port of the loopback interface."""
    try:
        surroundings = Surroundings.take(os.environ)
    except (UnsafeEndpointError, KeyError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_CONCURRENT_CALLS),
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)],
    )
    proto_grpc.add_ResourceProviderServicer_to_server(Provider(StandIn(surroundings)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
    return 0


if __name__ == "__main__":
    sys.exit(main())
