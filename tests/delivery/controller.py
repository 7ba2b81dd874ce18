"""The controller as a process, which a test can kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.delivery.world import Answers

ROOT: Final = Path(__file__).parents[2]
JUDGE: Final = ["-m", "controllers.release.judge", "--verdict", "/dev/termination-log"]


def settings(answers: Answers) -> dict[str, Any]:
    """The settings file of a controller of this test."""
    gates = ["artifact", "reports", "performance", "approval", "smoke", "canary"]
    container = {"name": "judge", "image": "registry.invalid/judge:1", "command": ["python"], "args": JUDGE}
    return {
        "gates": {
            "minimal": ["artifact", "approval", "smoke", "canary"],
            "limited": [each for each in gates if each != "reports"],
            "high": gates,
        },
        "gateway": {"name": "models", "namespace": "gateway"},
        "domain": "example.test",
        "metrics_url": answers.url,
        "servers_url": answers.url + "/{release}",
        "jobs_namespace": "delivery",
        # On no node: a simulated one would say that the pod is done before it has run.
        "job": {"spec": {"restartPolicy": "Never", "containers": [container], "nodeSelector": {"none": "such"}}},
        "poll_seconds": 0.5,
    }


class Controller:
    """`python -m controllers.release` against a kubeconfig."""

    def __init__(self, kubeconfig: Path, directory: Path, data: dict[str, Any]) -> None:
        self._kubeconfig, self._directory = kubeconfig, directory
        (directory / "settings.json").write_text(json.dumps(data))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that it said, of all its lives."""
        path = self._directory / "controller.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Begin a life."""
        arguments = ["--settings", str(self._directory / "settings.json"), "--health", "http://127.0.0.1:0/healthz"]
        with (self._directory / "controller.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "controllers.release", *arguments],
                cwd=ROOT,
                env={**os.environ, "KUBECONFIG": str(self._kubeconfig)},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it with nothing said to it."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None
