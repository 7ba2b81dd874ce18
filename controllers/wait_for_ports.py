"""Wait until every HOST:PORT accepts a connection: what a pod runs before a program that gives up too early.

A Service accepts connections once a pod behind it is ready, so this waits for readiness, not for a listening port.

    python wait_for_ports.py --timeout-seconds 300 postgres.feature-store.svc:5432
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
import time
from typing import Final

_INTERVAL_SECONDS: Final = 0.5
_CONNECT_SECONDS: Final = 2.0
_log: Final = logging.getLogger("wait")


def accepts(host: str, port: int) -> bool:
    """Whether a TCP connection can be made now."""
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
            return True
    except OSError:
        return False


def wait(addresses: list[str], timeout_seconds: float) -> list[str]:
    """The addresses that still refuse when the time is up; empty as soon as all accept."""
    deadline = time.monotonic() + timeout_seconds
    missing = addresses
    while True:
        missing = [address for address in missing if not accepts(*_host_and_port(address))]
        if not missing or time.monotonic() >= deadline:
            return missing
        # Nothing announces that a port of another machine was opened; asking again is the only way.
        time.sleep(_INTERVAL_SECONDS)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def main() -> int:
    """Wait once."""
    parser = argparse.ArgumentParser(description="Wait until every HOST:PORT accepts a connection.")
    parser.add_argument("addresses", nargs="+", metavar="HOST:PORT")
    parser.add_argument("--timeout-seconds", type=float, default=300)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    missing = wait(arguments.addresses, arguments.timeout_seconds)
    if missing:
        _log.error("no connection after %g s: %s", arguments.timeout_seconds, ", ".join(missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
