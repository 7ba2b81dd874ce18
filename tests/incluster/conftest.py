"""What the tests of the rehearsal's in-cluster parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.kube import Kube
from rehearsal.own_control_plane import own_control_plane
from tests.incluster.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    """An API server in memory."""
    with ApiServer(tmp_path) as server:
        yield server
        server.shutdown()


@pytest.fixture
def kube(api: ApiServer) -> Iterator[Kube]:
    """A client of it."""
    with Kube(api.kubeconfig) as client:
        yield client


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A client of a real control plane with simulated nodes, which nobody else uses."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))
        with own_control_plane("incluster") as session, Kube(session.kubeconfig) as client:
            yield client
