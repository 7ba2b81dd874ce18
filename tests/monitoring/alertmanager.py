"""Alertmanager itself on the loopback address, and servers that record what it sends."""

from __future__ import annotations

import json
import queue
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

from components.monitoring import alertmanager, receivers
from tests.monitoring.server import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from components.specs.monitoring_stack import Alerting
    from rehearsal.toolchain import Tools

MOST_SECONDS: Final = 10
"""What Alertmanager may take to learn of an alert."""


class Recorder:
    """Takes every message by HTTP and keeps it, as `read` makes it of the bytes."""

    def __init__(self, read: Callable[[bytes], Any] = json.loads) -> None:
        self.messages: queue.Queue[tuple[str, dict[str, str], Any]] = queue.Queue()
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = read(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(202)
                self.end_headers()
                self.wfile.write(b"{}")
                messages.put((self.path, dict(self.headers), body))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name of the base class)
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> tuple[str, dict[str, str], Any]:
        """The path, headers and body of the next message; fails when none comes."""
        return self.messages.get(timeout=20)

    def stop(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def recorder(read: Callable[[bytes], Any] = json.loads) -> Iterator[Recorder]:
    recording = Recorder(read)
    try:
        yield recording
    finally:
        recording.stop()


def configured(spec: Alerting, secrets: Mapping[str, Mapping[str, str]], directory: Path) -> str:
    """The configuration with the Secrets' files below `directory`, and without patience."""
    for receiver in spec.receivers:
        place = directory / receiver.name
        place.mkdir()
        for key, value in secrets[receiver.secret].items():
            (place / key).write_text(value)
    text = alertmanager.configuration(spec).replace(f"{receivers.DIRECTORY}/", f"{directory}/")
    for patience in ("group_wait: 30s", "group_interval: 5m"):
        assert patience in text
        text = text.replace(patience, f"{patience.partition(':')[0]}: 300ms")
    return text


class Alertmanager:
    """A server that answers."""

    def __init__(self, address: str) -> None:
        self._address = address

    def post(self, alerts: Sequence[Mapping[str, str]]) -> None:
        """Alerts that fire now, by their labels."""
        body = [{"labels": labels, "annotations": {"summary": f"{labels['alertname']} fires"}} for labels in alerts]
        self._ask("POST", "alerts", body)

    def silent(self) -> list[dict[str, str]]:
        """The labels of alerts that are not sent because another speaks for them."""
        return [each["labels"] for each in self._ask("GET", "alerts") if each["status"]["inhibitedBy"]]

    def silent_soon(self, least: int) -> list[dict[str, str]]:
        """The same, once there are so many: Alertmanager takes an alert in before it knows for which it speaks."""
        until = time.monotonic() + MOST_SECONDS
        while len(found := self.silent()) < least and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def silence(self, **labels: str) -> str:
        """Have alerts with these labels not sent for an hour; what the silence is called."""
        now = datetime.now(UTC)
        matchers = [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()]
        until = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
        answer = self._ask("POST", "silences", {"matchers": matchers, **until, "createdBy": "grace", "comment": "-"})
        return str(answer["silenceID"])

    def end_silence(self, name: str) -> None:
        """Have them sent again."""
        self._ask("DELETE", f"silence/{name}")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = Request(  # noqa: S310 (an address of our own)
            f"{self._address}/api/v2/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def serving(tools: Tools, configuration: str, directory: Path) -> Iterator[Alertmanager]:
    """The server, on a configuration; fails where it refuses it."""
    written = directory / "alertmanager.yml"
    written.write_text(configuration)
    command = [
        str(tools.binary("alertmanager")),
        f"--config.file={written}",
        f"--storage.path={directory / 'data'}",
        "--cluster.listen-address=",
    ]
    with listening(command) as address:
        yield Alertmanager(address)
