"""Servers of the Prometheus family of the tests' own, on the loopback address."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rehearsal.toolchain import Tools


@contextmanager
def listening(command: Sequence[str], *, also: str = "") -> Iterator[str]:
    """Run a server on a port of its choice; its address, once its log says where it listens and, if asked, `also`."""
    with subprocess.Popen([*command, "--web.listen-address=127.0.0.1:0"], stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address, ready = "", not also
            for line in server.stderr:
                if found := re.search(r'"Listening on".*address=(127\.0\.0\.1:\d+)', line):
                    address = f"http://{found[1]}"
                ready |= also in line
                if address and ready:
                    break
            assert address, "it ended before it listened"
            yield address
        finally:
            server.terminate()
            server.communicate()


class Prometheus:
    """A server that answers."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer."""
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]


@contextmanager
def prometheus(tools: Tools, directory: Path, configuration: str = "{}") -> Iterator[Prometheus]:
    """A server on the blocks below `directory`; by itself it reads nothing into it."""
    written = directory / "prometheus.yml"
    written.write_text(configuration)
    command = [
        str(tools.binary("prometheus")),
        f"--config.file={written}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--storage.tsdb.retention.time=10y",
    ]
    with listening(command, also="Server is ready") as address:
        yield Prometheus(address)
