"""Tells NVIDIA's device plugin how the nodes of a pool share their GPUs.

Source: NVIDIA/k8s-device-plugin, configuration file version v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from components.capacity import GPU_RESOURCE

if TYPE_CHECKING:
    from components.capacity import Capacity
    from components.specs.capacity import Pool

CONFIG_MAP: Final = "mlplatform-gpu-sharing"
"""What the GPU operator's `devicePlugin.config.name` has to name; the key is the pool's name."""


def config_map(capacity: Capacity, namespace: str) -> dict[str, Any] | None:
    """The device plugin's configuration of every pool whose pods share GPUs; None without any."""
    shared = (pool for pool in capacity.pools if pool.sharing.time_slicing or pool.sharing.mps)
    data = {pool.name: yaml.safe_dump(_plugin(pool)) for pool in shared}
    if not data:
        return None
    metadata = {"name": CONFIG_MAP, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _plugin(pool: Pool) -> dict[str, Any]:
    shared: dict[str, Any] = {
        # Whoever asks for a GPU gets a whole one.
        "renameByDefault": True,
        "resources": [{"name": GPU_RESOURCE, "replicas": pool.parts_per_gpu}],
    }
    if pool.sharing.time_slicing:
        # A second turn on the same GPU brings a pod nothing.
        sharing = {"timeSlicing": {**shared, "failRequestsGreaterThanOne": True}}
    else:
        sharing = {"mps": shared}
    return {"version": "v1", "flags": {"migStrategy": "none"}, "sharing": sharing}
