"""The programs that answer for AWS in one rehearsal, and the settings with which others find them and nothing else.

The API server of AWS is moto's; a token webhook lets in who signs as the account's identity. No key of a real account
is seen by any of them: the identity is made here, and its keys are good for nothing else.
"""

from __future__ import annotations

import base64
import secrets
import socket
import string
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rehearsal.cloud.stores import FACTORY, S3_ENDPOINT
from rehearsal.files import digest, write, write_json
from rehearsal.processes.parts import Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rehearsal.kubernetes.control_plane import Endpoints
    from rehearsal.layout import Layout
    from rehearsal.world import Aws

ACCOUNT_ID: Final = "123456789012"
"""Moto's account."""

_ROLES: Final = f"arn:aws:iam::{ACCOUNT_ID}:role/"
_CLIENT: Final = "aws-authenticator-client"
_PROFILE: Final = "[default]\naws_access_key_id = {identifier}\naws_secret_access_key = {secret}\n"
_CONFIG: Final = "[default]\nregion = {region}\nendpoint_url = {endpoint}\n"
_ANSWER_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Account:
    """AWS in the rehearsal with this layout, run through the prefix ``through``."""

    layout: Layout
    endpoints: Endpoints
    aws: Aws
    through: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        """Where AWS answers, from the host and from inside."""
        return f"http://{self.endpoints.address}:{self.endpoints.aws_port}"

    @property
    def role(self) -> str:
        """The ARN of the role that whoever rehearses has."""
        first = self.aws.roles[0]
        return first if first.startswith("arn:") else f"{_ROLES}{first}"

    @property
    def own_roles(self) -> list[str]:
        """The roles of the account itself, by name and path."""
        paths = [role.removeprefix(_ROLES) for role in self.aws.roles]
        return [path for path in paths if not path.startswith("arn:")]

    @property
    def state(self) -> Path:
        """What AWS and its provider keep."""
        return self.layout.aws / "state"

    @property
    def cluster(self) -> Path:
        """The cluster that the account has to offer: the rehearsal's own."""
        return self.layout.aws / "cluster.json"

    @property
    def credentials(self) -> Path:
        """The keys of the rehearsal's identity, as AWS' tools read them."""
        return self.layout.aws / "credentials"

    def configure(self) -> None:
        """Write what the programs read; keys that are there stay."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.credentials.exists():
            write(self.credentials, _fresh_profile(), mode=0o600)
        write(self._config, _CONFIG.format(region=self.aws.region, endpoint=self.endpoint))
        write_json(self.cluster, self._as_a_cluster())
        write_json(self.webhook, self._webhook(), mode=0o600)

    def parts(self) -> list[Part]:
        """moto and the token webhook; where pods run for real, also what gives them the credentials of their roles, and
        what mirrors Karpenter's pools."""
        at = ("--host", self.endpoints.address, "--port", str(self.endpoints.aws_port))
        webhook = (
            *("--port", str(self.endpoints.authenticator_port), "--certificates", str(self.layout.certificates)),
            *("--credentials", str(self.credentials), "--role", self.role),
            *("--state", str(self.state)),
        )
        parts = [
            self._part("aws", "rehearsal.aws.server", *at, "--state", str(self.state)),
            self._part(
                "aws-authenticator", "rehearsal.aws.sign_in.authenticator", *webhook, reads=digest(self.credentials)
            ),
        ]
        return [*parts, self._pod_identity(), *self._karpenter()] if self._has_pods else parts

    def ready(self) -> bool:
        """Whether both answer."""
        loopback = ("127.0.0.1", self.endpoints.authenticator_port)
        own = (self.endpoints.address, self.endpoints.aws_port)
        # The webhook's address is one of the rehearsal's network, which the host does not see.
        return all(_answers(place) for place in ((own,) if self._has_pods else (own, loopback)))

    @property
    def webhook(self) -> Path:
        """How the API server finds the token webhook, in the form of a kubeconfig."""
        return self.layout.configuration / "aws-authenticator.kubeconfig"

    def environment(self) -> Mapping[str, str]:
        """What the engine and the program see of AWS."""
        stores = {"MLPLATFORM_AWS_STORES": FACTORY} if self._has_pods else {}
        return {
            **stores,
            "AWS_CONFIG_FILE": str(self._config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "MLPLATFORM_AWS_ENDPOINT": self.endpoint,
            "MLPLATFORM_AWS_STATE": str(self.state),
            "MLPLATFORM_AWS_CLUSTER": str(self.cluster),
        }

    @property
    def _has_pods(self) -> bool:
        """Whether containers of pods run, which reach the rehearsal's address."""
        return self.endpoints.reachable

    @property
    def _config(self) -> Path:
        return self.layout.aws / "config"

    def _as_a_cluster(self) -> dict[str, str]:
        """What an EKS cluster that is made here has to say of itself: it is the rehearsal's control plane.

        The rest is for what makes managed stores in it.
        """
        authority = (self.layout.certificates / "ca.crt").read_bytes()
        return {
            "endpoint": self.endpoints.server,
            "certificate_authority": base64.b64encode(authority).decode(),
            "kubeconfig": str(self.layout.kubeconfig),
            "certificates": str(self.layout.certificates),
            "credentials": str(self.credentials),
            "region": self.aws.region,
        }

    def _pod_identity(self) -> Part:
        return self._part(
            "aws-pod-identity",
            "rehearsal.aws.pod_identity.agent",
            *("--kubeconfig", str(self.layout.kubeconfig_of("aws-pod-identity")), "--state", str(self.state)),
            *("--endpoint", self.endpoint, "--objects", S3_ENDPOINT, "--region", self.aws.region),
            *("--credentials", str(self.credentials)),
            reads=digest(self.credentials),
        )

    def _karpenter(self) -> list[Part]:
        """What mirrors its pools; nothing where no pool names a machine."""
        if not self.aws.machines:
            return []
        return [
            self._part(
                "karpenter-mirror",
                "rehearsal.cloud.karpenter",
                *("--kubeconfig", str(self.layout.kubeconfig_of("karpenter-mirror"))),
                *("--endpoint", self.endpoint, "--region", self.aws.region),
                *(word for name in self.aws.machines for word in ("--machine", name)),
            )
        ]

    def _webhook(self) -> dict[str, object]:
        certificates = self.layout.certificates
        cluster = {
            "server": f"https://127.0.0.1:{self.endpoints.authenticator_port}/",
            "certificate-authority": str(certificates / "ca.crt"),
        }
        user = {
            "client-certificate": str(certificates / f"{_CLIENT}.crt"),
            "client-key": str(certificates / f"{_CLIENT}.key"),
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "aws", "cluster": cluster}],
            "users": [{"name": "kube-apiserver", "user": user}],
            "contexts": [{"name": "aws", "context": {"cluster": "aws", "user": "kube-apiserver"}}],
            "current-context": "aws",
        }

    def _part(self, name: str, module: str, *arguments: str, reads: str = "") -> Part:
        environment = {"HOME": str(self.layout.aws)}
        command = (sys.executable, "-m", module, *arguments)
        return Part(name, command, str(self.layout.log(name)), self.through, environment, reads)


def _fresh_profile() -> str:
    letters = string.ascii_uppercase + "234567"
    identifier = "AKIA" + "".join(secrets.choice(letters) for _ in range(16))
    return _PROFILE.format(identifier=identifier, secret=secrets.token_urlsafe(30))


def _answers(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=_ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
