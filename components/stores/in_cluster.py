"""A store of one pod on the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.kubernetes.namespace import in_namespace
from components.kubernetes.workload import stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.namespace import PlatformNamespace
    from components.kubernetes.workload import Pod
    from components.specs.storage import Storage


def run(namespace: PlatformNamespace, pod: Pod, storage: Storage, ports: Mapping[str, int]) -> str:
    """Run a store that only its own namespace reaches; its host name."""
    namespace.account(pod.app)
    namespace.allow(pod.app, list(ports.values()), [in_namespace(namespace.name)])
    namespace.add(pod.app, "apps/v1", "StatefulSet", {"spec": stateful_set(pod, "data", storage)})
    return namespace.service(pod.app, ports)
