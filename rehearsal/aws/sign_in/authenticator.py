"""Tells the API server whom a token of EKS stands for: ``python -m rehearsal.aws.sign_in.authenticator``.

A token webhook (`authentication.k8s.io/v1`) over TLS on the loopback interface, which only the API server's
certificate opens. On EKS the control plane has one of its own.
"""

from __future__ import annotations

import argparse
import datetime
import json
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rehearsal.aws.ledger import Ledger
from rehearsal.aws.sign_in.access import Directory
from rehearsal.aws.sign_in.tokens import Keys, TokenError, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.aws.sign_in.access import User

API_VERSION: Final = "authentication.k8s.io/v1"
SERVER: Final = "aws-authenticator"
"""The identity with which it serves; its certificate lies in ``<certificates>/<SERVER>.crt``."""


@dataclass(frozen=True)
class Reviewer:
    """Answers TokenReviews: who signs with these keys has that role."""

    directory: Directory
    keys: Keys
    role: str

    def review(self, token: str, now: datetime.datetime) -> dict[str, Any]:
        """The TokenReview of a token, with its status."""
        try:
            user = self._user(token, now)
        except TokenError as refusal:
            status: dict[str, Any] = {"authenticated": False, "error": f"the token is refused: {refusal}"}
        else:
            about = {"username": user.name, "uid": user.name, "groups": user.groups}
            status = {"authenticated": True, "user": about}
        return {"apiVersion": API_VERSION, "kind": "TokenReview", "status": status}

    def _user(self, token: str, now: datetime.datetime) -> User:
        cluster = verify(token, self.directory.clusters(), self.keys, now)
        user = self.directory.user(cluster, self.role)
        if user is None:
            raise TokenError(f"cluster {cluster} has no access entry for {self.role}")
        return user


class Server(ThreadingHTTPServer):
    """Serves a reviewer to whom the authority in ``<certificates>/ca.crt`` vouches for; port 0 is a free one."""

    daemon_threads = True

    def __init__(self, port: int, certificates: Path, reviewer: Reviewer) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.reviewer = reviewer
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.crt"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(certificates / f"{SERVER}.crt", certificates / f"{SERVER}.key")
        # A client that never greets must keep nobody waiting but its own thread.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: each answer would be logged."""

    def do_POST(self) -> None:
        """Review one token."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.reviewer.review(asked["spec"]["token"], datetime.datetime.now(datetime.UTC))
        body = json.dumps(answer).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="authenticator")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificates", type=Path, required=True)
    parser.add_argument("--credentials", type=Path, required=True, help="the keys whose holder has the role")
    parser.add_argument("--role", required=True, help="ARN of the role")
    parser.add_argument("--state", type=Path, required=True, help="directory of the stand-in's ledger")
    asked = parser.parse_args(arguments)
    reviewer = Reviewer(Directory(Ledger(asked.state)), Keys.read(asked.credentials), asked.role)
    Server(asked.port, asked.certificates, reviewer).serve_forever()


if __name__ == "__main__":
    main()
