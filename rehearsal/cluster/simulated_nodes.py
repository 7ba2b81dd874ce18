"""Nodes without machines: the capacity model's GPU machines, and a place for pods that cannot run here.

KWOK plays the kubelet of every node that is annotated as its own: pods scheduled there become Running and do
nothing. A Job's pod on a GPU node ends when it is annotated ``mlplatform.dev/complete``, so that whoever
rehearses decides how long a training takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rehearsal.errors import RehearsalError
from rehearsal.files import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rehearsal.kube import Json, Kube

COMPLETE_ANNOTATION = "mlplatform.dev/complete"
"""On a Job's pod on a simulated GPU node, with any value: the pod ends, successfully."""

SIMULATED = "mlplatform.dev/simulated"
"""Labels every simulated node; as a taint it keeps pods off ``simulated-0`` that a real node can run."""

CPU_NODE = "simulated-0"
"""The simulated node without GPUs, for pods whose image cannot be had or which have no real node at all."""

CPU_NODE_CAPACITY = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"}

_KARPENTERS = "karpenter.sh/nodepool"
_KWOK_ANNOTATION = "kwok.x-k8s.io/node"
_STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-delete.yaml",
)
_COMPLETION = "pod/fast/pod-complete.yaml"

_KILLED = Path(__file__).with_name("pod-killed.yaml")
"""What a kubelet says of a deleted pod before it goes, which KWOK's own stages never do: its programs were ended
(SIGTERM). A Job that replaces failed pods only, as a JobSet's do, keeps its hold on the pod until then."""


def write_configuration(stages: Path, config: Path) -> None:
    """Write to ``config`` what KWOK plays; its stock ``stages`` are ``Tools.asset("kwok/stages")``."""
    write(config, yaml.safe_dump_all(stage_objects(stages), sort_keys=False))


def kwok_arguments(kubeconfig: Path, config: Path, *, pod_cidr: str = "10.250.0.0/16") -> list[str]:
    """What follows ``kwok`` on its command line; pods on simulated nodes get addresses of ``pod_cidr``.

    KWOK listens on no port.
    """
    return [
        f"--kubeconfig={kubeconfig}",
        f"--config={config}",
        "--manage-all-nodes=false",
        f"--manage-nodes-with-annotation-selector={_KWOK_ANNOTATION}=fake",
        # Without a lease the node lifecycle controller takes a simulated node for a dead one.
        "--node-lease-duration-seconds=40",
        f"--cidr={pod_cidr}",
        "--node-port=0",
    ]


def stage_objects(stages: Path) -> list[Json]:
    """KWOK's stock stages and one of ours, with the one that completes a Job's pod at once replaced by two that know
    when.

    On ``simulated-0`` a Job is a chore of the platform that cannot run here, and others wait for its end: it
    still completes at once. Anywhere else it waits for the annotation.
    """
    objects = [*(_stage(stages / name) for name in _STAGES), _stage(_KILLED)]
    told = {"key": f'.metadata.annotations["{COMPLETE_ANNOTATION}"]', "operator": "Exists"}
    on_cpu_node = {"key": ".spec.nodeName", "operator": "In", "values": [CPU_NODE]}
    for name, condition in (("pod-complete-when-told", told), ("pod-complete-on-cpu-node", on_cpu_node)):
        stage = _stage(stages / _COMPLETION)
        stage["metadata"]["name"] = name
        stage["spec"]["selector"]["matchExpressions"].append(condition)
        objects.append(stage)
    return objects


def apply(kube: Kube, nodes: Sequence[Mapping[str, Any]], *, real_node: bool) -> None:
    """Make the simulated nodes be exactly ``nodes`` and ``simulated-0``.

    A node is ``{"name", "labels", "taints": [{"key", "value", "effect"}], "capacity": {resource: amount}}``.
    With a real node, ``simulated-0`` takes only what ``simulated_pods`` sends there; without one, every pod
    that fits. A node that the model no longer has goes, and its pods with it; one whose kinds of resources
    changed goes and comes back. Nodes that Karpenter started are Karpenter's to end.
    """
    wanted = {each["metadata"]["name"]: each for each in node_objects(nodes, real_node=real_node)}
    for node in kube.list("/api/v1/nodes", label_selector=f"{SIMULATED},!{_KARPENTERS}"):
        name = node["metadata"]["name"]
        kept = wanted.get(name)
        if kept is None or node["status"]["capacity"].keys() != kept["status"]["capacity"].keys():
            _remove(kube, name)
    for node in wanted.values():
        kube.apply(node)
        # The node's own endpoint sets a status only when it creates the node.
        kube.apply(node, subresource="status")


def node_objects(nodes: Iterable[Mapping[str, Any]], *, real_node: bool) -> list[Json]:
    """The Node objects of ``nodes`` and of ``simulated-0``."""
    taints = [{"key": SIMULATED, "value": "true", "effect": "NoSchedule"}] if real_node else []
    cpu_node = {"name": CPU_NODE, "labels": {}, "taints": taints, "capacity": CPU_NODE_CAPACITY}
    return [_node(each) for each in (*nodes, cpu_node)]


def _node(model: Mapping[str, Any]) -> Json:
    name = model["name"]
    capacity = {"pods": "110", **{resource: str(amount) for resource, amount in model["capacity"].items()}}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {_KWOK_ANNOTATION: "fake"},
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                **model["labels"],
                SIMULATED: "true",
            },
        },
        "spec": {"taints": [dict(taint) for taint in model["taints"]]},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


def _remove(kube: Kube, name: str) -> None:
    # The node first: pods that replace the deleted ones must not come back to it.
    kube.delete(f"/api/v1/nodes/{name}")
    for pod in kube.list("/api/v1/pods", field_selector=f"spec.nodeName={name}"):
        metadata = pod["metadata"]
        kube.delete(f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}", grace_seconds=0)


def _stage(path: Path) -> Json:
    try:
        stage: Json = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise RehearsalError(
            f"{path}: not a stage of KWOK ({error})", remedy="`mlplatform toolchain build` makes it again"
        ) from error
    return stage
