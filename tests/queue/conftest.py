"""Queues of a real cluster, recorded while two teams wanted more GPUs than there were.

Four jobs on sixteen GPUs, twelve of team research and four of team search: search/a had all, was sent back when
research/b came, search/c of high priority took what was left, and search/d asks for more than there is.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.queue.reading import collections
from tests.incluster.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED: dict[str, list[dict[str, Any]]]
RECORDED = json.loads((Path(__file__).parent / "recorded" / "contended.json").read_text())


@pytest.fixture(autouse=True)
def no_rehearsal_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs these tests may work with a rehearsal of their own."""
    monkeypatch.delenv("MLPLATFORM_REHEARSAL", raising=False)


@pytest.fixture
def objects() -> dict[str, list[dict[str, Any]]]:
    """The recorded objects by kind, to be changed at will."""
    return copy.deepcopy(RECORDED)


@pytest.fixture
def api(tmp_path: Path, objects: dict[str, list[dict[str, Any]]]) -> Iterator[ApiServer]:
    """An API server that holds them."""
    with ApiServer(tmp_path) as server:
        for kind, collection in collections(None).items():
            for item in objects[kind]:
                # Under a key of its own: objects of several namespaces may have one name.
                server.serve(collection.path)
                server.collections[collection.path][_key(item)] = item
        yield server
        server.shutdown()


def _key(item: dict[str, Any]) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
