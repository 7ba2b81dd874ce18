"""What every managed store is in the cluster: one pod behind a Service, with its secrets, in a namespace by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.kube import Json

PYTHON_IMAGE: Final = "quay.io/feastdev/feature-server:0.67.0"
"""The one image here that has Python."""
TLS_PORT: Final = 8443
NAMESPACES: Final = {"postgres": "aws-rds", "valkey": "aws-elasticache", "s3": "aws-s3"}

_FRONT: Final = "tls-front"
_TLS_DIRECTORY: Final = "/tls"


@dataclass(frozen=True)
class Server:
    """The program of a store: ``files`` are mounted read-only at ``/store``, ``port`` is where it listens."""

    image: str
    command: Sequence[str]
    user: int
    port: int
    data: str
    """Where it keeps what it is given; gone with the pod."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Json = field(default_factory=dict)
    """The readiness probe."""


def namespace(kind: str) -> Json:
    """The namespace of all stores of a kind."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACES[kind]}}


def secret(kind: str, name: str, content: Mapping[str, str]) -> Json:
    """The store's files and its TLS pair."""
    return _object("v1", "Secret", kind, name, {"stringData": dict(content)})


def service(kind: str, name: str, ports: Mapping[int, int], address: str = "") -> Json:
    """The address of a store: ports by those that its clients use."""
    spec = {
        "selector": {"app": name},
        "ports": [{"name": f"port-{port}", "port": port, "targetPort": target} for port, target in ports.items()],
        **({"clusterIP": address} if address else {}),
    }
    return _object("v1", "Service", kind, name, {"spec": spec})


def deployment(kind: str, name: str, server: Server, front: Sequence[str] | None) -> Json:
    """One pod of the server; with ``front``, its arguments after the port, behind something that speaks TLS."""
    containers = [_server(server), *([_tls_front(server, front)] if front is not None else [])]
    volumes = [
        {"name": "files", "secret": {"secretName": name, "defaultMode": 0o440}},
        {"name": "data", "emptyDir": {}},
    ]
    pod = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": server.user,
                "runAsGroup": server.user,
                "fsGroup": server.user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": containers,
            "volumes": volumes,
        },
    }
    spec = {
        "replicas": 1,
        # Two at once would each be the store.
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": {"app": name}},
        "template": pod,
    }
    return _object("apps/v1", "Deployment", kind, name, {"spec": spec})


def _server(server: Server) -> dict[str, Any]:
    return {
        **_container("server", server.image, server.command),
        "env": [{"name": name, "value": value} for name, value in server.environment.items()],
        "readinessProbe": server.ready,
        "volumeMounts": [
            {"name": "files", "mountPath": "/store", "readOnly": True},
            {"name": "data", "mountPath": server.data},
        ],
    }


def _tls_front(server: Server, arguments: Sequence[str]) -> dict[str, Any]:
    script = f"{_TLS_DIRECTORY}/tls_front.py"
    command = ("python3", script, _TLS_DIRECTORY, str(TLS_PORT), str(server.port), *arguments)
    return {
        **_container(_FRONT, PYTHON_IMAGE, command),
        "readinessProbe": {"tcpSocket": {"port": TLS_PORT}, "periodSeconds": 1},
        "volumeMounts": [{"name": "files", "mountPath": _TLS_DIRECTORY, "readOnly": True}],
    }


def _container(name: str, image: str, command: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _object(version: str, kind: str, store: str, name: str, body: Mapping[str, Any]) -> Json:
    metadata = {"name": name, "namespace": NAMESPACES[store], "labels": {"app": name}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}
