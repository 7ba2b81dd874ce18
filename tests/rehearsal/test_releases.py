"""Releases on the running platform: the installed controller, in its pod and with its own rights, takes real models
from the bucket to real servers behind the real gateway, and stops one whose files were changed."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from controllers.release.manifests import MODEL_LABEL
from tests.rehearsal import iris, released
from tests.rehearsal.conftest import mlplatform
from tests.rehearsal.released import NAMESPACE, TEAM, Bucket, Trained, release
from tests.rehearsal.test_gateway import Gateway, way_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.delivery]

Json = dict[str, Any]

OF_MODEL: Final = f"{MODEL_LABEL}={iris.MODEL}"
RELEASES: Final = f"/apis/mlplatform.dev/v1/namespaces/{NAMESPACE}/modelreleases"
APPROVALS: Final = f"/apis/mlplatform.dev/v1/namespaces/{NAMESPACE}/modelapprovals"
SERVERS: Final = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
ENDED: Final = ("Live", "Failed", "RolledBack", "Withdrawn")
REPORT: Final = f"teams/{TEAM}/reports/iris.json"
AUTHOR: Final = "ada"
APPROVER: Final = "grace"
MOST_SECONDS: Final = 300
"""Servers of a model start slowly where two processors carry a whole platform."""
GATES: Final = ("artifact", "performance", "approval", "smoke", "canary")
ALL_PASSED: Final = ("Live", dict.fromkeys(GATES, "Passed"))


@pytest.fixture(scope="module")
def bucket(platform: Platform) -> Bucket:
    return Bucket(platform)


@pytest.fixture(scope="module")
def models(platform: Platform) -> dict[str, Trained]:
    """A model by two methods, of which the second is the next version."""
    return {version: released.trained(platform, method) for version, method in iris.METHODS.items()}


@pytest.fixture(scope="module")
def gateway(platform: Platform) -> Gateway:
    return way_in(platform)


@pytest.fixture
def nothing_left(platform: Platform) -> Iterator[None]:
    """Afterwards the team has no release, no approval of one, and none of their servers."""
    yield
    for kind in (RELEASES, APPROVALS):
        for each in platform.kube.list(kind):
            platform.kube.delete(f"{kind}/{each['metadata']['name']}")
    if servers(platform):
        platform.kubectl("wait", "inferenceservices", f"-l={OF_MODEL}", "--for=delete", f"--namespace={NAMESPACE}")


@pytest.fixture
def approver(platform: Platform, tmp_path: Path) -> Path:
    """A kubeconfig of an engineer of the team, with the role that the platform gives engineers and nothing else."""
    config = yaml.safe_load(platform.session.kubeconfig.read_text())
    name = {"name": APPROVER, "namespace": NAMESPACE}
    platform.kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name})
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": name,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "mlplatform-engineer"},
        "subjects": [{"kind": "ServiceAccount", **name}],
    }
    platform.kube.apply(binding)
    token = platform.kubectl("create", "token", APPROVER, f"--namespace={NAMESPACE}").strip()
    for each in config["users"]:
        each["user"] = {"token": token}
    path = tmp_path / APPROVER
    path.write_text(yaml.safe_dump(config))
    return path


def servers(platform: Platform) -> list[str]:
    """Names of those that releases of the model have."""
    return [each["metadata"]["name"] for each in platform.kube.list(SERVERS, label_selector=OF_MODEL)]


def create(platform: Platform, manifest: Json) -> None:
    """As the author, who is one of the team's data scientists."""
    who = (f"--as={AUTHOR}", f"--as-group={TEAM}-scientists")
    platform.kubectl("create", *who, "-f", "-", stdin=json.dumps(manifest))


def status_once(platform: Platform, name: str, is_there: Callable[[Json], bool]) -> Json:
    """The release's status as soon as it is there, or has come to an end."""

    def found_it(found: Json) -> bool:
        status = found.get("status", {})
        return found["metadata"]["name"] == name and bool(status) and (status["phase"] in ENDED or is_there(status))

    found = platform.watch_for(RELEASES, found_it, seconds=MOST_SECONDS)
    status: Json = found["status"]
    return status


def is_awaiting(status: Json) -> bool:
    found: bool = status["phase"] == "AwaitingApproval"
    return found


def verdicts(status: Json) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in status["gates"]}


@pytest.mark.usefixtures("nothing_left")
def test_a_model_goes_live_after_somebody_elses_approval_and_the_next_version_takes_over_by_shares(
    platform: Platform, bucket: Bucket, models: dict[str, Trained], gateway: Gateway, approver: Path
) -> None:
    go_live(platform, bucket, models["stable"], "iris-1", approver)
    assert set(ask_until_it_ended(gateway, "iris-1")) == {(200, "iris-1")}
    assert ended(platform, "iris-1") == ALL_PASSED
    go_live(platform, bucket, models["canary"], "iris-2", approver)
    answers = ask_until_it_ended(gateway, "iris-2")
    assert {status for status, _ in answers} == {200}, answers
    assert ended(platform, "iris-2") == ALL_PASSED
    # While it grew both answered; when it is live, none but it.
    assert {version for _, version in answers} == {"iris-1", "iris-2"}
    assert set(map(tuple, gateway.ask(gateway.key, count=50))) == {(200, "iris-2")}
    annotations = platform.kube.get(f"{SERVERS}/iris-2")["metadata"]["annotations"]
    assert annotations["mlplatform.dev/approved-by"] == f"system:serviceaccount:{NAMESPACE}:{APPROVER}"


def go_live(platform: Platform, bucket: Bucket, model: Trained, name: str, approver: Path) -> None:
    """Put a model into the bucket, release it, have it approved, and wait until the gateway gives it requests."""
    digest, report = bucket.model(model.content), f"teams/{TEAM}/reports/{name}.json"
    bucket.put({report: json.dumps({"subject": digest, "metrics": {"accuracy": model.accuracy}}).encode()})
    create(platform, release(name, digest, AUTHOR, bucket, report))
    status = status_once(platform, name, is_awaiting)
    assert status["phase"] == "AwaitingApproval", status
    assert next(each for each in status["gates"] if each["name"] == "artifact")["evidence"] == digest
    assert name not in servers(platform)
    approve = ("release", "approve", name, "--team", TEAM, "--ticket", "MLP-17")
    mlplatform(*approve, "--kubeconfig", str(approver))
    status = status_once(platform, name, lambda status: "since" in status)
    assert status["phase"] == "Canary", status


def ask_until_it_ended(gateway: Gateway, name: str) -> Counter[tuple[int, str]]:
    """Ask the model through the gateway, until the controller has seen enough of it in Prometheus; how often each
    version answered how."""
    answers: Counter[tuple[int, str]] = Counter()
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        # Few at once: the team may ask a hundred times a second.
        answers.update((status, version) for status, version in gateway.ask(gateway.key, count=10))
        if gateway.platform.kube.get(f"{RELEASES}/{name}")["status"]["phase"] in ENDED:
            break
    return answers


def ended(platform: Platform, name: str) -> tuple[str, dict[str, str]]:
    status = platform.kube.get(f"{RELEASES}/{name}")["status"]
    return status["phase"], verdicts(status)


@pytest.mark.usefixtures("nothing_left")
def test_a_model_whose_files_were_changed_after_its_digest_was_named_is_stopped(
    platform: Platform, bucket: Bucket
) -> None:
    digest = bucket.model(b"as it was evaluated")
    bucket.put({f"{released.folder(digest)}/model.joblib": b"as it was swapped"})
    create(platform, release("iris-3", digest, AUTHOR, bucket, REPORT))
    status = status_once(platform, "iris-3", is_awaiting)
    assert (status["phase"], verdicts(status)["artifact"]) == ("Failed", "Failed"), status
    assert "its files have the digest sha256:" in status["message"]
    assert servers(platform) == []


def test_prometheus_reads_the_controllers_own_figures(platform: Platform) -> None:
    query = "query?query=sum(mlplatform_release_reconciliations_total)"
    answer = platform.service("monitoring", "prometheus:9090", f"api/v1/{query}")
    assert float(answer["data"]["result"][0]["value"][1]) > 0


def test_the_author_of_a_release_is_who_creates_it(platform: Platform, bucket: Bucket) -> None:
    forged = release("iris-4", "sha256:" + "ab" * 32, "somebody else", bucket, REPORT)
    with pytest.raises(AssertionError, match="AI-06"):
        create(platform, forged)
