"""A stack brought up by the command that a user would type, for tests that look at it."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from dataclasses import dataclass
from typing import Any

from rehearsal.kube import Kube
from rehearsal.session import Session
from tests.rehearsal.conftest import MLPLATFORM, PROJECT

_ENDS = ("Succeeded", "Failed")
_SIZE = {"cpu": "100m", "memory": "256Mi"}


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

    def run(self, namespace: str, name: str, program: str, *, secret: str) -> list[str]:
        """The lines that a Python program prints as a pod of a namespace, with a Secret's entries as its variables."""
        pods = f"/api/v1/namespaces/{namespace}/pods"
        with self.kube() as kube:
            server = kube.get("/apis/apps/v1/namespaces/feature-store/deployments/feature-server")
            # The platform's image with Python, by the digest that it has here where the stack asks for one.
            image = server["spec"]["template"]["spec"]["containers"][0]["image"]
            kube.create(pods, _pod(name, image, textwrap.dedent(program), secret))
            with kube.watch(pods, timeout=120, field_selector=f"metadata.name={name}") as events:
                phase = next(phase for event in events if (phase := event.object["status"].get("phase")) in _ENDS)
            said = kube.text(f"{pods}/{name}/log")
            kube.delete(f"{pods}/{name}", grace_seconds=0)
        assert phase == "Succeeded", said
        return said.splitlines()


def _pod(name: str, image: str, program: str, secret: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": image,
        "command": ["python3", "-c", program],
        "envFrom": [{"secretRef": {"name": secret}}],
        "resources": {"requests": _SIZE, "limits": _SIZE},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"restartPolicy": "Never", "securityContext": security, "containers": [container]}
    return {"metadata": {"name": name}, "spec": spec}
