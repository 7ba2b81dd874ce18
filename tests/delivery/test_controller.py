"""The controller as a process against a real API server: from a release to traffic, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from moto.server import ThreadedMotoServer

from tests.delivery.conftest import NAMESPACE, release
from tests.delivery.controller import Controller, settings
from tests.delivery.test_definitions import APPROVALS, RELEASES, approval
from tests.delivery.world import Answers, Around, Bucket, storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rehearsal.kube import Kube

pytestmark = pytest.mark.delivery

Json = dict[str, Any]
SECONDS: Final = 60
SERVERS: Final = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
ROUTES: Final = f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes"
ENDED: Final = {"Failed", "RolledBack", "Withdrawn", "Live"}


class Scene:
    """A controller that runs, and what a test does to its world."""

    def __init__(self, kube: Kube, bucket: Bucket, answers: Answers, around: Around, controller: Controller) -> None:
        self.kube, self.bucket, self.answers, self.around, self.controller = kube, bucket, answers, around, controller

    def register(
        self,
        name: str,
        *,
        approved: bool = True,
        accuracy: float = 0.95,
        labels: dict[str, str] | None = None,
        **spec: object,
    ) -> str:
        """A release of new files, with a report on them; its digest."""
        digest = self.bucket.model({"model.joblib": name.encode(), "model-settings.json": b"{}"})
        report = json.dumps({"subject": digest, "metrics": {"accuracy": accuracy}}).encode()
        address = self.bucket.put(f"teams/research/reports/{name}.json", report)
        made = release(
            name,
            digest=digest,
            storageUri=storage(digest),
            reports={"evaluation": address},
            thresholds=[{"metric": "accuracy", "atLeast": 0.9, "tolerance": 0.01}],
            smokeRequest='{"inputs": []}',
            canary={"steps": [5, 50], "stepSeconds": 5, "readySeconds": 60},
            objectives={"latencySeconds": 0.5, "requests": 10, "windowSeconds": 10},
        )
        made["spec"] |= spec
        made["metadata"]["labels"] = labels or {}
        self.kube.create(RELEASES, made)
        if approved:
            self.approve(name, made["spec"]["digest"])
        return str(made["spec"]["digest"])

    def approve(self, name: str, digest: str, **spec: str) -> None:
        """Somebody else's approval."""
        given = approval(release=name, digest=digest, **spec)
        given["metadata"]["name"] = name
        self.kube.create(APPROVALS, given)

    def until(self, name: str, what: Callable[[Json], bool]) -> Json:
        """The release's status as soon as it is so."""
        last: Json = {}
        with self.kube.watch(RELEASES, timeout=SECONDS, field_selector=f"metadata.name={name}") as watch:
            for event in watch:
                last = event.object.get("status", {})
                if what(last):
                    return last
        raise AssertionError(f"{name} is {json.dumps(last, indent=1)}\n{self.controller.log[-3000:]}")

    def phase(self, name: str, *phases: str) -> Json:
        """The release's status as soon as it is in one of these phases."""
        return self.until(name, lambda status: status.get("phase") in phases)

    def weights(self) -> dict[str, int]:
        """What the model's route says."""
        (rule,) = self.kube.get(f"{ROUTES}/defects")["spec"]["rules"]
        return {each["name"].removesuffix("-predictor"): each["weight"] for each in rule["backendRefs"]}

    def served(self, name: str) -> str:
        """The address of the files that a release's servers have."""
        return str(self.kube.get(f"{SERVERS}/{name}")["spec"]["predictor"]["model"]["storageUri"])


@pytest.fixture
def scene(kube: Kube, as_controller: Path, tmp_path: Path) -> Iterator[Scene]:
    """A controller with the rights of its account, and an empty namespace."""
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    store.start()
    address, port = store.get_host_and_port()
    endpoint = f"http://{address}:{port}"
    answers = Answers()
    controller = Controller(as_controller, tmp_path, settings(answers))
    with Around(kube, endpoint, tmp_path) as around:
        controller.start()
        try:
            yield Scene(kube, Bucket(endpoint), answers, around, controller)
        finally:
            controller.kill()
            for collection in (RELEASES, APPROVALS, SERVERS, ROUTES):
                for each in kube.list(collection):
                    kube.delete(f"{collection}/{each['metadata']['name']}")
            store.stop()
            answers.shutdown()
            answers.server_close()


def test_a_good_release_goes_live_and_the_next_one_takes_over_by_shares(scene: Scene) -> None:
    first = scene.register("defects-6")
    status = scene.phase("defects-6", *ENDED)
    assert status["phase"] == "Live", status
    assert scene.weights() == {"defects-6": 100}
    scene.register("defects-7")
    assert scene.until("defects-7", lambda status: status.get("traffic") == 5)["previous"]["digest"] == first
    status = scene.phase("defects-7", *ENDED)
    assert [(each["name"], each["verdict"]) for each in status["gates"]] == [
        (name, "Passed") for name in ("artifact", "performance", "approval", "smoke", "canary")
    ]
    assert all(each["by"] and each["at"] for each in status["gates"])
    scene.phase("defects-6", "Kept")
    assert scene.weights() == {"defects-7": 100}
    assert scene.served("defects-6") == storage(first)


def test_a_bad_canary_is_rolled_back_to_the_exact_digest(scene: Scene) -> None:
    first = scene.register("defects-6")
    scene.phase("defects-6", "Live")
    scene.answers.figures["defects-7"] = (100.0, 20.0, 0.1)
    scene.register("defects-7")
    status = scene.phase("defects-7", *ENDED)
    assert (status["phase"], status["rollback"]["reason"]) == ("RolledBack", "ObjectiveMissed")
    assert status["rollback"]["to"] == {"release": "defects-6", "digest": first}
    with scene.kube.watch(SERVERS, timeout=SECONDS) as watch:
        assert any(event.type == "DELETED" and event.object["metadata"]["name"] == "defects-7" for event in watch)
    assert scene.weights() == {"defects-6": 100}
    assert scene.served("defects-6") == storage(first)


def test_changed_files_under_a_digest_stop_it_at_the_first_gate(scene: Scene) -> None:
    digest = scene.bucket.model({"model.joblib": b"as it was evaluated"})
    scene.bucket.put(f"{storage(digest).removeprefix('s3://artifacts/')}/model.joblib", b"as it was swapped")
    scene.register("defects-7", digest=digest, storageUri=storage(digest))
    status = scene.phase("defects-7", *ENDED)
    assert status["phase"] == "Failed"
    assert "its files have the digest sha256:" in status["message"]
    assert scene.kube.list(SERVERS) == []


def test_a_model_that_is_worse_than_production_stops_at_performance(scene: Scene) -> None:
    scene.register("defects-6", accuracy=0.95)
    scene.phase("defects-6", "Live")
    scene.register("defects-7", accuracy=0.92)
    status = scene.phase("defects-7", *ENDED)
    assert status["message"] == "performance: accuracy: is 0.92, worse than production's 0.95 by more than 0.01"


def test_an_approval_of_another_digest_or_one_that_ended_lets_nothing_through(scene: Scene) -> None:
    digest = scene.register("defects-7", approved=False)
    scene.approve("defects-7", "sha256:" + "0" * 64)
    status = scene.until("defects-7", lambda status: "another digest" in status.get("message", ""))
    assert status["phase"] == "AwaitingApproval"
    scene.kube.delete(f"{APPROVALS}/defects-7")
    scene.approve("defects-7", digest, expires="2020-01-01T00:00:00Z")
    scene.until("defects-7", lambda status: "it ended 2020" in status.get("message", ""))
    assert scene.kube.list(SERVERS) == []


def test_servers_that_answer_with_errors_get_no_traffic(scene: Scene) -> None:
    scene.answers.broken.add("defects-7")
    scene.register("defects-7")
    status = scene.phase("defects-7", *ENDED)
    assert (status["phase"], status["lastGate"]) == ("Failed", "smoke: Failed")


def test_the_stop_label_sends_traffic_back(scene: Scene) -> None:
    scene.register("defects-6")
    scene.phase("defects-6", "Live")
    scene.register("defects-7")
    scene.phase("defects-7", "Live")
    labelled = {"name": "defects-7", "namespace": NAMESPACE, "labels": {"mlplatform.dev/stopped": "true"}}
    label = {"apiVersion": "mlplatform.dev/v1", "kind": "ModelRelease", "metadata": labelled}
    scene.kube.apply(label)
    assert scene.phase("defects-7", "RolledBack")["rollback"]["reason"] == "Stopped"
    scene.phase("defects-6", "Live")
    assert scene.weights() == {"defects-6": 100}


def test_a_controller_that_is_killed_in_every_phase_goes_on_where_it_was(scene: Scene) -> None:
    """Killed whenever the release's status changed: no gate is judged twice, none is left out."""
    scene.register("defects-6")
    seen: list[tuple[str, int]] = []
    with scene.kube.watch(RELEASES, timeout=4 * SECONDS, field_selector="metadata.name=defects-6") as watch:
        for event in watch:
            status = event.object.get("status", {})
            at = status.get("phase", ""), sum(each["verdict"] == "Passed" for each in status.get("gates", ()))
            if at not in seen:
                seen.append(at)
                scene.controller.kill()
                scene.controller.start()
            if status.get("phase") == "Live":
                break
    assert [phase for phase, _ in seen][-1] == "Live"
    gates = scene.kube.get(f"{RELEASES}/defects-6")["status"]["gates"]
    assert [each["verdict"] for each in gates] == ["Passed"] * 5
    assert scene.weights() == {"defects-6": 100}
