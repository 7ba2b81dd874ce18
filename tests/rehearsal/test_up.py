"""What `make up` promises: everything runs, where it belongs, and a second run changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.conftest import PROJECT, mlplatform

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal

PLATFORM_NAMESPACES = {
    "kueue-system",
    "jobset-system",
    "kubeflow-system",
    "ray-system",
    "kserve",
    "model-gateway",
    "artifact-store",
    "feature-store",
    "model-registry",
    "model-delivery",
    "monitoring",
}


def test_every_pod_is_ready(platform: Platform) -> None:
    assert platform.summary["ready"], platform.summary["pods"]


def test_the_platforms_own_pods_run_on_the_real_node(platform: Platform) -> None:
    real = {pods["namespace"] for pods in platform.summary["pods"] if pods["real"]}
    assert real >= PLATFORM_NAMESPACES


def test_gpu_pods_run_on_simulated_nodes_of_their_pool(platform: Platform) -> None:
    pods = [
        pod
        for pod in platform.kube.list("/api/v1/namespaces/team-search/pods")
        if "nvidia.com/gpu" in pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    ]
    assert pods
    assert {pod["spec"]["nodeName"].rpartition("-")[0] for pod in pods} == {"gpu-l40s"}


def test_the_five_components_are_there(platform: Platform) -> None:
    exported = platform.engine.run("stack", "export").stdout
    for component in ("TrainingCluster", "GpuServingPool", "FeatureStore", "ArtifactBucket", "MonitoringStack"):
        assert f'"mlplatform:index:{component}"' in exported


def test_the_pack_judged_every_resource_and_found_nothing(platform: Platform) -> None:
    policies = platform.summary["policies"]
    assert policies["rules"] >= 10
    assert policies["resources"] > 100
    assert not policies["violations"]


def test_no_password_is_in_the_state_or_the_outputs_in_clear(platform: Platform) -> None:
    exported = platform.engine.run("stack", "export").stdout
    secrets = [
        value
        for namespace in ("feature-store", "artifact-store", "model-registry", "model-judges", "monitoring")
        for secret in platform.kube.list(f"/api/v1/namespaces/{namespace}/secrets")
        for value in secret.get("data", {}).values()
        if len(value) > 12
    ]
    assert len(secrets) > 5
    for value in secrets:
        assert value not in exported


def test_the_state_says_which_line_made_a_resource_and_not_through_which_calls(platform: Platform) -> None:
    state = json.loads(platform.engine.run("stack", "export").stdout)["deployment"]["resources"]

    # What a chart holds is registered by the provider, with calls of its own.
    ours = [each for each in state if each["custom"] and "helm.sh" not in each["urn"]]
    callers = [len(each["stackTrace"]) for each in ours if "stackTrace" in each]

    assert len(callers) > 100
    assert set(callers) == {1}


def test_a_second_preview_has_no_changes(platform: Platform) -> None:
    done = platform.engine.run("preview", "--expect-no-changes")
    assert done.returncode == 0, done.stdout + done.stderr


def test_status_names_every_part_and_all_run(platform: Platform) -> None:
    shown = mlplatform("rehearse", "status").stdout
    for part in ("etcd", "kube-apiserver", "kubelet", "containerd", "kwok"):
        assert part in shown
    assert platform.session.name in shown


def test_logs_exec_and_port_forward_reach_a_pod_on_the_real_node(platform: Platform) -> None:
    assert platform.kubectl("logs", "--namespace=feature-store", "statefulset/postgres", "--tail=1")
    shown = platform.kubectl("exec", "--namespace=feature-store", "statefulset/postgres", "--", "id", "-u")
    assert shown.strip() != "0"


def test_nothing_inside_reaches_the_outside(platform: Platform) -> None:
    said = platform.inside(
        """
        import socket
        try:
            socket.create_connection(("192.0.2.1", 443), timeout=5)
        except OSError as error:
            print(error.strerror)
        """
    )
    assert "unreachable" in said


def test_the_architecture_picture_shows_this_deployment(platform: Platform) -> None:
    from cli.picture import draw

    deployment = json.loads(platform.engine.run("stack", "export").stdout)
    assert (PROJECT / "docs" / "architecture.svg").read_text() == draw(deployment)


def test_nothing_lies_beside_the_state_that_a_kill_could_tear(platform: Platform) -> None:
    """The engine replaces a file in one step; a note of its sum beside it would be another one."""
    backend = platform.home.directory / "backend"
    assert list(backend.rglob("local.json"))
    assert not list(backend.rglob("*.attrs"))
