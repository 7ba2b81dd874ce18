"""Which deployed stack the tests look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.stack_files import stack_file
from rehearsal.session import Session
from stacks.settings import Settings
from tests.live.deployed import Deployed
from tests.live.reading import Aws, Kubernetes

if TYPE_CHECKING:
    from stacks.settings import Settings as SettingsType


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is looked at: a rehearsal, unless a real account is asked for."""
    group = parser.getgroup("live")
    group.addoption("--stack", metavar="NAME", help="the stack in a real account; absent: a rehearsal")
    group.addoption("--rehearsal", metavar="NAME", help="the rehearsal; absent: the one that runs")


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest) -> Deployed:
    """The stack; an error where there is none to look at."""
    stack = request.config.getoption("--stack", default=None)
    return _real(stack) if stack else _rehearsed(request.config.getoption("--rehearsal", default=None))


def _real(stack: str) -> Deployed:
    settings = Settings.load(stack_file(stack))
    kubeconfig = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    return Deployed(stack, settings, Kubernetes(kubeconfig), _aws(settings, None))


def _rehearsed(name: str | None) -> Deployed:
    name = name or os.environ.get("MLPLATFORM_REHEARSAL")
    sessions = [each for each in Session.all() if name in (None, each.name)]
    if len(sessions) != 1:
        known = ", ".join(each.name for each in Session.all()) or "none"
        pytest.fail(
            f"there is no telling which rehearsal to look at, got {name or 'none'} of {known}; "
            "`mlplatform rehearse STACK` starts one, --rehearsal names one, --stack a stack in a real account",
            pytrace=False,
        )
    (session,) = sessions
    stacks = [file.name.split(".")[1] for file in session.directory.glob("pulumi/Pulumi.*.yaml")]
    if len(stacks) != 1:
        pytest.fail(f"rehearsal {session.name} has not one stack to look at, got {stacks or 'none'}", pytrace=False)
    (stack,) = stacks
    settings = Settings.load(stack_file(stack))
    endpoint = session.account.endpoint if session.account else None
    return Deployed(stack, settings, Kubernetes(session.kubeconfig), _aws(settings, endpoint))


def _aws(settings: SettingsType, endpoint: str | None) -> Aws | None:
    return Aws(settings.cluster.region, endpoint) if settings.cluster.kind == "eks" else None
