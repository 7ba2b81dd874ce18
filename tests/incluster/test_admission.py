"""What the rehearsal's admission policies do to objects, on a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.cloud import trust
from rehearsal.cluster import node_capacity, only_node, simulated_nodes
from tests.world.watching import until

if TYPE_CHECKING:
    from rehearsal.kube import Kube

pytestmark = pytest.mark.rehearsal

Json = dict[str, Any]
PODS = "/api/v1/namespaces/default/pods"
IMAGE = "docker.io/library/cannot-be-had:1"
RESOURCES = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}
OF_A_WORKLOAD = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "any", "uid": "1", "controller": True}]


def pod_spec(gpus: int) -> Json:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {"containers": [{"name": "main", "image": "x", "resources": {"limits": limits}}]}


def test_pods_are_given_roles_and_trust_whatever_they_have_of_their_own(cluster: Kube) -> None:
    mutation = trust.mutation()
    mutation.apply(cluster)
    own = {"name": "SSL_CERT_FILE", "value": "/own"}
    plain, rich = {"name": "plain", "image": "x"}, {"name": "rich", "image": "x", "env": [own]}
    spec = {"containers": [plain, rich], "initContainers": [{"name": "first", "image": "x"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client"}, "spec": spec}

    def admitted() -> Json:
        found: Json = cluster.create(PODS, pod, dry_run=True)["spec"]
        return found

    until(
        lambda: any(each["name"] == "rehearsal-aws" for each in admitted().get("volumes", [])), "the policy is active"
    )
    found = admitted()
    for container in (*found["containers"], *found["initContainers"]):
        variables = {each["name"]: each["value"] for each in container["env"]}
        assert variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://169.254.170.23/v1/credentials"
        assert variables["SSL_CERT_FILE"] == ("/own" if container["name"] == "rich" else variables["AWS_CA_BUNDLE"])
        (mount,) = [each for each in container["volumeMounts"] if each["name"] == "rehearsal-aws"]
        assert variables["AWS_CA_BUNDLE"].startswith(mount["mountPath"])
    for manifest in reversed(mutation.manifests()):
        cluster.delete(cluster.path_of(manifest))


def test_a_node_announces_more_than_its_kubelet_says(cluster: Kube) -> None:
    mutation = node_capacity.mutation("real-0")
    mutation.apply(cluster)
    said = {"cpu": "2", "memory": "8Gi", "pods": "110"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "real-0"}}

    def announced() -> dict[str, str]:
        cluster.apply(node)
        status = {"status": {"capacity": said, "allocatable": said}}
        found: dict[str, str] = cluster.apply(node | status, subresource="status")["status"]["allocatable"]
        return found

    until(lambda: announced()["cpu"] != "2", "the policy is active")
    assert announced() == said | node_capacity.ANNOUNCED
    for manifest in (node, *reversed(mutation.manifests())):
        cluster.delete(cluster.path_of(manifest))


def daemons_pod(node: str, image: str) -> Json:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "collector", "uid": "1", "controller": True}
    log = {"name": "log", "hostPath": {"path": "/var/log"}}
    mounts = [{"name": "log", "mountPath": "/log"}]
    return {
        "metadata": {"name": "collector", "ownerReferences": [owner]},
        "spec": {
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
            "initContainers": [{"name": "first", "image": image}],
            "containers": [{"name": "main", "image": image, "resources": RESOURCES, "volumeMounts": mounts}],
            "volumes": [log],
        },
    }


def test_a_daemon_that_cannot_run_on_the_real_node_has_an_idle_container_there(cluster: Kube) -> None:
    mutation = only_node.idle("real-0", [IMAGE], "pause:1")
    mutation.apply(cluster)

    def admitted(node: str, image: str = IMAGE) -> Json:
        return cluster.create(PODS, daemons_pod(node, image), dry_run=True)

    until(lambda: admitted("real-0")["spec"]["containers"][0]["image"] == "pause:1", "the policy is active")
    idle = admitted("real-0")
    assert "initContainers" not in idle["spec"]
    assert idle["spec"]["containers"][0]["resources"] == RESOURCES
    assert idle["metadata"]["annotations"] == {simulated_nodes.SIMULATED: "true"}
    assert admitted("gpu-0")["spec"]["containers"][0]["image"] == IMAGE
    assert admitted("real-0", "other:1")["spec"]["containers"][0]["image"] == "other:1"
    for manifest in reversed(mutation.manifests()):
        cluster.delete(cluster.path_of(manifest))


@pytest.mark.parametrize("own", [{}, {"nodeAffinity": {}}], ids=["no affinity", "another affinity"])
def test_pods_of_the_platform_are_spread_over_no_nodes_that_are_not_there(cluster: Kube, own: Json) -> None:
    mutation = only_node.spreading()
    mutation.apply(cluster)
    labels = {"matchLabels": {"app": "twice"}}
    apart = {"labelSelector": labels, "topologyKey": "kubernetes.io/hostname"}
    spread = {"labelSelector": labels, "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    rules = {
        "affinity": {**own, "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}},
        "topologySpreadConstraints": [spread],
    }

    def admitted(gpus: int) -> Json:
        pod = {"metadata": {"name": "twice", "ownerReferences": OF_A_WORKLOAD}, "spec": pod_spec(gpus) | rules}
        found: Json = cluster.create(PODS, pod, dry_run=True)["spec"]
        return found

    until(lambda: "topologySpreadConstraints" not in admitted(0), "the policy is active")
    assert "podAntiAffinity" not in admitted(0).get("affinity", {})
    assert admitted(1)["affinity"]["podAntiAffinity"]
    assert admitted(1)["topologySpreadConstraints"]
    for manifest in reversed(mutation.manifests()):
        cluster.delete(cluster.path_of(manifest))


def test_two_pods_of_one_host_port_fit_on_one_simulated_node(cluster: Kube) -> None:
    mutation = only_node.host_ports()
    mutation.apply(cluster)
    port = {"containerPort": 9234, "hostPort": 9234}
    spec = {"hostNetwork": True, "containers": [{"name": "main", "image": "x", "ports": [port]}]}

    def admitted() -> Json:
        return create(OF_A_WORKLOAD)

    def create(owners: list[Json]) -> Json:
        metadata = {"name": "agent", "ownerReferences": owners}
        found: Json = cluster.create(PODS, {"metadata": metadata, "spec": spec}, dry_run=True)["spec"]
        return found

    until(lambda: "hostNetwork" not in admitted(), "the policy is active")
    assert "ports" not in admitted()["containers"][0]
    assert create([])["hostNetwork"], "the guardrails are to see what no workload made"
    for manifest in reversed(mutation.manifests()):
        cluster.delete(cluster.path_of(manifest))
