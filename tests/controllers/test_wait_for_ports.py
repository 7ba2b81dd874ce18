"""Waiting for ports: it ends as soon as it can, and always in time."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from controllers import wait_for_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.data


@pytest.fixture
def open_port() -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_port() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_waiting_ends_at_once_when_everything_accepts(open_port: str) -> None:
    assert wait_for_ports.wait([open_port], timeout_seconds=60) == []


def test_waiting_ends_with_its_time_and_names_who_refuses(open_port: str, closed_port: str) -> None:
    assert wait_for_ports.wait([open_port, closed_port], timeout_seconds=0) == [closed_port]
