"""Training jobs as a data scientist would write them, for tests on the running platform."""

from __future__ import annotations

from typing import Any

from components._versions import IMAGES

QUEUE = {"kueue.x-k8s.io/queue-name": "default"}
OWNED = {"mlplatform.dev/owner": "ada.lovelace", "mlplatform.dev/cost-centre": "cc-1815"}
KEPT = {"mlplatform.dev/ttl": "1d"}
"""How long something is kept that has no field for it."""
IMAGE = "docker.io/pytorch/pytorch:2.10.0-cuda12.8-cudnn9-runtime"


def job(
    name: str, *, team: str = "research", pods: int = 1, gpus_per_pod: int = 8, priority: str | None = None
) -> dict[str, Any]:
    """A Job of pods that all run at once."""
    importance = {"kueue.x-k8s.io/priority-class": f"training-{priority}"} if priority else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": f"team-{team}", "labels": QUEUE | OWNED | importance},
        "spec": {
            "parallelism": pods,
            "completions": pods,
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": OWNED}, "spec": pod(gpus_per_pod)},
        },
    }


def train_job(name: str, *, runtime: str, nodes: int = 2, gpus_per_node: int = 4) -> dict[str, Any]:
    """A TrainJob of team research from one of the platform's runtimes."""
    limits = {"nvidia.com/gpu": str(gpus_per_node), "cpu": "1", "memory": "1Gi"}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": "team-research", "labels": QUEUE | OWNED, "annotations": KEPT},
        "spec": {
            "runtimeRef": {"name": runtime},
            "trainer": {"numNodes": nodes, "resourcesPerNode": {"limits": limits}},
        },
    }


def ray_cluster(name: str, *, workers: int = 2, gpus_per_worker: int = 8) -> dict[str, Any]:
    """A RayCluster of team research: a head without GPUs, and workers."""
    counted = {"replicas": workers, "minReplicas": workers, "maxReplicas": workers}
    group = {"groupName": "gpus", **counted, "rayStartParams": {}, "template": ray_node(gpus_per_worker)}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": name, "namespace": "team-research", "labels": QUEUE | OWNED, "annotations": KEPT},
        "spec": {
            "rayVersion": IMAGES["ray"].tag,
            "headGroupSpec": {"rayStartParams": {}, "template": ray_node(0)},
            "workerGroupSpecs": [group],
        },
    }


def ray_node(gpus: int) -> dict[str, Any]:
    """The template of a Ray node's pod."""
    spec = pod(gpus)
    del spec["restartPolicy"]
    container = spec["containers"][0]
    container["image"] = IMAGES["ray"].tagged
    if not gpus:
        del container["resources"]["limits"]["nvidia.com/gpu"]
    return {"metadata": {"labels": OWNED}, "spec": spec}


def ray_job(name: str, *, workers: int = 1, gpus_per_worker: int = 4) -> dict[str, Any]:
    """A RayJob of team research on a cluster of its own."""
    cluster = ray_cluster(name, workers=workers, gpus_per_worker=gpus_per_worker)
    spec = {
        "entrypoint": "python tune.py",
        "submissionMode": "HTTPMode",
        "shutdownAfterJobFinishes": True,
        "ttlSecondsAfterFinished": 3600,
        "rayClusterSpec": cluster["spec"],
    }
    return {**cluster, "kind": "RayJob", "spec": spec}


def pod(gpus: int) -> dict[str, Any]:
    """A pod that the platform's rules admit."""
    limits = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": str(gpus)}
    container = {
        "name": "train",
        "image": IMAGE,
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}
