"""The in-cluster parts on a real API server, with its controllers, scheduler and KWOK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal import readiness
from rehearsal.cloud import trust
from rehearsal.cluster import node_capacity, only_node, simulated_nodes, simulated_pods
from rehearsal.cluster.pod_state import is_ready
from rehearsal.cluster.simulated_nodes import COMPLETE_ANNOTATION, CPU_NODE
from rehearsal.kube import KubeError
from rehearsal.progress import Silent
from tests.world.watching import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.kube import Kube

pytestmark = pytest.mark.rehearsal

Json = dict[str, Any]
JOBS = "/apis/batch/v1/namespaces/default/jobs"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"
IMAGE = "docker.io/library/cannot-be-had:1"
SECONDS = 30.0


def gpu_node(name: str) -> Json:
    return {
        "name": name,
        "labels": {"mlplatform.dev/pool": "h100"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
        "capacity": {"cpu": "64", "memory": "512Gi", "nvidia.com/gpu": "8"},
    }


def pod_spec(gpus: int) -> Json:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {
        "containers": [{"name": "main", "image": "x", "resources": {"limits": limits}}],
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}] if gpus else [],
    }


def job(name: str, *, gpus: int) -> Json:
    spec = {"template": {"spec": {"restartPolicy": "Never", **pod_spec(gpus)}}}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def deployment(name: str, *, gpus: int) -> Json:
    labels = {"app": name}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod_spec(gpus)},
    }
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def wait_for(kube: Kube, path: str, name: str, holds: Callable[[Json], object]) -> Json:
    """The object once it is as expected."""
    with kube.watch(path, field_selector=f"metadata.name={name}", timeout=SECONDS) as changes:
        for change in changes:
            if change.type != "DELETED" and holds(change.object):
                return change.object
    raise AssertionError(f"{path}/{name}: not as expected within {SECONDS:.0f} s")


@pytest.fixture(autouse=True)
def nodes(cluster: Kube) -> Iterator[None]:
    """Two GPU nodes, and no workload but a test's own."""
    simulated_nodes.apply(cluster, [gpu_node("h100-0"), gpu_node("h100-1")], real_node=False)
    yield
    for path in (JOBS, DEPLOYMENTS):
        for each in cluster.list(path):
            cluster.delete(f"{path}/{each['metadata']['name']}")


def test_simulated_nodes_become_ready(cluster: Kube) -> None:
    for name in ("h100-0", "h100-1", CPU_NODE):
        wait_for(cluster, "/api/v1/nodes", name, is_ready)


def test_a_gpu_job_runs_until_it_is_told_to_end(cluster: Kube) -> None:
    cluster.apply(job("train", gpus=8))
    wait_for(cluster, JOBS, "train", lambda each: each["status"].get("ready"))
    (pod,) = cluster.list(PODS, label_selector="job-name=train")
    assert pod["spec"]["nodeName"].startswith("h100-")
    metadata = {"name": pod["metadata"]["name"], "namespace": "default"}
    annotated = {**metadata, "annotations": {COMPLETE_ANNOTATION: "true"}}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": annotated})
    wait_for(cluster, JOBS, "train", lambda each: each["status"].get("succeeded"))


def test_a_job_without_gpus_ends_by_itself(cluster: Kube) -> None:
    cluster.apply(job("chore", gpus=0))
    wait_for(cluster, JOBS, "chore", lambda each: each["status"].get("succeeded"))


def test_a_node_that_left_the_model_is_gone_and_its_pods_move(cluster: Kube) -> None:
    cluster.apply(deployment("server", gpus=8))
    wait_for(cluster, DEPLOYMENTS, "server", lambda each: each["status"].get("readyReplicas"))
    (pod,) = cluster.list(PODS, label_selector="app=server")
    left = {"h100-0", "h100-1"} - {pod["spec"]["nodeName"]}
    simulated_nodes.apply(cluster, [gpu_node(name) for name in left], real_node=False)
    assert {node["metadata"]["name"] for node in cluster.list("/api/v1/nodes")} == {*left, CPU_NODE}
    with cluster.watch(PODS, label_selector="app=server", timeout=SECONDS) as changes:
        assert any(is_ready(change.object) and change.object["spec"]["nodeName"] in left for change in changes)
    (moved,) = cluster.list(PODS, label_selector="app=server")
    assert moved["metadata"]["name"] != pod["metadata"]["name"]


@pytest.mark.parametrize(
    ("spec", "simulated"),
    [
        ({}, True),
        ({"nodeSelector": {"kubernetes.io/os": "linux"}, "tolerations": [{"operator": "Exists"}]}, True),
        ({"nodeSelector": {"mlplatform.dev/pool": "h100"}}, False),
        ({"nodeName": "h100-0"}, False),
    ],
)
def test_a_pod_whose_image_cannot_be_had_goes_to_the_cpu_node(cluster: Kube, spec: Json, simulated: bool) -> None:
    simulated_pods.apply(cluster, [IMAGE])
    for image, expected in ((IMAGE, simulated), ("cannot-be-had:1", simulated), ("had:1", False)):
        containers = [{"name": "main", "image": image}]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x"},
            "spec": {"containers": containers, **spec},
        }
        admitted = cluster.create(PODS, pod, dry_run=True)["spec"]
        selected = admitted.get("nodeSelector", {}).get("kubernetes.io/hostname") == CPU_NODE
        assert selected is expected
        assert spec.get("nodeSelector", {}).items() <= admitted.get("nodeSelector", {}).items()


def test_a_certificate_is_answered_and_trusted_without_taking_anothers_fields(cluster: Kube) -> None:
    group, name = "cert-manager.io/v1", {"name": "web", "namespace": "default"}
    cluster.apply({"apiVersion": group, "kind": "Issuer", "metadata": name, "spec": {"selfSigned": {}}})
    spec = {"secretName": "web-cert", "dnsNames": ["web.default.svc"], "issuerRef": {"name": "web"}}
    cluster.apply({"apiVersion": group, "kind": "Certificate", "metadata": name, "spec": spec})
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "web", "annotations": {"cert-manager.io/inject-ca-from": "default/web"}},
        "webhooks": [
            {
                "name": "web.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {"service": {"name": "web", "namespace": "default"}},
            }
        ],
    }
    cluster.apply(hook, force=False)
    injected = wait_for(
        cluster,
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        "web",
        lambda each: "caBundle" in each["webhooks"][0]["clientConfig"],
    )
    secret = cluster.get("/api/v1/namespaces/default/secrets/web-cert")
    assert injected["webhooks"][0]["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]
    again = cluster.apply(hook, force=False)
    assert again["metadata"]["resourceVersion"] == injected["metadata"]["resourceVersion"]


def test_pods_on_simulated_nodes_are_reported_as_such(cluster: Kube) -> None:
    cluster.apply(job("train", gpus=8))
    wait_for(cluster, JOBS, "train", lambda each: each["status"].get("ready"))
    report = readiness.wait(cluster, Silent(), SECONDS, namespaces={"default"})
    assert report.ready
    assert [pod.namespace for pod in report.simulated] == ["default"]
    assert report.real == ()


def test_a_pod_that_fits_nowhere_says_so(cluster: Kube) -> None:
    cluster.apply(job("huge", gpus=99))
    (unready,) = readiness.wait(cluster, Silent(), 1, namespaces={"default"}).unready
    assert unready.reason.startswith("Unschedulable")


def test_what_the_server_refuses_is_told_in_its_own_words(cluster: Kube) -> None:
    with pytest.raises(KubeError, match="templates: field not declared in schema"):
        cluster.apply({**job("x", gpus=0), "spec": {"templates": {}}})


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
            "containers": [{"name": "main", "image": image, "volumeMounts": mounts}],
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
        pod = {"metadata": {"name": "twice"}, "spec": pod_spec(gpus) | rules}
        found: Json = cluster.create(PODS, pod, dry_run=True)["spec"]
        return found

    until(lambda: "topologySpreadConstraints" not in admitted(0), "the policy is active")
    assert "podAntiAffinity" not in admitted(0).get("affinity", {})
    assert admitted(1)["affinity"]["podAntiAffinity"]
    assert admitted(1)["topologySpreadConstraints"]
    for manifest in reversed(mutation.manifests()):
        cluster.delete(cluster.path_of(manifest))
