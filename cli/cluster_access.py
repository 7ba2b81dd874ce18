"""Which cluster a command looks at: the one that was named, the stack's rehearsal, the stack's own, the shell's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.specs.cluster import ExistingClusterSpec
from rehearsal.errors import RehearsalError
from rehearsal.kube import Access
from rehearsal.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_STACK = "local"


@dataclass(frozen=True)
class Asked:
    """What the user said about the cluster."""

    stack: str | None = None
    rehearsal: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None


@dataclass(frozen=True)
class Found:
    """A cluster, and how it was come by."""

    access: Access
    what: str


def find_cluster(asked: Asked, environment: Mapping[str, str] = os.environ) -> Found:
    """The first of: the kubeconfig that was named, a running rehearsal, the stack file's cluster, the environment's.

    RehearsalError where what was named does not exist; nothing else is looked at in its place.
    """
    if asked.kubeconfig:
        path = asked.kubeconfig.expanduser()
        return Found(Access.read(path, context=asked.context), str(path))
    name = asked.rehearsal or asked.stack or DEFAULT_STACK
    if session := Session.find(name):
        return Found(Access.read(session.kubeconfig), f"rehearsal {name}")
    if asked.rehearsal:
        known = ", ".join(each.name for each in Session.all()) or "none"
        raise RehearsalError(f"{name}: no rehearsal is called so", remedy=f"there are: {known}")
    return _own(asked.stack, asked.context, environment)


def own_cluster(stack: str, environment: Mapping[str, str] = os.environ) -> Found:
    """The cluster that `pulumi up` of the stack goes to: the stack file's, else the environment's; never a rehearsal.

    RehearsalError where there is none.
    """
    return _own(stack, None, environment)


def _own(stack: str | None, asked_context: str | None, environment: Mapping[str, str]) -> Found:
    own, context = _of_stack(stack) if stack else (None, None)
    if own:
        return Found(Access.read(own, context=asked_context or context), f"stack {stack}, {own}")
    return _of_environment(asked_context or context, environment)


def _of_stack(stack: str) -> tuple[Path | None, str | None]:
    from cli.stack_files import PROJECT_DIRECTORY, stack_file
    from stacks.settings import Settings, SettingsError

    try:
        spec = Settings.load(stack_file(stack)).cluster
    except SettingsError as error:
        raise RehearsalError(str(error)) from error
    if not isinstance(spec, ExistingClusterSpec):
        return None, None
    path = PROJECT_DIRECTORY / Path(spec.kubeconfig).expanduser() if spec.kubeconfig else None
    return path, spec.context


def _of_environment(context: str | None, environment: Mapping[str, str]) -> Found:
    said = [Path(each) for each in environment.get("KUBECONFIG", "").split(os.pathsep) if each]
    paths = [path for path in said or [Path.home() / ".kube" / "config"] if path.is_file()]
    if not paths:
        raise RehearsalError(
            "no cluster: no rehearsal runs, and no kubeconfig is where KUBECONFIG says or in ~/.kube/config",
            remedy="give --kubeconfig, or start a rehearsal with `make up`",
        )
    return Found(Access.read(*paths, context=context), ", ".join(map(str, paths)))
