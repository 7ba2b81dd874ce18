"""The only ways in which these tests reach a deployed stack: both can read and nothing else."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
import testinfra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READS: Final = ("Describe", "Get", "Head", "List")
HOLDS_SECRETS: Final = frozenset(
    {
        "ecr:GetAuthorizationToken",
        "s3:GetObject",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
    }
)
"""They change nothing, but what they return is nobody's business here."""


class NotReadingError(Exception):
    """A test was about to do more than read."""


@dataclass(frozen=True)
class Aws:
    """One account and region; ``endpoint`` is a rehearsal's, None AWS itself."""

    region: str
    endpoint: str | None = None
    calls: set[str] = field(default_factory=set)
    """What was called, as `service:Operation`."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of boto3 that refuses everything but reading."""
        keys = {"aws_access_key_id": "rehearsal", "aws_secret_access_key": "rehearsal"} if self.endpoint else {}
        client = boto3.client(service, region_name=region or self.region, endpoint_url=self.endpoint, **keys)
        client.meta.events.register("before-parameter-build", self._refuse_writing)
        client.meta.events.register("after-call", _skip_what_is_only_recorded)
        return client

    def all(self, service: str, operation: str, answer: str, **parameters: Any) -> list[Any]:
        """Everything that a listing call returns under one key of its answer, however many pages that takes."""
        client = self.client(service)
        if not client.can_paginate(operation):
            return list(getattr(client, operation)(**parameters)[answer])
        pages = client.get_paginator(operation).paginate(**parameters)
        return [each for page in pages for each in page.get(answer) or ()]

    def _refuse_writing(self, model: Any, **_: Any) -> None:
        call = f"{model.service_model.signing_name}:{model.name}"
        if not model.name.startswith(READS) or call in HOLDS_SECRETS:
            raise NotReadingError(f"{call} is no mere look at what is deployed")
        self.calls.add(call)


def _skip_what_is_only_recorded(http_response: Any, model: Any, **_: Any) -> None:
    """A rehearsal's AWS says so where it cannot answer."""
    if http_response.status_code == HTTPStatus.NOT_IMPLEMENTED:
        pytest.skip(f"recorded only in a rehearsal: {model.service_model.service_name} {model.name}")


@dataclass(frozen=True)
class Kubernetes:
    """The API server of a kubeconfig, through `kubectl get` on this machine."""

    kubeconfig: Path

    def get(self, kind: str, *, namespace: str | None = None) -> list[dict[str, Any]]:
        """The objects of a kind, of all namespaces where none is named; none where the cluster has no such kind."""
        where = f"--namespace={namespace}" if namespace else "--all-namespaces"
        done = testinfra.get_host("local://").run(
            "%s --kubeconfig=%s get %s %s --output=json", _kubectl(), str(self.kubeconfig), kind, where
        )
        if "the server doesn't have a resource type" in done.stderr:
            return []
        assert done.rc == 0, done.stderr
        return list(json.loads(done.stdout)["items"])

    def inside(self, pod: str, container: str, namespace: str) -> Any:
        """A host of testinfra that runs commands in a container."""
        target = f"kubectl://{pod}?container={container}&namespace={namespace}&kubeconfig={self.kubeconfig}"
        return testinfra.get_host(target)


def containers(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All containers of a pod as the API server has it, those that run before the others too."""
    yield from pod["spec"].get("initContainers", ())
    yield from pod["spec"]["containers"]


def _kubectl() -> str:
    own = Path(sys.executable).with_name("kubectl")
    return str(own) if own.exists() else "kubectl"
