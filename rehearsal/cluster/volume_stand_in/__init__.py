"""Volumes for claims, as the cluster's storage driver makes them elsewhere: each a directory of this machine.

Whatever provisioner a StorageClass names, claims of that class are answered here: as on a real cluster only once
they are needed where the class says so, and with the rights that the root of a new file system has. A volume whose
class says `Delete` goes with its claim. What a driver does beyond that (encryption, zones, snapshots, growth, a limit
of the size) is not done.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from rehearsal.kube import Collection, KubeError, Mirror

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rehearsal.kube import Json, Kube

CLAIMS: Final = Collection("/api/v1/persistentvolumeclaims")
VOLUMES: Final = Collection("/api/v1/persistentvolumes")
CLASSES: Final = Collection("/apis/storage.k8s.io/v1/storageclasses")

_CLAIMED_FROM: Final = "volume.kubernetes.io/storage-provisioner"
_CLAIMED_AT: Final = "volume.kubernetes.io/selected-node"
_MADE_BY: Final = "pv.kubernetes.io/provisioned-by"
_WITH_ITS_POD: Final = "WaitForFirstConsumer"
_RETRY_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class Api(Protocol):
    """What is done at the API server."""

    def create(self, path: str, manifest: Json) -> Json: ...

    def delete(self, path: str) -> None: ...


def default_class() -> Json:
    """The class of claims that name none: a cluster that is there already has one."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "directories.rehearsal.mlplatform.dev",
        "volumeBindingMode": _WITH_ITS_POD,
    }


def run(kube: Kube, directory: Path, node: str) -> None:
    """Answer claims until the process ends; ``node`` gets the volumes of claims that wait for no pod."""
    provisioner = Provisioner(kube, directory, node)
    with Mirror(kube, [CLAIMS, VOLUMES, CLASSES]) as mirror:
        while True:
            seen = (mirror.objects(each) for each in (CLAIMS, VOLUMES, CLASSES))
            refused = provisioner.reconcile(*seen)
            for line in refused:
                _log.warning("%s", line)
            mirror.wait(_RETRY_SECONDS if refused else None)


@dataclass(frozen=True)
class Provisioner:
    """Makes volumes below ``directory`` and takes them away."""

    kube: Api
    directory: Path
    node: str

    def reconcile(self, claims: Sequence[Json], volumes: Sequence[Json], classes: Sequence[Json]) -> list[str]:
        """Make what is wanted and lacking, take away what nobody has; returns what the API server refused."""
        refused: list[str] = []
        kinds = {each["metadata"]["name"]: each for each in classes}
        there = {each["metadata"]["name"] for each in volumes}
        for claim in claims:
            kind = kinds.get(claim["spec"].get("storageClassName", ""))
            if kind and _name(claim) not in there and (node := self._node_of(claim, kind)):
                with _collected(refused):
                    self._make(claim, kind, node)
        for volume in volumes:
            if _is_nobodys(volume):
                with _collected(refused):
                    self._remove(volume)
        return refused

    def _node_of(self, claim: Json, kind: Json) -> str | None:
        """Where the claim's volume is wanted now; None if it is not yet, or no longer."""
        annotations: dict[str, str] = claim["metadata"].get("annotations", {})
        if claim["spec"].get("volumeName") or _CLAIMED_FROM not in annotations:
            return None
        return annotations.get(_CLAIMED_AT) if kind.get("volumeBindingMode") == _WITH_ITS_POD else self.node

    def _make(self, claim: Json, kind: Json, node: str) -> None:
        path = self.directory / _name(claim)
        path.mkdir(parents=True, exist_ok=True)
        self.kube.create(VOLUMES.path, _volume(claim, kind, node, path))

    def _remove(self, volume: Json) -> None:
        name = volume["metadata"]["name"]
        self.kube.delete(f"{VOLUMES.path}/{name}")
        shutil.rmtree(self.directory / name, ignore_errors=True)


def _volume(claim: Json, kind: Json, node: str, path: Path) -> Json:
    metadata, spec = claim["metadata"], claim["spec"]
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _name(claim), "annotations": {_MADE_BY: kind["provisioner"]}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{field: metadata[field] for field in ("name", "namespace", "uid")},
            },
            "local": {"path": str(path)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            "persistentVolumeReclaimPolicy": kind.get("reclaimPolicy", "Delete"),
            "storageClassName": kind["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
    }


def _name(claim: Json) -> str:
    """As every driver names a claim's volume."""
    return f"pvc-{claim['metadata']['uid']}"


def _is_nobodys(volume: Json) -> bool:
    made_here = _MADE_BY in volume["metadata"].get("annotations", {}) and "local" in volume["spec"]
    ends_with_its_claim = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    released = volume.get("status", {}).get("phase") == "Released"
    return made_here and ends_with_its_claim and released and "deletionTimestamp" not in volume["metadata"]


@contextmanager
def _collected(refused: list[str]) -> Iterator[None]:
    try:
        yield
    except KubeError as error:
        # What is there already was made a moment ago: the watch has not told yet.
        if not error.conflict:
            refused.append(error.message)
