"""Releases on the running platform: the installed controller, in its pod and with its own rights, takes a real model
from the bucket to a real server, and stops one whose files were changed.

The gateway is played here (`played_gateway.py`), so requests go to the servers' Service, and no shares of them are
divided. Everything else is what a stack installs: API server with the rules, bucket, judges, KServe, MLServer,
Prometheus.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.rehearsal import released
from tests.rehearsal.conftest import mlplatform
from tests.rehearsal.played_gateway import played_gateway
from tests.rehearsal.released import NAMESPACE, TEAM, Bucket, Trained, release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.delivery]

Json = dict[str, Any]

RELEASES: Final = f"/apis/mlplatform.dev/v1/namespaces/{NAMESPACE}/modelreleases"
SERVERS: Final = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
ENDED: Final = ("Live", "Failed", "RolledBack", "Withdrawn")
REPORT: Final = f"teams/{TEAM}/reports/iris.json"
AUTHOR: Final = "ada"
APPROVER: Final = "grace"
MOST_BATCHES: Final = 60
MOST_SECONDS: Final = 300
"""Servers of a model start slowly where two processors carry a whole platform."""
ASK: Final = """
import json, sys, urllib.request
from collections import Counter
answers = Counter()
for _ in range(int(sys.argv[3])):
    request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answers[str(json.load(response)["outputs"][0]["data"])] += 1
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def bucket(platform: Platform) -> Bucket:
    return Bucket(platform)


@pytest.fixture(scope="module")
def model(platform: Platform) -> Trained:
    return released.trained(platform)


@pytest.fixture(scope="module")
def routes(platform: Platform) -> Iterator[str]:
    with played_gateway(platform.kube, NAMESPACE) as path:
        yield path


@pytest.fixture
def nothing_left(platform: Platform) -> Iterator[None]:
    """Afterwards the team has no release, and none of their servers."""
    yield
    for each in platform.kube.list(RELEASES):
        platform.kube.delete(f"{RELEASES}/{each['metadata']['name']}")
    if platform.kube.list(SERVERS):
        platform.kubectl("wait", "inferenceservices", "--all", "--for=delete", f"--namespace={NAMESPACE}")


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
def test_a_model_is_served_after_its_gates_and_somebody_elses_approval(
    platform: Platform, bucket: Bucket, model: Trained, routes: str, approver: Path
) -> None:
    digest = bucket.model(model.content)
    report = {"subject": digest, "metrics": {"accuracy": model.accuracy}}
    bucket.put({REPORT: json.dumps(report).encode()})
    wanted = release("iris-1", digest, AUTHOR, bucket, REPORT)
    create(platform, wanted)
    status = status_once(platform, "iris-1", is_awaiting)
    assert status["phase"] == "AwaitingApproval", status
    assert next(each for each in status["gates"] if each["name"] == "artifact")["evidence"] == digest
    assert platform.kube.list(SERVERS) == []
    mlplatform(
        *("release", "approve", "iris-1", "--team", TEAM, "--ticket", "MLP-17", "--kubeconfig", str(approver)),
    )
    status = status_once(platform, "iris-1", lambda status: status["traffic"] == 100)
    assert status["phase"] == "Canary", status
    answers = ask_until_it_ended(platform, wanted)
    # The flower asked about is a setosa, in the words of the data: class 0.
    assert set(answers) == {"[0]"}, answers
    status = platform.kube.get(f"{RELEASES}/iris-1")["status"]
    assert status["phase"] == "Live", status
    assert verdicts(status) == dict.fromkeys(("artifact", "performance", "approval", "smoke", "canary"), "Passed")
    annotations = platform.kube.get(f"{SERVERS}/iris-1")["metadata"]["annotations"]
    assert annotations["mlplatform.dev/approved-by"] == f"system:serviceaccount:{NAMESPACE}:{APPROVER}"
    (rule,) = platform.kube.get(f"{routes}/iris")["spec"]["rules"]
    assert [(each["name"], each["weight"]) for each in rule["backendRefs"]] == [("iris-1-predictor", 100)]


def ask_until_it_ended(platform: Platform, wanted: Json) -> dict[str, int]:
    """Ask its servers, until the controller has seen enough of it in Prometheus; how often they said what."""
    name, answers = wanted["metadata"]["name"], dict[str, int]()
    service = platform.kube.get(f"/api/v1/namespaces/{NAMESPACE}/services/{name}-predictor")["spec"]
    address = f"http://{service['clusterIP']}:80/v2/models/{name}/infer"
    for _ in range(MOST_BATCHES):
        said: dict[str, int] = json.loads(platform.inside(ASK, address, wanted["spec"]["smokeRequest"], "50"))
        answers = {each: answers.get(each, 0) + said.get(each, 0) for each in {*answers, *said}}
        if platform.kube.get(f"{RELEASES}/{name}")["status"]["phase"] in ENDED:
            break
    return answers


@pytest.mark.usefixtures("nothing_left", "routes")
def test_a_model_whose_files_were_changed_after_its_digest_was_named_is_stopped(
    platform: Platform, bucket: Bucket, model: Trained
) -> None:
    digest = bucket.model(model.content + b"as it was evaluated")
    bucket.put({f"{released.folder(digest)}/model.joblib": model.content + b"as it was swapped"})
    create(platform, release("iris-2", digest, AUTHOR, bucket, REPORT))
    status = status_once(platform, "iris-2", is_awaiting)
    assert (status["phase"], verdicts(status)["artifact"]) == ("Failed", "Failed"), status
    assert "its files have the digest sha256:" in status["message"]
    assert platform.kube.list(SERVERS) == []


def test_prometheus_reads_the_controllers_own_figures(platform: Platform) -> None:
    query = "query?query=sum(mlplatform_release_reconciliations_total)"
    answer = platform.service("monitoring", "prometheus:9090", f"api/v1/{query}")
    assert float(answer["data"]["result"][0]["value"][1]) > 0


def test_the_author_of_a_release_is_who_creates_it(platform: Platform, bucket: Bucket) -> None:
    forged = release("iris-3", "sha256:" + "ab" * 32, "somebody else", bucket, REPORT)
    with pytest.raises(AssertionError, match="AI-06"):
        create(platform, forged)
