"""What the pack refuses is refused by the real engine, and nothing of it is created."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from rehearsal.engine import EngineHome
from tests.rehearsal.conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.policy]

PROGRAM = """
import pulumi_kubernetes as k8s
k8s.core.v1.Pod("intruder", metadata={"name": "intruder", "namespace": "default"}, spec={
    "containers": [{"name": "shell", "image": "docker.io/library/busybox:1.37",
                    "securityContext": {"privileged": True}}],
})
"""


def test_a_privileged_pod_is_refused_before_it_exists(platform: Platform, tmp_path: Path) -> None:
    project = tmp_path / "intruder"
    (project / "stacks").mkdir(parents=True)
    shutil.copy(PROJECT / "Pulumi.yaml", project)
    (project / "Pulumi.yaml").write_text(
        (PROJECT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {PROJECT / '.venv'}")
    )
    (project / "stacks" / "__main__.py").write_text(PROGRAM)
    environment = platform.home.environment() | {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_OPTION_CONFIG_FILE": str(tmp_path / "Pulumi.local.yaml"),
    }

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            platform.session.command([str(platform.home.program), *arguments, "--non-interactive"]),
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert pulumi("stack", "init", "local").returncode == 0
    refused = pulumi("up", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert "K8S-03" in refused.stdout
    assert not platform.kube.list("/api/v1/namespaces/default/pods")


def test_the_engine_cannot_be_run_without_the_pack_by_accident(platform: Platform) -> None:
    assert isinstance(platform.home, EngineHome)
    assert str(PROJECT / "policies" / "pack") in platform.home.environment()["PULUMI_OPTION_POLICY_PACK"]
