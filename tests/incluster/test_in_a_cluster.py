"""The in-cluster parts on a real API server, with its controllers, scheduler and KWOK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal import readiness
from rehearsal.cluster import simulated_nodes, simulated_pods
from rehearsal.cluster.pod_state import is_ready
from rehearsal.cluster.simulated_nodes import COMPLETE_ANNOTATION, CPU_NODE
from rehearsal.kube import KubeError
from rehearsal.progress import Silent

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


def required(label: str, operator: str, value: str) -> Json:
    """Of a pod: the nodes that it must have."""
    terms = [{"matchExpressions": [{"key": label, "operator": operator, "values": [value]}]}]
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    }


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
        (required("eks.amazonaws.com/compute-type", "In", "hybrid"), False),
        (required("eks.amazonaws.com/compute-type", "NotIn", "fargate"), True),
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
