"""What a data scientist starts from: each example is submitted as a tenant would, admitted by every rule, and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rehearsal.conftest import PROJECT, mlplatform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

EXAMPLES = sorted((PROJECT / "examples" / "training").glob("*.yaml"))
PODS = {"job": 1, "ray-job": 2, "sweep": 4, "train-job": 2}
"""How many pods with GPUs each of them has."""


@pytest.fixture(scope="module")
def tenant(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kubeconfig of a data scientist of team research."""
    assert platform.summary["ready"]
    path = tmp_path_factory.mktemp("tenant") / "kubeconfig"
    mlplatform("team", "kubeconfig", "research", "--output", str(path))
    return path


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def submitted(request: pytest.FixtureRequest, platform: Platform, tenant: Path) -> Iterator[Path]:
    """An example that runs for the tenant; deleted afterwards."""
    example: Path = request.param
    platform.kubectl(f"--kubeconfig={tenant}", "create", "-f", str(example))
    yield example
    platform.kubectl(f"--kubeconfig={tenant}", "delete", "--cascade=foreground", "-f", str(example))


def test_an_example_runs_on_gpu_nodes_as_it_is(platform: Platform, submitted: Path) -> None:
    found: set[str] = set()
    with platform.kube.watch("/api/v1/namespaces/team-research/pods", timeout=60) as events:
        for event in events:
            pod = event.object
            if event.type != "DELETED" and pod["status"].get("phase") == "Running" and has_gpus(pod):
                assert pod["spec"]["nodeName"].startswith("gpu-h100-")
                found.add(pod["metadata"]["name"])
            if len(found) == PODS[submitted.stem]:
                break
    assert len(found) == PODS[submitted.stem]


def has_gpus(pod: dict[str, Any]) -> bool:
    """Whether the pod asked for GPUs: the head of a Ray cluster does not."""
    return any("nvidia.com/gpu" in each["resources"].get("limits", {}) for each in pod["spec"]["containers"])


def test_every_example_is_tried() -> None:
    assert {path.stem for path in EXAMPLES} == set(PODS)
