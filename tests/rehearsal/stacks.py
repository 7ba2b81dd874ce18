"""A stack brought up by the command that a user would type, for tests that look at it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.kube import Kube
from rehearsal.session import Session
from tests.rehearsal.conftest import MLPLATFORM, PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Stack:
    """A stack in a rehearsal of its own."""

    name: str

    @property
    def rehearsal(self) -> str:
        """The name of its rehearsal: somebody's own may have the stack's."""
        return f"{self.name}-test"

    def rehearse(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What `mlplatform rehearse` says of it."""
        return subprocess.run(
            [MLPLATFORM, "rehearse", *arguments],
            cwd=PROJECT,
            env=os.environ | {"MLPLATFORM_REHEARSAL": self.rehearsal},
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self, *options: str) -> dict[str, Any]:
        """Bring it up; the summary as data."""
        done = self.rehearse("up", self.name, "--json", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    def down(self) -> str:
        """Destroy it; what the command says."""
        done = self.rehearse("down", self.name)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def session(self) -> Session:
        """Its rehearsal, which runs."""
        found = Session.find(self.rehearsal)
        assert found is not None
        return found

    def kube(self) -> Kube:
        """A client of its API server."""
        return Kube(self.session().kubeconfig)

    def exec(self, namespace: str, pod: str, *command: str, container: str = "") -> subprocess.CompletedProcess[str]:
        """What a command in a pod says."""
        chosen = [f"--container={container}"] if container else []
        argv = [
            "kubectl",
            f"--kubeconfig={self.session().kubeconfig}",
            "exec",
            f"--namespace={namespace}",
            pod,
            *chosen,
        ]
        return self._run([*argv, "--", *command])

    def _run(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
