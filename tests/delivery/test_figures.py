"""What the controller counts, as Prometheus reads it."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from controllers.release.figures import Figures

pytestmark = pytest.mark.delivery


def test_releases_are_counted_by_namespace_and_phase_as_they_come_move_and_go() -> None:
    figures = Figures()
    for name in ("a", "b", "c"):
        figures.release("team-x", name, "Testing")
    figures.release("team-x", "a", "Live")
    figures.release("team-x", "b", None)
    lines = figures.text().splitlines()
    assert 'mlplatform_releases{release_namespace="team-x",phase="Live"} 1' in lines
    assert 'mlplatform_releases{release_namespace="team-x",phase="Testing"} 1' in lines


def test_how_reconciliations_ended_is_counted_from_nought() -> None:
    figures = Figures()
    figures.reconciled("refused")
    lines = figures.text().splitlines()
    assert 'mlplatform_release_reconciliations_total{outcome="refused"} 1' in lines
    assert 'mlplatform_release_reconciliations_total{outcome="failed"} 0' in lines


def test_they_are_read_over_http_until_closed() -> None:
    async def read() -> tuple[str, str]:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        figures = Figures()
        await figures.serve(port)
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                return answer.content_type, await answer.text()
        finally:
            await figures.close()

    loop = asyncio.new_event_loop()
    try:
        kind, text = loop.run_until_complete(read())
    finally:
        loop.close()
    assert kind == "text/plain"
    assert text == Figures().text()
