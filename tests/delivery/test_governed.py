"""Releases where the platform's rules are enforced: who may say what, as the API server knows who asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from cli.release.reading import who_asks
from policies.admission import Wanted, manifests
from policies.parameters import DEFAULT
from policies.rules import RULES
from rehearsal.kube import Kube, KubeError
from tests.delivery.conftest import NAMESPACE, release
from tests.delivery.test_controller import ENDED, SERVERS, Scene, scene
from tests.delivery.test_definitions import APPROVALS, RELEASES, approval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.delivery
__all__ = ["scene"]

ENFORCED: Final = {"AI-01", "AI-02", "AI-03", "AI-04", "AI-06", "AI-10"}
_ATTEMPTS: Final = 2000
_RBAC: Final = "rbac.authorization.k8s.io"


@pytest.fixture
def approver(kube: Kube, kubeconfig: Path, tmp_path: Path) -> Iterator[Kube]:
    """Somebody who may approve; he has an account, since a rehearsal knows people by certificates only."""
    name = {"name": "grace", "namespace": NAMESPACE}
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name})
    rules = [
        {"apiGroups": ["mlplatform.dev"], "resources": ["modelreleases"], "verbs": ["get", "approve"]},
        {"apiGroups": ["mlplatform.dev"], "resources": ["modelapprovals"], "verbs": ["create"]},
    ]
    kube.apply({"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "approver"}, "rules": rules})
    subject = {"kind": "ServiceAccount", **name}
    role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "approver"}
    bound = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "approver"}}
    kube.apply({**bound, "roleRef": role, "subjects": [subject]})
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = kube.create(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/grace/token", asked)["status"]["token"]
    config = yaml.safe_load(kubeconfig.read_text())
    for each in config["users"]:
        each["user"] = {"token": token}
    (tmp_path / "grace").write_text(yaml.safe_dump(config))
    with Kube(tmp_path / "grace") as client:
        yield client


@pytest.fixture
def governed(kube: Kube) -> Iterator[None]:
    """The rules about models are enforced, as on a stack for production."""
    enforced = [rule for rule in RULES if rule.id in ENFORCED]
    made = list(manifests(enforced, DEFAULT, (), Wanted(left_alone=())))
    for manifest in made:
        kube.apply(manifest)
    try:
        wait_until_enforced(kube)
        yield
    finally:
        for manifest in reversed(made):
            kube.delete(kube.path_of(manifest))


def wait_until_enforced(kube: Kube) -> None:
    """The API server takes up a policy within a second or two, and tells nobody when."""
    for _ in range(_ATTEMPTS):
        try:
            kube.create(RELEASES, release("probe", author="nobody"), dry_run=True)
        except KubeError as refusal:
            if "AI-06" in str(refusal):
                return
            raise
    raise AssertionError("AI-06 is not enforced")


def asked(kube: Kube, **spec: str) -> dict[str, Any]:
    return approval(**{"approver": who_asks(kube), **spec})


@pytest.mark.usefixtures("governed")
def test_an_approval_is_given_in_ones_own_name_by_who_may(kube: Kube, approver: Kube) -> None:
    approver.create(APPROVALS, asked(approver), dry_run=True)
    with pytest.raises(KubeError, match="AI-06"):
        approver.create(APPROVALS, asked(approver, approver="alan"), dry_run=True)
    with pytest.raises(KubeError, match="the author cannot approve"):
        approver.create(APPROVALS, asked(approver, author=who_asks(approver)), dry_run=True)
    with pytest.raises(KubeError, match="AI-06"):
        kube.create(RELEASES, release(author="somebody else"), dry_run=True)


@pytest.mark.usefixtures("governed")
def test_what_the_controller_makes_meets_the_rules_about_models(scene: Scene, kube: Kube, approver: Kube) -> None:
    author = who_asks(kube)
    digest = scene.register("defects-6", approved=False, author=author, labels={"validation.ml.sigstore.dev/ml": "x"})
    scene.until("defects-6", lambda status: status.get("phase") == "AwaitingApproval")
    approver.create(APPROVALS, asked(approver, release="defects-6", digest=digest, author=author))
    status = scene.phase("defects-6", *ENDED)
    assert status["phase"] == "Live", json.dumps(status, indent=1)
    annotations = kube.get(f"{SERVERS}/defects-6")["metadata"]["annotations"]
    assert annotations["mlplatform.dev/approved-by"] == who_asks(approver)
    assert annotations["mlplatform.dev/approved-digests"] == digest
