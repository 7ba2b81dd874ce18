"""The rules as a Pulumi policy pack: a server of the engine's analyzer protocol.

Pulumi's own SDK turns a mandatory rule that meets an unknown value into an advice, ends all rules with the first one
that fails, and decodes each resource once for each rule. Here a rule's verdict is true, false or undetermined, a rule
that fails is a finding of its own, and a resource is decoded once, and only if some rule is about its type.
"""

from __future__ import annotations

import os
import sys
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as analyzer
from pulumi.runtime.proto import analyzer_pb2_grpc as analyzer_grpc
from pulumi.runtime.proto import plugin_pb2

from policies.exceptions import NO_EXCEPTIONS, Exceptions
from policies.judgement import Outcome, Surroundings, Verdict, judge
from policies.pack.wire import decode, fill
from policies.resource import Resource, type_of_token
from policies.rule import Level, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from policies.parameters import Parameters

_LARGEST_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""A stack with all its CRDs comes as one message; gRPC's own limit is 4 MiB. The figure is that of Pulumi's SDK."""
_LEVELS: Final = {
    Level.ADVISORY: analyzer.ADVISORY,
    Level.MANDATORY: analyzer.MANDATORY,
    Level.REMEDIATE: analyzer.REMEDIATE,
}


class Pack(analyzer_grpc.AnalyzerServicer):
    """Answers the engine's questions about each resource and, at the end, about the stack."""

    def __init__(
        self,
        name: str,
        version: str,
        rules: Iterable[Rule],
        parameters_for: Callable[[str], Parameters],
        exceptions: Exceptions = NO_EXCEPTIONS,
    ) -> None:
        self._name = name
        self._version = version
        self._rules = tuple(rules)
        self._parameters_for = parameters_for
        self._all_exceptions = exceptions
        self._configure(os.environ.get("PULUMI_STACK", ""))
        self._known = os.environ.get("PULUMI_DRY_RUN") == "false"

    def ConfigureStack(  # noqa: N802 - the protocol's name
        self, request: analyzer.AnalyzerStackConfigureRequest, _context: grpc.ServicerContext
    ) -> analyzer.AnalyzerStackConfigureResponse:
        """Learn which stack is judged, and whether this is a preview."""
        self._configure(request.stack)
        self._known = not request.dry_run
        return analyzer.AnalyzerStackConfigureResponse()

    def Analyze(  # noqa: N802
        self, request: analyzer.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> analyzer.AnalyzeResponse:
        """Judge one resource before it is created or changed."""
        rules = self._rules_about(request.type, graph=False)
        if not rules:
            return analyzer.AnalyzeResponse()
        resource = self._resource(request)
        surroundings = Surroundings(self._parameters)
        return self._response(judge(rule, resource, surroundings) for rule in rules)

    def AnalyzeStack(  # noqa: N802
        self, request: analyzer.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> analyzer.AnalyzeResponse:
        """Judge the resources whose rules look at others, once all are known."""
        asked = {kind for rule in self._rules if rule.graph for kind in (*rule.applies_to, *rule.related)}
        resources = [
            replace(
                self._resource(each),
                sources={key: tuple(names.urns) for key, names in each.propertyDependencies.items()},
            )
            for each in request.resources
            if type_of_token(each.type) in asked
        ]
        surroundings = Surroundings.of_stack(self._parameters, resources)
        return self._response(
            judge(rule, resource, surroundings)
            for resource in resources
            for rule in self._rules
            if rule.graph and resource.type in rule.conditions
        )

    def Remediate(  # noqa: N802
        self, request: analyzer.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> analyzer.RemediateResponse:
        """Fill in what a rule knows the safe value of, where the resource violates the rule without it."""
        response = analyzer.RemediateResponse()
        kind = type_of_token(request.type)
        rules = [rule for rule in self._rules_about(request.type, graph=False) if kind in rule.defaults]
        resource, properties = self._resource(request), request.properties
        surroundings = Surroundings(self._parameters)
        for rule in rules:
            so_far = replace(resource, properties=decode(properties))
            if judge(rule, so_far, surroundings).outcome is not Outcome.FAIL:
                continue
            filled = struct_pb2.Struct()
            filled.CopyFrom(properties)
            for default in rule.defaults[kind]:
                fill(filled, default)
            if filled != properties:
                properties = filled
                response.remediations.append(self._remediation(rule, filled))
        return response

    def GetAnalyzerInfo(  # noqa: N802
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> analyzer.AnalyzerInfo:
        """What the pack holds. It takes no configuration: levels and exemptions are reviewed with the code."""
        policies = [
            analyzer.PolicyInfo(
                name=rule.id,
                displayName=rule.title,
                description=rule.title,
                message=rule.why,
                enforcementLevel=_LEVELS[rule.level],
                policy_type=analyzer.POLICY_TYPE_STACK if rule.graph else analyzer.POLICY_TYPE_RESOURCE,
                remediation_steps=rule.fix,
                tags=[
                    f"{framework} {article}" for framework, articles in rule.frameworks.items() for article in articles
                ],
            )
            for rule in self._rules
        ]
        return analyzer.AnalyzerInfo(name=self._name, version=self._version, supportsConfig=False, policies=policies)

    def GetPluginInfo(  # noqa: N802
        self, _request: empty_pb2.Empty, _context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The pack's version."""
        return plugin_pb2.PluginInfo(version=self._version)

    @staticmethod
    def _resource(asked: analyzer.AnalyzeRequest | analyzer.AnalyzerResource) -> Resource:
        options = {"protect": asked.options.protect}
        kind = type_of_token(asked.type)
        return Resource(kind, decode(asked.properties), asked.urn, asked.urn, options=options)

    def _rules_about(self, token: str, *, graph: bool) -> list[Rule]:
        kind = type_of_token(token)
        return [rule for rule in self._rules if rule.graph is graph and kind in rule.conditions]

    def _response(self, verdicts: Iterable[Verdict]) -> analyzer.AnalyzeResponse:
        reported = (verdict for verdict in verdicts if verdict.outcome not in (Outcome.PASS, Outcome.EXEMPT))
        return analyzer.AnalyzeResponse(diagnostics=[self._diagnostic(verdict) for verdict in reported])

    def _configure(self, stack: str) -> None:
        self._parameters = self._parameters_for(stack)
        self._exceptions = self._all_exceptions.of_stack(stack)

    def _diagnostic(self, verdict: Verdict) -> analyzer.AnalyzeDiagnostic:
        exception = self._exceptions.excusing(verdict)
        stops = exception is None and verdict.stops(known=self._known)
        return analyzer.AnalyzeDiagnostic(
            policyName=verdict.rule.id,
            policyPackName=self._name,
            policyPackVersion=self._version,
            description=verdict.rule.title,
            message=verdict.message if exception is None else f"Excepted ({exception}): {verdict.message}",
            urn=verdict.resource.label,
            enforcementLevel=analyzer.MANDATORY if stops else analyzer.ADVISORY,
        )

    def _remediation(self, rule: Rule, properties: struct_pb2.Struct) -> analyzer.Remediation:
        return analyzer.Remediation(
            policyName=rule.id,
            policyPackName=self._name,
            policyPackVersion=self._version,
            description=rule.title,
            properties=properties,
        )


def serve(pack: Pack) -> None:
    """Serve the pack on a free port of the loopback interface, say the port on standard output, and never return."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)],
    )
    analyzer_grpc.add_AnalyzerServicer_to_server(pack, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
