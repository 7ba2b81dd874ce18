"""Sends pods that cannot run on this machine to the simulated CPU node.

A pod whose image can neither be pulled nor made would wait for it for ever, and what depends on the pod too.
An admission policy of the rehearsal's own gives such pods a node selector and a toleration for ``simulated-0``;
charts and manifests stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

from rehearsal.cluster.admission import Mutation
from rehearsal.cluster.simulated_nodes import CPU_NODE, SIMULATED
from rehearsal.errors import RehearsalError
from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from rehearsal.kube import Json, Kube

NAME = "rehearsal-simulated-pods.mlplatform.dev"

_HOSTNAME = "kubernetes.io/hostname"
_GPU = "nvidia.com/gpu"
_GPU_NODE_LABELS = ("nvidia.com/gpu.present", "nvidia.com/gpu.product", "mlplatform.dev/pool")
"""A selector of one of these leads to a GPU node, and every GPU node is simulated."""

_HYBRID = "eks.amazonaws.com/compute-type"
"""The label of machines of the company's own in a cluster of EKS; they are GPU nodes."""

GOES_TO_NO_GPU_NODE = (
    f'!object.spec.containers.exists(container, "{_GPU}" in container.?resources.?limits.orValue({{}}))'
    f" && !object.spec.?nodeSelector.orValue({{}}).exists(label, label in {json.dumps(_GPU_NODE_LABELS)})"
    " && !object.spec.?affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    ".orValue([]).exists(term, term.?matchExpressions.orValue([])"
    f'.exists(each, each.key == "{_HYBRID}" && each.operator == "In"))'
)
"""Of a pod, in CEL."""
IS_OF_A_WORKLOAD = "object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false))"
"""Of a pod, in CEL. The guardrails have judged its workload as it is; a pod of its own they judge after us."""
IS_A_DAEMONS = 'object.metadata.?ownerReferences.orValue([]).exists(owner, owner.kind == "DaemonSet")'
"""Of a pod, in CEL."""
# A DaemonSet's pod names its node by affinity: another one's selector would leave it pending.
_IS_BOUND_TO_NO_NODE = f'object.spec.?nodeName.orValue("") == "" && !{IS_A_DAEMONS}'
_SELECT = f"""
has(object.spec.nodeSelector)
? [JSONPatch{{
    op: "add", path: "/spec/nodeSelector/" + jsonpatch.escapeKey("{_HOSTNAME}"), value: "{CPU_NODE}"
  }}]
: [JSONPatch{{op: "add", path: "/spec/nodeSelector", value: {{"{_HOSTNAME}": "{CPU_NODE}"}}}}]
"""
_TOLERATION = f'{{"key": "{SIMULATED}", "operator": "Exists", "effect": "NoSchedule"}}'
_TOLERATE = f"""
!has(object.spec.tolerations)
? [JSONPatch{{op: "add", path: "/spec/tolerations", value: [{_TOLERATION}]}}]
: object.spec.tolerations.exists(toleration, toleration.?key.orValue("") == "{SIMULATED}")
? []
: [JSONPatch{{op: "add", path: "/spec/tolerations/-", value: {_TOLERATION}}}]
"""
"""Mutations run again when a webhook has changed the pod: they find what they added."""

OFF_THE_HOST = (
    f"{IS_OF_A_WORKLOAD} && object.spec.?hostNetwork.orValue(false) == true"
    ' ? [JSONPatch{op: "remove", path: "/spec/hostNetwork"}] : []',
    f"object.spec.containers.transformList(i, container, has(container.ports) && {IS_OF_A_WORKLOAD},"
    ' JSONPatch{op: "remove", path: "/spec/containers/" + string(i) + "/ports"})',
)
"""Patches by which two pods that take the same port of their hosts fit on one simulated node."""

_ACTIVE_SECONDS = 15.0


def apply(kube: Kube, unavailable: Collection[str]) -> None:
    """Simulate the pods that use one of these image references, as they are written in pods, and only them.

    Returns when the API server does so for new pods; pods that exist already are not moved.
    """
    probe = _probe(unavailable)
    if _mutation([*unavailable, probe]).apply(kube):
        _wait_until_active(kube, probe)


def manifests(unavailable: Collection[str]) -> list[Json]:
    """The policy and its binding."""
    return _mutation(unavailable).manifests()


def _mutation(unavailable: Collection[str]) -> Mutation:
    return Mutation(
        NAME,
        resources=["pods"],
        operations=["CREATE"],
        conditions={
            "image-cannot-be-had": uses_one_of(unavailable),
            "goes-to-no-gpu-node": GOES_TO_NO_GPU_NODE,
            "is-bound-to-no-node": _IS_BOUND_TO_NO_NODE,
        },
        patches=[_SELECT, _TOLERATE, *OFF_THE_HOST],
    )


def spellings(reference: str) -> list[str]:
    """The ways to write an image reference in a pod: Docker Hub's registry and library may be left out."""
    found = [reference]
    for prefix in ("docker.io/", "library/"):
        if found[-1].startswith(prefix):
            found.append(found[-1].removeprefix(prefix))
    return found


def uses_one_of(references: Collection[str]) -> str:
    """Of a pod, in CEL: whether one of its containers has one of these images."""
    # A list of JSON strings is a list of CEL strings.
    images = json.dumps(sorted({spelling for each in references for spelling in spellings(each)}))
    return (
        "(object.spec.containers + object.spec.?initContainers.orValue([]))"
        f'.exists(container, container.?image.orValue("") in {images})'
    )


def _probe(unavailable: Collection[str]) -> str:
    """An image that nobody has and only the policy for exactly these references knows."""
    digest = hashlib.sha256("\n".join(sorted(unavailable)).encode()).hexdigest()
    return f"mlplatform.dev/probe:{digest[:12]}"


def _wait_until_active(kube: Kube, probe: str) -> None:
    """Try on a pod that is never stored: the API server reads policies once a second, and tells nobody."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "rehearsal-probe"},
        "spec": {"containers": [{"name": "probe", "image": probe}]},
    }
    deadline = time.monotonic() + _ACTIVE_SECONDS
    seen = "pods were admitted without it"
    while time.monotonic() < deadline:
        try:
            admitted = kube.create("/api/v1/namespaces/default/pods", pod, dry_run=True)
            if admitted["spec"].get("nodeSelector", {}).get(_HOSTNAME) == CPU_NODE:
                return
        except KubeError as error:  # such as a namespace without its service account yet
            seen = error.message
        time.sleep(0.1)
    raise RehearsalError(
        f"admission policy {NAME}: not active after {_ACTIVE_SECONDS:.0f} s ({seen})",
        remedy="see the API server's log; is MutatingAdmissionPolicy v1 (Kubernetes 1.36) served?",
    )
