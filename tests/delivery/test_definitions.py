"""What the API server takes for a release and an approval, and what it says of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.kube import KubeError
from tests.delivery.conftest import HASH, NAMESPACE, release

if TYPE_CHECKING:
    from rehearsal.kube import Kube

pytestmark = pytest.mark.delivery

RELEASES = f"/apis/mlplatform.dev/v1/namespaces/{NAMESPACE}/modelreleases"
APPROVALS = f"/apis/mlplatform.dev/v1/namespaces/{NAMESPACE}/modelapprovals"


def approval(**spec: str) -> dict[str, Any]:
    return {
        "apiVersion": "mlplatform.dev/v1",
        "kind": "ModelApproval",
        "metadata": {"name": "defects-7", "namespace": NAMESPACE},
        "spec": {
            "release": "defects-7",
            "digest": f"sha256:{HASH}",
            "author": "ada",
            "approver": "grace",
            "ticket": "MLP-17",
            "expires": "2027-01-01T00:00:00Z",
            **spec,
        },
    }


def test_a_release_is_accepted_and_filled_in(kube: Kube) -> None:
    spec = kube.create(RELEASES, release(), dry_run=True)["spec"]
    assert spec["canary"] == {"steps": [5, 25, 50], "stepSeconds": 600, "readySeconds": 1800}
    assert spec["objectives"]["errorRatio"] == 0.01
    assert spec["server"]["replicas"] == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"digest": "sha256:" + "cd" * 32}, "a folder that is named by its content"),
        ({"digest": "latest"}, "spec.digest"),
        ({"riskClass": "prohibited"}, "riskClass"),
        ({"canary": {"steps": [5, 50, 25]}}, "must grow"),
        ({"canary": {"steps": [5, 5]}}, "must grow"),
        ({"canary": {"steps": [100]}}, "less than or equal to 99"),
        ({"thresholds": [{"metric": "accuracy", "atLeast": 0.9}]}, "thresholds need reports.evaluation"),
        (
            {"thresholds": [{"metric": "accuracy"}], "reports": {"evaluation": "s3://a/b"}},
            "one of atLeast and atMost",
        ),
        ({"objectives": {}}, "latencySeconds"),
        ({"author": ""}, "author"),
    ],
)
def test_a_release_that_cannot_be_is_refused_with_the_reason(kube: Kube, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(KubeError, match=message):
        kube.create(RELEASES, release(**wrong), dry_run=True)


def test_a_release_whose_name_is_too_long_for_a_service_is_refused(kube: Kube) -> None:
    with pytest.raises(KubeError, match="40 characters"):
        kube.create(RELEASES, release("d" * 41), dry_run=True)


def test_nothing_of_a_release_can_be_changed_afterwards(kube: Kube) -> None:
    kube.apply(release("unchanged"))
    try:
        with pytest.raises(KubeError, match="a release never changes"):
            kube.apply(release("unchanged", version="8"))
    finally:
        kube.delete(f"{RELEASES}/unchanged")


def test_an_approval_is_accepted_from_somebody_else_only_and_stays_as_it_is(kube: Kube) -> None:
    with pytest.raises(KubeError, match="the author cannot approve"):
        kube.create(APPROVALS, approval(approver="ada"))
    kube.create(APPROVALS, approval())
    try:
        with pytest.raises(KubeError, match="an approval never changes"):
            kube.apply(approval(ticket="MLP-18"))
    finally:
        kube.delete(f"{APPROVALS}/defects-7")


def test_kubectl_shows_model_version_phase_traffic_and_last_gate(kube: Kube) -> None:
    definition = kube.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/modelreleases.mlplatform.dev")
    columns = definition["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [each["name"] for each in columns] == ["Model", "Version", "Phase", "Traffic", "Last gate", "Age"]
