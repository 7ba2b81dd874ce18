"""Claims get volumes as from a storage driver, and volumes go with their claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.cluster.volume_stand_in import CLAIMS, Provisioner
from rehearsal.kube import KubeError
from tests.world.watching import until

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.kube import Kube

Json = dict[str, Any]
PATH = "/api/v1/persistentvolumes"


class Recorded:
    """An API server that takes everything, unless it ``refuses``."""

    def __init__(self) -> None:
        self.created: list[Json] = []
        self.deleted: list[str] = []
        self.refuses: KubeError | None = None

    def create(self, path: str, manifest: Json) -> Json:
        if self.refuses:
            raise self.refuses
        assert path == PATH
        self.created.append(manifest)
        return manifest

    def delete(self, path: str) -> None:
        self.deleted.append(path)


@pytest.fixture
def api() -> Recorded:
    return Recorded()


@pytest.fixture
def provisioner(api: Recorded, tmp_path: Path) -> Provisioner:
    return Provisioner(api, tmp_path, "real-0")


def storage_class(binding: str = "WaitForFirstConsumer", **more: Any) -> Json:
    kind = {"metadata": {"name": "gp3"}, "provisioner": "ebs.csi.aws.com", "volumeBindingMode": binding}
    return kind | more


def claim(node: str | None = "real-0", **spec: Any) -> Json:
    annotations = {"volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}
    if node:
        annotations["volume.kubernetes.io/selected-node"] = node
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    metadata = {"name": "data-0", "namespace": "default", "uid": "1234", "annotations": annotations}
    return {"metadata": metadata, "spec": wanted | {"storageClassName": "gp3"} | spec}


def released(**spec: Any) -> Json:
    metadata = {"name": "pvc-1234", "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}}
    kept = {"local": {"path": "/x"}, "persistentVolumeReclaimPolicy": "Delete"} | spec
    return {"metadata": metadata, "spec": kept, "status": {"phase": "Released"}}


def test_a_claim_gets_the_volume_that_it_asks_for_where_its_pod_is(
    provisioner: Provisioner, api: Recorded, tmp_path: Path
) -> None:
    provisioner.reconcile([claim("gpu-0")], [], [storage_class()])
    (volume,) = api.created
    spec = volume["spec"]
    assert spec["claimRef"]["uid"] == "1234"
    assert spec["capacity"] == {"storage": "10Gi"}
    assert spec["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"] == ["gpu-0"]
    assert spec["local"] == {"path": str(tmp_path / "pvc-1234")}
    assert (tmp_path / "pvc-1234").is_dir()


def test_a_claim_waits_for_its_pod_where_its_class_says_so(provisioner: Provisioner, api: Recorded) -> None:
    provisioner.reconcile([claim(None)], [], [storage_class()])
    assert not api.created
    provisioner.reconcile([claim(None)], [], [storage_class("Immediate")])
    assert len(api.created) == 1


@pytest.mark.parametrize(
    ("claims", "volumes", "classes"),
    [
        ([claim()], [], []),
        ([claim(storageClassName="")], [], [storage_class()]),
        ([claim(volumeName="pvc-1234")], [], [storage_class()]),
        ([claim()], [{"metadata": {"name": "pvc-1234"}, "spec": {}}], [storage_class()]),
    ],
    ids=["unknown class", "no class", "bound already", "made already"],
)
def test_nothing_is_made_that_nobody_wants(
    provisioner: Provisioner, api: Recorded, claims: list[Json], volumes: list[Json], classes: list[Json]
) -> None:
    assert provisioner.reconcile(claims, volumes, classes) == []
    assert not api.created


def test_a_volume_goes_with_its_claim(provisioner: Provisioner, api: Recorded, tmp_path: Path) -> None:
    (tmp_path / "pvc-1234").mkdir()
    provisioner.reconcile([], [released()], [])
    assert api.deleted == [f"{PATH}/pvc-1234"]
    assert not (tmp_path / "pvc-1234").exists()


@pytest.mark.parametrize("spec", [{"persistentVolumeReclaimPolicy": "Retain"}, {"local": None, "hostPath": {}}])
def test_what_its_class_retains_or_others_made_stays(provisioner: Provisioner, api: Recorded, spec: Json) -> None:
    volume = released(**spec)
    volume["spec"] = {key: value for key, value in volume["spec"].items() if value is not None}
    provisioner.reconcile([], [volume], [])
    assert not api.deleted


def test_what_is_refused_is_said_and_what_is_there_already_is_not(provisioner: Provisioner, api: Recorded) -> None:
    api.refuses = KubeError(422, "Invalid", "spec: wrong")
    assert provisioner.reconcile([claim()], [], [storage_class()]) == ["spec: wrong"]
    api.refuses = KubeError(409, "AlreadyExists", "there")
    assert provisioner.reconcile([claim()], [], [storage_class()]) == []


@pytest.mark.rehearsal
def test_a_pods_claim_is_bound_and_its_volume_goes_with_it(cluster: Kube) -> None:
    claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    cluster.create(claims, {"metadata": {"name": "data"}, "spec": wanted})
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    container = {"name": "main", "image": "x", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    pods = "/api/v1/namespaces/default/pods"
    cluster.create(pods, {"metadata": {"name": "keeper"}, "spec": {"containers": [container], "volumes": [volume]}})
    until(lambda: cluster.get(f"{claims}/data")["status"]["phase"] == "Bound", "the claim is bound")
    until(lambda: cluster.get(f"{pods}/keeper")["status"]["phase"] == "Running", "the pod runs")
    cluster.delete(f"{pods}/keeper", grace_seconds=0)
    cluster.delete(f"{claims}/data")
    until(lambda: not cluster.list(PATH) and not cluster.list(CLAIMS), "the volume is gone")
