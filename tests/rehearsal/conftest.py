"""The local stack, brought up once for all tests of this directory by the command that a user would type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from rehearsal.engine import Engine, EngineHome
from rehearsal.kube import Kube
from rehearsal.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.kube import Json

PROJECT = Path(__file__).parents[2]
MLPLATFORM = Path(sys.executable).with_name("mlplatform")
KEPT = os.environ.get("MLPLATFORM_TEST_REHEARSAL")
"""A rehearsal to use and keep, for whoever works on these tests; absent: one of their own, stopped at the end."""
NAME = KEPT or "platform-test"


def mlplatform(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command on the tests' rehearsal, as a user would."""
    done = subprocess.run(
        [MLPLATFORM, *arguments],
        cwd=PROJECT,
        env=os.environ | {"MLPLATFORM_REHEARSAL": NAME},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@dataclass(frozen=True)
class Platform:
    """The running stack: what the command said of it, its API server and its engine."""

    summary: dict[str, Any]
    session: Session
    kube: Kube
    engine: Engine

    @property
    def home(self) -> EngineHome:
        """The engine's home, with the environment of a program."""
        return self.engine.home

    def inside(self, program: str, *arguments: str) -> str:
        """What a Python program prints when it runs inside the rehearsal's network, as a pod would reach things."""
        done = subprocess.run(
            self.session.command([sys.executable, "-c", textwrap.dedent(program), *arguments]),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints."""
        done = subprocess.run(
            ["kubectl", f"--kubeconfig={self.session.kubeconfig}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def logs(self, namespace: str, pod: str) -> Iterator[IO[str]]:
        """The lines that the pod's container writes, as they come."""
        with subprocess.Popen(
            ["kubectl", f"--kubeconfig={self.session.kubeconfig}", "logs", "--follow", f"--namespace={namespace}", pod],
            stdout=subprocess.PIPE,
            text=True,
        ) as following:
            assert following.stdout is not None
            try:
                yield following.stdout
            finally:
                following.terminate()

    def wait_for(self, namespace: str, resource: str, condition: str, *, seconds: int = 60) -> None:
        """Wait, watching, until the resource meets the condition (kubectl's `--for`)."""
        self.kubectl("wait", f"--namespace={namespace}", resource, f"--for={condition}", f"--timeout={seconds}s")

    def watch_for(
        self, path: str, found: Callable[[Json], bool], *, label_selector: str = "", seconds: int = 60
    ) -> Json:
        """The first object of the collection that is as asked, now or soon."""
        with self.kube.watch(path, timeout=seconds, label_selector=label_selector) as events:
            for event in events:
                if event.type != "DELETED" and found(event.object):
                    return event.object
        raise AssertionError(f"{path}: nothing was as asked within {seconds} s")

    def service(self, namespace: str, name: str, path: str) -> Any:
        """What a Service answers to a GET, in JSON, through the API server's proxy."""
        return self.kube.get(f"/api/v1/namespaces/{namespace}/services/{name}/proxy/{path}")


def start() -> Platform:
    """Bring the stack up, from whatever state it is in."""
    summary = json.loads(mlplatform("rehearse", "local", "--json").stdout)
    return attach(summary)


def attach(summary: dict[str, Any]) -> Platform:
    """The platform that the command left running."""
    from cli.rehearsal_run import engine_home

    session = Session.find(summary["name"])
    assert session is not None
    return Platform(summary, session, Kube(session.kubeconfig), Engine(engine_home(session, summary["stack"])))


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The local stack, up and ready; stopped, whatever happened, when the tests are done."""
    if os.geteuid() != 0:
        pytest.skip("a real node needs root")
    # Other tests have state directories of their own, and may still need them.
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLPLATFORM_STATE", raising=False)
        started = start()
        try:
            yield started
        finally:
            started.kube.close()
            if not KEPT:
                mlplatform("rehearse", "stop", check=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests come last: others look at what a machine without any rehearsal is like.

    Among them, those that break the platform follow those that use it, and the one that destroys it is the last.
    """
    here = Path(__file__).parent
    breaking = ("test_crashes.py", "test_destroy.py")

    def rank(item: pytest.Item) -> int:
        if item.path.parent != here:
            return 0
        return 2 + breaking.index(item.path.name) if item.path.name in breaking else 1

    items.sort(key=rank)
