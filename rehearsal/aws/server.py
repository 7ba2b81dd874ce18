"""Moto as a process of the rehearsal: ``python -m rehearsal.aws.server --host H --port P --state DIR``.

What moto holds is in its memory alone. So that a restart loses nothing, each call that changes something is written to
a log and done again at the next start. Moto's own recorder does the same without the one thing that counts here: the
IDs that moto makes up must come out the same. Here each call of the log has a number, and moto's random generator is
seeded with it before the call, then and now. What still comes out different is written to ``moto.json``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.aws.account import NOT_EMULATED_HEADER
from rehearsal.aws.surroundings import scrub

# Moto reads its settings when it is imported.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
scrub(os.environ)

from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402
from werkzeug.wrappers import Response  # noqa: E402

from rehearsal.aws.repairs import repair  # noqa: E402
from rehearsal.aws.replay import CallLog, LoggedCall, seed  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask


class Moto:
    """A WSGI application: moto with a memory, one request after the other, that says plainly what it cannot do."""

    def __init__(self, log: CallLog) -> None:
        self._app = DomainDispatcherApplication(_backend)
        self._log = log
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = LoggedCall.of(environ)
        # One after the other, for the random generator is one for all; moto is pure Python, so little is lost.
        with self._lock:
            number = self._log.number_for(call)
            response = self.answer(call, number)
            if number and response.status_code < HTTPStatus.BAD_REQUEST:
                self._log.add(call, number, response)
        return response(environ, start_response)

    def answer(self, call: LoggedCall, number: int) -> Response:
        """Moto's answer, or 501 with the reason why there is none."""
        if number:
            # Reads are not done again, and two pages of one list must not have the same token.
            seed(number)
        try:
            response = Response.from_app(self._app, call.environ(), buffered=True)
        except NotImplementedError as missing:
            return _not_emulated(str(missing) or "moto does not implement it")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong inside moto is moto's
            return _not_emulated(f"moto fails with {type(error).__name__}: {error}")
        if response.status_code == HTTPStatus.NOT_FOUND and b"<!doctype html>" in response.data[:32]:
            return _not_emulated("moto does not implement it")
        return response


def _backend(service: Any) -> Flask:  # noqa: ANN401 - moto's names of services
    app = create_backend_app(service)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def _not_emulated(why: str) -> Response:
    return Response(status=HTTPStatus.NOT_IMPLEMENTED, headers={NOT_EMULATED_HEADER: " ".join(why.split())[:400]})


def main(arguments: list[str] | None = None) -> int:
    """Do the logged calls again, then serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.aws.server", description="Moto with a memory.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one and says it")
    parser.add_argument("--state", type=Path, required=True, help="directory of the log")
    chosen = parser.parse_args(arguments)
    os.environ["MOTO_PORT"] = str(chosen.port)
    repair()
    log = CallLog(chosen.state)
    moto = Moto(log)
    log.replay(moto.answer)
    server = make_server(chosen.host, chosen.port, moto, threaded=True, request_handler=_QuietHandler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


class _QuietHandler(MotoRequestHandler):
    """Keeps the log for what goes wrong."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of a request."""


if __name__ == "__main__":
    sys.exit(main())
