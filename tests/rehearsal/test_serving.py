"""An endpoint from the stack file, made by the real KServe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.serving]

NAMESPACE = "team-search"


def test_the_example_endpoint_becomes_ready(platform: Platform) -> None:
    platform.wait_for(NAMESPACE, "inferenceservice/assistant", "condition=Ready", seconds=120)


def test_its_replicas_are_spread_and_protected_from_drains(platform: Platform) -> None:
    (deployment,) = platform.kube.list(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")
    spread = {each["topologyKey"] for each in deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]}
    assert spread == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    (budget,) = platform.kube.list(f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets")
    assert budget["status"]["currentHealthy"] >= 2


def test_both_runtimes_are_offered(platform: Platform) -> None:
    runtimes = platform.kube.list("/apis/serving.kserve.io/v1alpha1/clusterservingruntimes")
    assert {runtime["metadata"]["name"] for runtime in runtimes} == set(
        platform.summary["outputs"]["serving"]["runtimes"]
    )
