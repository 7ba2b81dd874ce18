"""A Prometheus of the tests' own, on the loopback address."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools


class Prometheus:
    """A server that answers."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer."""
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]


@contextmanager
def prometheus(tools: Tools, directory: Path) -> Iterator[Prometheus]:
    """A server on the blocks below `directory`, which it reads nothing into."""
    configuration = directory / "prometheus.yml"
    configuration.write_text("{}")
    command = [
        str(tools.binary("prometheus")),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--storage.tsdb.retention.time=10y",
        "--web.listen-address=127.0.0.1:0",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            port, ready = None, False
            for line in server.stderr:
                if found := re.search(r'"Listening on".*address=127\.0\.0\.1:(\d+)', line):
                    port = found[1]
                ready |= "Server is ready" in line
                if port and ready:
                    break
            assert port, "it ended before it listened"
            yield Prometheus(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.communicate()
