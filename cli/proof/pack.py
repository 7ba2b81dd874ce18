"""The policy pack behind its own protocol, as the engine asks it at a preview."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as analyzer
from pulumi.runtime.proto import analyzer_pb2_grpc as analyzer_grpc

from cli.proof.answers import NotAsked, Said
from policies.language import UNKNOWN
from policies.pack.server import Pack
from policies.pack.wire import UNKNOWNS
from policies.rules import RULES
from policies.rules._examples import PARAMETERS

if TYPE_CHECKING:
    from types import TracebackType

    from policies.proof.cases import Case
    from policies.resource import Resource

_UNKNOWN: Final = min(UNKNOWNS)
_OF_A_REQUEST: Final = NotAsked("the engine does not tell a pack how an object was before, nor who asks")


class PackOfExamples:
    """The pack's server with the parameters of the examples, in a thread of this process; use it as a context."""

    name = "pack"

    def __init__(self) -> None:
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
        pack = Pack("examples", "0.0.1", RULES, lambda stack: replace(PARAMETERS, **json.loads(stack or "{}")))
        analyzer_grpc.add_AnalyzerServicer_to_server(pack, self._server)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}")
        self._calls = analyzer_grpc.AnalyzerStub(self._channel)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self._server.stop(None)

    def ask(self, case: Case) -> Said | NotAsked:
        """The pack's verdict."""
        if case.of_a_request:
            return _OF_A_REQUEST
        parameters = json.dumps(case.changed_parameters)
        self._calls.ConfigureStack(analyzer.AnalyzerStackConfigureRequest(stack=parameters, dry_run=True))
        resources = [_resource(each, number) for number, each in enumerate(case.resources)]
        judged = resources[0]
        if case.rule.graph:
            found = self._calls.AnalyzeStack(analyzer.AnalyzeStackRequest(resources=resources)).diagnostics
        else:
            request = analyzer.AnalyzeRequest(
                type=judged.type, urn=judged.urn, properties=judged.properties, options=judged.options
            )
            found = self._calls.Analyze(request).diagnostics
        said = [each.message for each in found if each.policyName == case.rule.id and each.urn == judged.urn]
        if not said:
            return Said.HOLDS
        return Said.UNDETERMINED if said[0].startswith("Undetermined") else Said.BROKEN


def _resource(resource: Resource, number: int) -> analyzer.AnalyzerResource:
    properties = struct_pb2.Struct()
    properties.update(_encoded(resource.properties))
    return analyzer.AnalyzerResource(
        type=_token(resource),
        urn=resource.urn or f"urn:{number}",
        properties=properties,
        options=analyzer.AnalyzerResourceOptions(**resource.options),
        propertyDependencies={
            key: analyzer.AnalyzerPropertyDependencies(urns=urns) for key, urns in resource.sources.items()
        },
    )


def _token(resource: Resource) -> str:
    if ":" in resource.type:
        return resource.type
    version = resource.properties["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{resource.properties['kind']}"


def _encoded(value: Any) -> Any:  # noqa: ANN401 - any value of a manifest
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {key: _encoded(each) for key, each in value.items()}
    return [_encoded(each) for each in value] if isinstance(value, list | tuple) else value
