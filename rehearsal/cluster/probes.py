"""What a rehearsal's API server says about its own readiness and its node's."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from rehearsal.kube import Kube


def api_ready(kube: Kube) -> bool:
    """Whether the API server answers and is ready."""
    try:
        return kube.text("/readyz") == "ok"
    except KubeError:
        return False


def controllers_ready(kube: Kube) -> bool:
    """Whether the controller manager works: without its service account no pod can be made."""
    return bool(_get(kube, "/api/v1/namespaces/default/serviceaccounts/default"))


def node_ready(kube: Kube, name: str, *, since: float) -> bool:
    """Whether the kubelet that runs since that Unix time says that its node is ready.

    What an earlier kubelet said stands for some time after its end: only a lease that was renewed since then tells.
    """
    node = _get(kube, f"/api/v1/nodes/{name}")
    ready = [each for each in node.get("status", {}).get("conditions", []) if each["type"] == "Ready"]
    if not ready or ready[0]["status"] != "True":
        return False
    if _unix_time(node["metadata"]["creationTimestamp"]) >= math.floor(since):
        # No earlier kubelet can have said it, and the first lease comes ten seconds later.
        return True
    lease = _get(kube, f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")
    renewed = lease.get("spec", {}).get("renewTime")
    return bool(renewed) and _unix_time(renewed) > since


def _get(kube: Kube, path: str) -> dict[str, Any]:
    try:
        return kube.get(path)
    except KubeError:
        return {}


def _unix_time(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()
