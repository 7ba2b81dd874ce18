"""A real rehearsal that the tests of the world share, with nothing of a platform in it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.kube import Kube
from rehearsal.machine.host import install_missing, obstacle
from rehearsal.progress import Silent
from rehearsal.session import Level, Session, World, needed_tools
from rehearsal.toolchain import Toolchain, Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GPU_NODE = {
    "name": "gpu-0",
    "labels": {"nvidia.com/gpu.present": "true"},
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    "capacity": {"cpu": "64", "memory": "512Gi", "nvidia.com/gpu": "8"},
}


class _NoTools(Tools):
    """Knows where each tool would be."""

    def __init__(self) -> None:
        super().__init__(())

    def binary(self, name: str) -> Path:
        return Path("/tools") / name

    def asset(self, name: str) -> Path:
        return Path("/assets") / name


@pytest.fixture
def no_tools() -> Tools:
    """Tools that nobody runs."""
    return _NoTools()


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Everything that a rehearsal of the highest level needs."""
    return Toolchain.default().ensure(needed_tools(Level.FULL), Silent())


@pytest.fixture(scope="session")
def sessions(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Iterator[Callable[..., Session]]:
    """Starts rehearsals by name and level, in a state directory of their own; they are removed at the end."""
    # Names are this machine's: somebody's rehearsal may have any.
    prefix = f"test-{uuid.uuid4().hex[:6]}"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))

        def start(name: str, level: Level, world: World | None = None) -> Session:
            wanted = world or World(nodes=[GPU_NODE])
            return Session.start(f"{prefix}-{name}", tools, wanted, Silent(), level)

        yield start
        for session in Session.all():
            session.stop(Silent(), remove=True)


@pytest.fixture(scope="session")
def real_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A machine that can run a real node, with all that this needs installed."""
    if reason := obstacle():
        pytest.skip(reason)
    install_missing(Silent(), tmp_path_factory.mktemp("packages") / "log")


@pytest.fixture
def start(sessions: Callable[..., Session], real_machine: None) -> Callable[[], Session]:
    """Start the shared rehearsal, again if it runs."""
    del real_machine
    return lambda: sessions("world", Level.FULL)


@pytest.fixture
def session(start: Callable[[], Session]) -> Session:
    """The shared rehearsal, as it should be."""
    return start()


@pytest.fixture
def kube(session: Session) -> Iterator[Kube]:
    """A client of the shared rehearsal."""
    with Kube(session.kubeconfig) as client:
        yield client
