"""The control plane: etcd, API server, controller manager and scheduler as processes of this machine."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.files import digest, write_json
from rehearsal.kubernetes import ROOTS
from rehearsal.kubernetes.kubeconfig import write_kubeconfig
from rehearsal.machine.space import SERVICES
from rehearsal.processes.parts import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rehearsal.layout import Layout
    from rehearsal.toolchain import Tools

STORE = ("etcd", "kube-apiserver")
CONTROLLERS = ("kube-controller-manager", "kube-scheduler")

_CLIENTS = (
    *CONTROLLERS,
    *("kubelet", "kube-proxy", "kwok", "cert-stand-in", "volume-stand-in", "aws-pod-identity", "karpenter-mirror"),
)

_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io"}, {"group": "", "resources": ["events"]}]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Endpoints:
    """Where the control plane and AWS listen; ``reachable`` says whether pods can reach the API server there.

    etcd and the authenticator are on the loopback interface, the API server and AWS at ``address``.
    """

    address: str
    api_port: int
    etcd_port: int
    peer_port: int
    aws_port: int
    authenticator_port: int
    reachable: bool

    @classmethod
    def in_space(cls, address: str) -> Endpoints:
        """The usual ports: nobody else listens in a rehearsal's own network."""
        return cls(address, 6443, 2379, 2380, 4566, 21362, reachable=True)

    @classmethod
    def on_loopback(cls) -> Endpoints:
        """Ports that nobody on this machine listens on now."""
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
        api, etcd, peer, aws, authenticator = (int(listener.getsockname()[1]) for listener in listeners)
        for listener in listeners:
            listener.close()
        return cls("127.0.0.1", api, etcd, peer, aws, authenticator, reachable=False)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:{self.api_port}"

    @property
    def etcd(self) -> str:
        """etcd's URL."""
        return f"https://127.0.0.1:{self.etcd_port}"


@dataclass(frozen=True)
class ControlPlane:
    """The four programs, run through the prefix ``through``.

    ``token_webhook`` is the file that says who else than the API server reads tokens.
    """

    layout: Layout
    tools: Tools
    endpoints: Endpoints
    through: tuple[str, ...] = ()
    token_webhook: Path | None = None

    def configure(self) -> None:
        """Write what the programs read, from the rehearsal's certificates."""
        layout = self.layout
        layout.configuration.mkdir(mode=0o700, exist_ok=True)
        write_json(self._file("audit-policy.yaml"), _AUDIT_POLICY)
        write_json(self._file("kube-scheduler.yaml"), _scheduler(layout.kubeconfig_of("kube-scheduler")))
        kubeconfigs = {"admin": layout.kubeconfig} | {name: layout.kubeconfig_of(name) for name in _CLIENTS}
        for identity, file in kubeconfigs.items():
            write_kubeconfig(file, server=self.endpoints.server, certificates=layout.certificates, identity=identity)

    def store(self) -> list[Part]:
        """etcd and the API server: what everything else waits for."""
        audit = self._file("audit-policy.yaml")
        flags = dict(self._api_server())
        if self.token_webhook:
            flags["authentication-token-webhook-config-file"] = self.token_webhook
            flags["authentication-token-webhook-version"] = "v1"
            # It also remembers refusals, which the next access entry makes untrue.
            flags["authentication-token-webhook-cache-ttl"] = "1s"
        return [
            self._part("etcd", self._etcd()),
            self._part("kube-apiserver", flags, reads=[audit]),
        ]

    def controllers(self) -> list[Part]:
        """The controller manager and the scheduler."""
        scheduler = self._file("kube-scheduler.yaml")
        return [
            self._part("kube-controller-manager", self._controller_manager()),
            self._part("kube-scheduler", {"config": scheduler, "secure-port": 0}, reads=[scheduler]),
        ]

    def _etcd(self) -> Mapping[str, object]:
        peer = f"https://127.0.0.1:{self.endpoints.peer_port}"
        certificate, key, authority = (self._pki(file) for file in ("etcd.crt", "etcd.key", "etcd-ca.crt"))
        return {
            "name": "rehearsal",
            "data-dir": self.layout.etcd,
            # What a power cut would lose here, nobody misses: a rehearsal does not outlive the machine's run.
            "unsafe-no-fsync": "true",
            "listen-client-urls": self.endpoints.etcd,
            "advertise-client-urls": self.endpoints.etcd,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"rehearsal={peer}",
            "client-cert-auth": "true",
            "cert-file": certificate,
            "key-file": key,
            "trusted-ca-file": authority,
            "peer-client-cert-auth": "true",
            "peer-cert-file": certificate,
            "peer-key-file": key,
            "peer-trusted-ca-file": authority,
            "log-level": "warn",
        }

    def _api_server(self) -> Mapping[str, object]:
        endpoints = self.endpoints
        return {
            "bind-address": endpoints.address,
            "advertise-address": endpoints.address,
            "secure-port": endpoints.api_port,
            # A loopback address is none that a Service may have.
            "endpoint-reconciler-type": "lease" if endpoints.reachable else "none",
            "service-cluster-ip-range": SERVICES,
            "etcd-servers": endpoints.etcd,
            "etcd-cafile": self._pki("etcd-ca.crt"),
            "etcd-certfile": self._pki("etcd-client.crt"),
            "etcd-keyfile": self._pki("etcd-client.key"),
            "tls-cert-file": self._pki("kube-apiserver.crt"),
            "tls-private-key-file": self._pki("kube-apiserver.key"),
            "client-ca-file": self._pki("ca.crt"),
            "anonymous-auth": "false",
            "authorization-mode": "Node,RBAC",
            # As on every cluster that runs a network plugin; who may be privileged, Pod Security says.
            "allow-privileged": "true",
            "enable-admission-plugins": "NodeRestriction,ExtendedResourceToleration",
            "kubelet-preferred-address-types": "InternalIP",
            "kubelet-certificate-authority": self._pki("ca.crt"),
            "kubelet-client-certificate": self._pki("kube-apiserver-kubelet-client.crt"),
            "kubelet-client-key": self._pki("kube-apiserver-kubelet-client.key"),
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-account-key-file": self._pki("service-accounts.pub"),
            "service-account-signing-key-file": self._pki("service-accounts.key"),
            "requestheader-client-ca-file": self._pki("front-proxy-ca.crt"),
            "requestheader-allowed-names": "front-proxy-client",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "proxy-client-cert-file": self._pki("front-proxy-client.crt"),
            "proxy-client-key-file": self._pki("front-proxy-client.key"),
            "audit-policy-file": self._file("audit-policy.yaml"),
            "audit-log-path": self.layout.log("audit"),
            "audit-log-maxsize": 20,
            "audit-log-maxbackup": 1,
            "profiling": "false",
        }

    def _controller_manager(self) -> Mapping[str, object]:
        return {
            "kubeconfig": self.layout.kubeconfig_of("kube-controller-manager"),
            "use-service-account-credentials": "true",
            "service-account-private-key-file": self._pki("service-accounts.key"),
            "root-ca-file": self._pki(ROOTS),
            "cluster-signing-cert-file": self._pki("ca.crt"),
            "cluster-signing-key-file": self._pki("ca.key"),
            "controllers": "*",
            # It is the only one, and nobody asks it for its health or metrics.
            "leader-elect": "false",
            "secure-port": 0,
            "horizontal-pod-autoscaler-sync-period": "2s",
            "kube-api-qps": 200,
            "kube-api-burst": 400,
        }

    def _part(self, name: str, flags: Mapping[str, object], reads: Sequence[Path] = ()) -> Part:
        return Part(
            name=name,
            command=(str(self.tools.binary(name)), *(f"--{flag}={value}" for flag, value in flags.items())),
            log=str(self.layout.log(name)),
            through=self.through,
            reads=digest(*reads),
        )

    def _pki(self, file: str) -> Path:
        return self.layout.certificates / file

    def _file(self, name: str) -> Path:
        return self.layout.configuration / name


def _scheduler(kubeconfig: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 200, "burst": 400},
    }
