"""A small client of the Kubernetes API: what the rehearsal itself reads and writes in its cluster.

Paths are the API's own (``/api/v1/pods``); objects are plain dictionaries, as the API has them.
"""

from __future__ import annotations

from rehearsal.kube._client import FIELD_MANAGER, Kube
from rehearsal.kube._discovery import Kind, lasting_kinds
from rehearsal.kube._errors import KubeError
from rehearsal.kube._kubeconfig import Access
from rehearsal.kube._mirror import Mirror
from rehearsal.kube._watch import Collection, Event, Json, Watch

__all__ = [
    "FIELD_MANAGER",
    "Access",
    "Collection",
    "Event",
    "Json",
    "Kind",
    "Kube",
    "KubeError",
    "Mirror",
    "Watch",
    "lasting_kinds",
]
