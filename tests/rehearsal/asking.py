"""Asks a model through the gateway, again and again over one connection, as a caller elsewhere in the cluster would.

It is run inside the rehearsal's network: its text is handed to a Python there, with the question in JSON. It prints a
list of [status, version of the model that answered] in the order of the answers.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any

MOST_SECONDS = 45.0


class Connection(http.client.HTTPSConnection):
    """A connection to an address that shows a certificate for another name."""

    def __init__(self, address: str, name: str, authority: str) -> None:
        self._trust = ssl.create_default_context(cadata=authority)
        super().__init__(address, timeout=10, context=self._trust)
        self._name = name

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        # Else each request waits for an acknowledgement between its headers and its body.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self._name)


def ask(connection: Connection, question: dict[str, Any]) -> tuple[int, str]:
    """One request: the status, and the version that the model says it has."""
    headers = {"Host": question["host"], "Content-Type": "application/json", **question["headers"]}
    connection.request("POST", question["path"], json.dumps(question["body"]), headers)
    response = connection.getresponse()
    content = response.read()
    version = json.loads(content).get("model_version", "") if response.status == http.client.OK else ""
    return response.status, version


def main() -> None:
    """Ask as often as wanted; where a file is named, until it is there, and as often again."""
    question = json.loads(sys.argv[1])
    connection = Connection(question["address"], question["host"], question["authority"])
    until = question.get("until")
    answers: list[tuple[int, str]] = []
    deadline = time.monotonic() + MOST_SECONDS
    while until and not Path(until).exists() and time.monotonic() < deadline:
        answers.append(ask(connection, question))
    answers += [ask(connection, question) for _ in range(question["count"])]
    print(json.dumps(answers))  # noqa: T201 (its way to answer)


if __name__ == "__main__":
    main()
