"""Pods and nodes of the deployed stack, as the API server has them and as their processes see themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from policies.parameters import parameters_for
from tests.live.reading import containers

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live

SIMULATION: Final = "kwok.x-k8s.io/node"
REPLACED: Final = "mlplatform.dev/simulated"
"""Annotates a pod in which a rehearsal runs idle containers, because it cannot have those that the pod names."""
NEEDS_THE_HOST: Final = {"gpu-exporter", "kube-system"}
"""Namespaces whose pods read the machine's own counters or make its network (policies/parameters.py says why)."""


@pytest.fixture(scope="module")
def pods(deployed: Deployed) -> list[dict[str, Any]]:
    """Pods of the platform's own namespaces."""
    platform = set(parameters_for(deployed.stack).platform_namespaces)
    found = [each for each in deployed.kubernetes.get("pods") if each["metadata"]["namespace"] in platform]
    assert found
    return found


def name(pod: dict[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def is_ready(thing: dict[str, Any]) -> bool:
    """Whether a node or a pod says that it is ready."""
    return ("Ready", "True") in {(each["type"], each["status"]) for each in thing["status"].get("conditions", [])}


def test_every_node_is_ready(deployed: Deployed) -> None:
    nodes = deployed.kubernetes.get("nodes")
    assert nodes
    assert [node["metadata"]["name"] for node in nodes if not is_ready(node)] == []


def test_every_pod_runs_or_has_done_its_work(pods: list[dict[str, Any]]) -> None:
    assert [name(pod) for pod in pods if pod["status"]["phase"] != "Succeeded" and not is_ready(pod)] == []


def test_no_container_restarts_again_and_again(pods: list[dict[str, Any]]) -> None:
    restarts = {
        name(pod): max((each["restartCount"] for each in pod["status"].get("containerStatuses", [])), default=0)
        for pod in pods
    }
    assert {pod: count for pod, count in restarts.items() if count > 5} == {}


def test_no_container_is_privileged_or_may_become_so(pods: list[dict[str, Any]]) -> None:
    free = [
        f"{name(pod)}: {container['name']}"
        for pod in pods
        if pod["metadata"]["namespace"] not in NEEDS_THE_HOST
        for container in containers(pod)
        if container.get("securityContext", {}).get("allowPrivilegeEscalation") is not False
        or container["securityContext"].get("privileged")
    ]
    assert free == []


def test_images_are_named_by_what_cannot_change(deployed: Deployed, pods: list[dict[str, Any]]) -> None:
    if parameters_for(deployed.stack).image_references != "digest":
        pytest.skip(f"{deployed.stack} may name images by tag")
    by_tag = {
        container["image"]
        for pod in pods
        # There EKS's add-ons are, whose images are AWS's own affair.
        if pod["metadata"]["namespace"] != "kube-system" and REPLACED not in pod["metadata"].get("annotations", {})
        for container in containers(pod)
        if "@sha256:" not in container["image"]
    }
    assert by_tag == set()


def test_processes_of_the_feature_server_are_nobodys_that_counts(
    deployed: Deployed, pods: list[dict[str, Any]]
) -> None:
    """Asked of the process itself: what the pod's manifest says could be undone by its image."""
    simulated = {
        each["metadata"]["name"]
        for each in deployed.kubernetes.get("nodes")
        if SIMULATION in each["metadata"].get("annotations", {})
    }
    servers = [
        pod
        for pod in pods
        if pod["metadata"]["name"].startswith("feature-server-") and pod["spec"]["nodeName"] not in simulated
    ]
    if not servers:
        pytest.skip("no container of a pod runs in this rehearsal")
    for pod in servers:
        host = deployed.kubernetes.inside(
            pod["metadata"]["name"], pod["spec"]["containers"][0]["name"], pod["metadata"]["namespace"]
        )
        assert int(host.check_output("id -u")) > 0
        assert host.run("test -w /").rc != 0
