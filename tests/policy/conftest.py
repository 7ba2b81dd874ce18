"""The policy pack as a process, driven over its protocol as the engine drives it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as analyzer
from pulumi.runtime.proto import analyzer_pb2_grpc as analyzer_grpc

from cli.proof.cluster import Cluster
from cli.proof.examples_in_cluster import ExamplesInCluster
from policies.language import UNKNOWN
from policies.proof.cases import cases
from policies.rules import RULES
from rehearsal.own_control_plane import own_control_plane

if TYPE_CHECKING:
    from policies.resource import Resource

ROOT = Path(__file__).parents[2]
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def encode(value: Any) -> Any:
    """A value as the engine puts it on the wire."""
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    return value


def struct(value: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties as a message."""
    message = struct_pb2.Struct()
    message.update(encode(value))
    return message


def token(resource: Resource) -> str:
    """The Pulumi type of a resource."""
    if ":" in resource.type:
        return resource.type
    version = resource.properties["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{resource.properties['kind']}"


class RunningPack:
    """A pack's process; every question is one call of the protocol."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(directory)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert self._process.stdout is not None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self._process.stdout.readline())}")
        self.calls = analyzer_grpc.AnalyzerStub(self._channel)

    def configure(self, *, stack: str = "", dry_run: bool = True, parameters: Mapping[str, Any] | None = None) -> None:
        """Say which stack is judged (to the examples' pack: with which parameters), and whether this is a preview."""
        stack = stack or json.dumps(parameters or {})
        self.calls.ConfigureStack(analyzer.AnalyzerStackConfigureRequest(stack=stack, dry_run=dry_run))

    def analyze(self, resource: Resource) -> list[analyzer.AnalyzeDiagnostic]:
        """The findings for one resource."""
        return list(self.calls.Analyze(self._request(resource)).diagnostics)

    def remediate(self, resource: Resource) -> list[analyzer.Remediation]:
        """What the rules fill in."""
        return list(self.calls.Remediate(self._request(resource)).remediations)

    def analyze_stack(self, resources: Sequence[Resource]) -> list[analyzer.AnalyzeDiagnostic]:
        """The findings for a whole stack."""
        each = [
            analyzer.AnalyzerResource(
                type=token(one),
                urn=one.urn or f"urn:{number}",
                name="example",
                properties=struct(one.properties),
                options=analyzer.AnalyzerResourceOptions(**one.options),
                propertyDependencies={
                    key: analyzer.AnalyzerPropertyDependencies(urns=urns) for key, urns in one.sources.items()
                },
            )
            for number, one in enumerate(resources)
        ]
        return list(self.calls.AnalyzeStack(analyzer.AnalyzeStackRequest(resources=each)).diagnostics)

    def stop(self) -> None:
        """End the process."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @staticmethod
    def _request(resource: Resource) -> analyzer.AnalyzeRequest:
        return analyzer.AnalyzeRequest(
            type=token(resource),
            urn="urn:0",
            name="example",
            properties=struct(resource.properties),
            options=analyzer.AnalyzerResourceOptions(**resource.options),
        )


@pytest.fixture(scope="session")
def running_pack() -> Iterator[RunningPack]:
    """The rules with the parameters of their examples."""
    pack = RunningPack(ROOT / "tests/policy/example_pack")
    yield pack
    pack.stop()


@pytest.fixture
def pack(running_pack: RunningPack) -> RunningPack:
    """The pack at a preview."""
    running_pack.configure()
    return running_pack


@pytest.fixture(scope="session")
def real_pack() -> Iterator[RunningPack]:
    """The pack that `pulumi up` runs."""
    pack = RunningPack(ROOT / "policies/pack")
    yield pack
    pack.stop()


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real API server that nobody else uses."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))
        with own_control_plane("policies") as session, Cluster(session.kubeconfig) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def examples_in_cluster(api_server: Cluster) -> ExamplesInCluster:
    """The API server, with the policies of all rules and the parameters of their examples."""
    return ExamplesInCluster(api_server, [case for rule in RULES for case in cases(rule)])
