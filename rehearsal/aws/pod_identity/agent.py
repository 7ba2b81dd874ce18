"""Hands pods the credentials of their role: ``python -m rehearsal.aws.pod_identity.agent``.

Answers as Pod Identity's agent does on every node of EKS. The credentials are those of a user of the rehearsal's S3
with the rights that the role's policies give there; no other service of AWS would take them.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from rehearsal.aws.account import ACCOUNT_ID, Account
from rehearsal.aws.ledger import Ledger
from rehearsal.aws.objects import Objects
from rehearsal.aws.pod_identity import ADDRESS, AUDIENCE, PATH
from rehearsal.aws.pod_identity.associations import Associations
from rehearsal.aws.sign_in.tokens import Keys
from rehearsal.kube import Kube

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.aws.pod_identity.associations import Statement

_VALID_FOR: Final = datetime.timedelta(hours=6)
"""As on EKS."""
_PORT: Final = 80
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"


class Roles(Protocol):
    """Who has which role, and what it may do."""

    def role_of(self, namespace: str, service_account: str) -> str | None:
        """The role's name."""

    def rights(self, role: str) -> list[Statement]:
        """Its policies' statements about S3."""


class Users(Protocol):
    """Whom the rehearsal's S3 lets in."""

    def admit(self, role: str, statements: list[Statement]) -> list[str]:
        """Give the role's user these rights; actions that the store does not know are returned."""

    def key_of(self, role: str) -> tuple[str, str]:
        """A fresh key of the role's user."""


class Refused(Exception):  # noqa: N818  it is an answer
    """The pod gets no credentials; the message says why."""


@dataclass
class Agent:
    """Knows the key of each role that was asked for."""

    kube: Kube
    roles: Roles
    users: Users
    _keys: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def credentials(self, token: str) -> dict[str, Any]:
        """What AWS' SDKs expect for the holder of a service account's token; Refused where it has no role."""
        namespace, account = self._holder(token)
        role = self.roles.role_of(namespace, account)
        if role is None:
            raise Refused(f"service account {namespace}/{account} has no pod identity association")
        identifier, secret = self._key(role)
        expires = datetime.datetime.now(datetime.UTC) + _VALID_FOR
        return {
            "AccessKeyId": identifier,
            "SecretAccessKey": secret,
            # A session's token would have to be the store's own; without one, none is sent.
            "Token": "",
            "AccountId": ACCOUNT_ID,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _key(self, role: str) -> tuple[str, str]:
        with self._lock:
            # The policies may have changed since the last time.
            self.users.admit(role, self.roles.rights(role))
            if role not in self._keys:
                self._keys[role] = self.users.key_of(role)
            return self._keys[role]

    def _holder(self, token: str) -> tuple[str, str]:
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [AUDIENCE]},
        }
        status = self.kube.create("/apis/authentication.k8s.io/v1/tokenreviews", review)["status"]
        name = str(status.get("user", {}).get("username", ""))
        if not status.get("authenticated") or not name.startswith(_SERVICE_ACCOUNT):
            raise Refused("the token is none of a service account of this cluster for this purpose")
        namespace, _, account = name.removeprefix(_SERVICE_ACCOUNT).partition(":")
        return namespace, account


class Server(ThreadingHTTPServer):
    """Serves an agent."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], agent: Agent) -> None:
        super().__init__(address, _Handler)
        self.agent = agent


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing of a request that was answered."""

    def do_GET(self) -> None:
        """Answer a pod."""
        if self.path != PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            answer = self.server.agent.credentials(self.headers.get("Authorization", ""))
        except Refused as refusal:
            self.log_error("refused: %s", refusal)
            self._send(HTTPStatus.FORBIDDEN, {"code": "AccessDeniedException", "message": str(refusal)})
        else:
            self._send(HTTPStatus.OK, answer)

    def _send(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # A client that has given up asks again.
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="agent")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True, help="directory of the stand-in's ledger")
    parser.add_argument("--endpoint", required=True, help="of AWS")
    parser.add_argument("--objects", required=True, help="endpoint of the rehearsal's S3")
    parser.add_argument("--region", required=True)
    parser.add_argument("--credentials", type=Path, required=True, help="the S3's administrator's")
    asked = parser.parse_args(arguments)
    roles = Associations(Ledger(asked.state), Account(asked.endpoint, asked.region))
    users = Objects(asked.objects, asked.region, Keys.read(asked.credentials))
    with Kube(asked.kubeconfig) as kube:
        Server((ADDRESS, _PORT), Agent(kube, roles, users)).serve_forever()


if __name__ == "__main__":
    main()
