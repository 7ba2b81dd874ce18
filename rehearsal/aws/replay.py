"""The log of calls that changed something at moto, and doing them again."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import random
import re
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from moto.moto_api._internal import mock_random
from werkzeug.test import EnvironBuilder

from rehearsal.aws.ledger import MOTO_FILE, Ledger
from rehearsal.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from werkzeug.wrappers import Response

LOG_FILE: Final = "moto-calls.jsonl"
_READS: Final = ("Describe", "Get", "List", "Head", "BatchGet", "Lookup", "Search")
_TIMES: Final = re.compile(
    rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"
    rb"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|\b1[5-9]\d{8,11}(\.\d+)?\b"
)


@dataclass(frozen=True)
class LoggedCall:
    """One request, enough of it to make it again."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    """Base64."""

    @classmethod
    def of(cls, environ: dict[str, Any]) -> LoggedCall:
        """Take a request as it comes in."""
        length = environ.get("CONTENT_LENGTH") or ("" if environ.get("wsgi.input_terminated") else "0")
        stream = environ["wsgi.input"]
        body = stream.read(int(length)) if length else stream.read()
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name not in ("HTTP_TRANSFER_ENCODING", "HTTP_CONNECTION", "HTTP_EXPECT")
        }
        headers |= {"content-type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
        path = str(environ.get("RAW_URI") or environ["PATH_INFO"]).split("?")[0]
        return cls(
            environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, base64.b64encode(body).decode()
        )

    def environ(self) -> dict[str, Any]:
        """The request as WSGI hands it on."""
        body = base64.b64decode(self.body)
        builder = EnvironBuilder(
            path=self.path,
            query_string=self.query,
            method=self.method,
            headers=list(self.headers.items()),
            input_stream=io.BytesIO(body),
            content_length=len(body),
            base_url=f"http://{self.headers.get('host', '127.0.0.1')}/",
        )
        environ = builder.get_environ()
        environ["RAW_URI"] = environ["REQUEST_URI"] = f"{self.path}?{self.query}" if self.query else self.path
        return environ

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        action = self.headers.get("x-amz-target", "").split(".")[-1] or self._action()
        return action.startswith(_READS) if action else self.method in ("GET", "HEAD")

    @property
    def service(self) -> str:
        """Region and service that it is signed for: moto's state is kept by these."""
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", self.headers.get("authorization", ""))
        return f"{scope[1]}/{scope[2]}" if scope else ""

    def _action(self) -> str:
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return ""
        return parse_qs(base64.b64decode(self.body).decode("utf-8", "replace")).get("Action", [""])[0]


class CallLog:
    """The calls of one state directory, in the order in which they were made."""

    def __init__(self, state: Path) -> None:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = state
        self._file = state / LOG_FILE
        self._touched: set[str] = set()
        self._last = 0

    def number_for(self, call: LoggedCall) -> int:
        """The number under which a call is kept; 0 for one that needs not be.

        Also the first call to a service in a region is kept, whatever it is: moto then makes up what every account
        has there, such as the default VPC.
        """
        if call.reads and call.service in self._touched:
            return 0
        self._touched.add(call.service)
        self._last += 1
        return self._last

    def add(self, call: LoggedCall, number: int, response: Response) -> None:
        """Keep a call that moto has answered."""
        line = json.dumps({**asdict(call), "number": number, "answer": _digest(response)})
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(f"{line}\n")

    def replay(self, answer: Callable[[LoggedCall, int], Response]) -> None:
        """Make the calls again and write down what came out different: ``{replayed, different, lost}``."""
        different, count = [], 0
        for number, call, expected in self._calls():
            self._last = number
            self._touched.add(call.service)
            response = answer(call, number)
            count += 1
            if response.status_code >= HTTPStatus.BAD_REQUEST or _digest(response) != expected:
                different.append(f"{call.service} {call.method} {call.path} {call._action()}".strip())
        held = sum(entry.emulated for entry in Ledger(self._state).entries())
        lost = held if held and not count else 0
        write_json(self._state / MOTO_FILE, {"replayed": count, "different": different, "lost": lost}, mode=0o600)

    def _calls(self) -> Iterator[tuple[int, LoggedCall, str]]:
        if not self._file.exists():
            return
        for line in self._file.read_text().splitlines():
            try:
                document = json.loads(line)
            except ValueError:
                continue  # The last line, if the process was killed while it wrote.
            number, expected = document.pop("number"), document.pop("answer")
            yield number, LoggedCall(**document), expected


def seed(number: int) -> None:
    """Make moto's next made-up values depend on the number alone; a few of them are Python's own."""
    mock_random.seed(number)
    random.seed(number)


def _digest(response: Response) -> str:
    """What an answer says but for times, which pass."""
    return hashlib.sha256(_TIMES.sub(b"", response.data)).hexdigest()[:16]
