"""Who is told of a fault is not told of what follows from it, nor of what was silenced; by the real Alertmanager."""

from __future__ import annotations

import queue
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest

from components.monitoring import alertmanager
from components.monitoring.alerts.inhibition import INHIBITIONS
from components.specs.monitoring_stack import Alerting
from tests.monitoring.alertmanager import Recorder, configured, recorder, serving
from tests.monitoring.test_alerts import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = [pytest.mark.monitoring, pytest.mark.rehearsal]

Labels = dict[str, str]
_SEARCH: Final = {"team": "search", "model": "assistant"}
_RANKER: Final = {"team": "search", "model": "ranker"}
_GPU: Final = {"gpu": "3", "node": "gpu-0", "namespace": "team-search", "pod": "job-0"}


def fired(alertname: str, /, **labels: str) -> Labels:
    """An alert as Prometheus sends it."""
    alert, area = ALERTS[alertname]
    return {"alertname": alertname, **labels, **alert.labels(area)}


def as_set(alerts: Iterable[Labels]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(each.items()) for each in alerts}


FOLLOWING: Final[tuple[tuple[Labels, list[Labels], list[Labels]], ...]] = (
    # What speaks, what follows from it, and what looks alike and is something else.
    (
        fired("NodeDown", node="gpu-0"),
        [
            fired("GpuFault", **{**_GPU, "gpu": "2"}),
            fired("GpuHot", **_GPU),
            fired("GpuIdle", **_GPU, team="search"),
            fired("TargetDown", job="pods", node="gpu-0", pod="job-0", instance="10.0.0.1:8080"),
            fired("ModelRequestsQueue", **_SEARCH, pod="assistant-0", node="gpu-0"),
        ],
        [
            fired("GpuHot", **{**_GPU, "node": "gpu-1"}),
            fired("TargetDown", job="prometheus", instance="localhost:9090"),
            fired("EndpointDown", **_RANKER),
        ],
    ),
    (
        fired("EndpointDown", **_SEARCH, version="sha256:ab"),
        [
            fired("SloBurnsSlowly", **_SEARCH, slo="availability"),
            fired("SloBurnsFast", **_SEARCH, slo="latency", threshold="5"),
            fired("EndpointShort", **_SEARCH, version="sha256:ab"),
            fired("ModelPreempts", **_SEARCH, version="sha256:cd"),
        ],
        [
            fired("SloBurnsSlowly", **_RANKER, slo="availability"),
            fired("SloBurnsSlowly", team="search", slo="queue_wait", threshold="640"),
            fired("SloBudgetSpent", **_SEARCH, slo="availability"),
            fired("GpuHot", **_GPU),
        ],
    ),
    (
        fired("SloBurnsFast", **_SEARCH, slo="availability"),
        [fired("SloBurnsSlowly", **_SEARCH, slo="availability")],
        [
            fired("SloBurnsSlowly", **_SEARCH, slo="latency", threshold="5"),
            fired("SloBurnsSlowly", **_RANKER, slo="availability"),
        ],
    ),
    (
        fired("SloBurnsFast", team="search", slo="queue_wait", threshold="640"),
        [fired("SloBurnsSlowly", team="search", slo="queue_wait", threshold="640")],
        [fired("SloBurnsSlowly", team="vision", slo="queue_wait", threshold="640")],
    ),
    (
        fired("GpuMemoryFailing", **_GPU),
        [fired("GpuMemoryWears", **_GPU), fired("GpuIdle", **_GPU, team="search")],
        [fired("GpuHot", **{**_GPU, "gpu": "4"}), fired("TargetDown", job="gpus", node="gpu-0", instance="10.0.0.1:1")],
    ),
    (
        fired("QueueNotUsable", team="search", cluster_queue="search"),
        [fired("QueueStuck", team="search"), fired("JobsDoNotFit", team="search")],
        [fired("QueueStuck", team="vision"), fired("PodsUnschedulable")],
    ),
    (
        fired("CertificateExpires", exported_namespace="kserve", name="serving", namespace="cert-manager"),
        [fired("CertificateNotReady", exported_namespace="kserve", name="serving", namespace="cert-manager")],
        [fired("CertificateNotReady", exported_namespace="kserve", name="other", namespace="cert-manager")],
    ),
    (
        fired("PolicyBroken", policy="gpu-04"),
        [fired("PolicyDenials", policy="gpu-04")],
        [fired("PolicyDenials", policy="k8s-08")],
    ),
    (
        fired("BucketReadOnly", namespace="artifact-store", pod="seaweedfs-0", node="cpu-0"),
        [fired("BucketAlmostFull", namespace="artifact-store", pod="seaweedfs-0", name="/data")],
        [],
    ),
    (
        # One that names nothing speaks for nothing.
        fired("ApiServerErrors"),
        [],
        [
            fired("MetricsRefused", job="prometheus"),
            fired("RuleEvaluationFails", rule_group="gpu"),
            fired("TargetDown", job="alertmanager", instance="alertmanager:9093"),
        ],
    ),
)


@pytest.fixture
def receiving() -> Iterator[Recorder]:
    with recorder() as running:
        yield running


def webhook(name: str, **wanted: Any) -> dict[str, Any]:
    return {"kind": "webhook", "name": name, "secret": name, **wanted}


def told(receiving: Recorder, directory: Path, *receivers: dict[str, Any]) -> str:
    """A configuration that posts each receiver's alerts to the path of its name."""
    secrets = {each["secret"]: {"url": f"{receiving.address}/{each['name']}"} for each in receivers}
    return configured(Alerting.model_validate({"receivers": receivers}), secrets, directory)


def heard(receiving: Recorder) -> tuple[str, set[str]]:
    """Who was told, and the models of the alerts."""
    path, _, body = receiving.next()
    return path.removeprefix("/"), {each["labels"].get("model", "") for each in body["alerts"]}


@pytest.mark.parametrize(("speaks", "follow", "others"), FOLLOWING, ids=[each["alertname"] for each, *_ in FOLLOWING])
def test_an_alert_speaks_for_what_follows_from_it_and_for_nothing_else(
    speaks: Labels, follow: list[Labels], others: list[Labels], tools: Tools, tmp_path: Path
) -> None:
    with serving(tools, alertmanager.configuration(Alerting()), tmp_path) as server:
        server.post([*follow, *others])
        assert not server.silent()
        server.post([speaks])
        assert as_set(server.silent_soon(len(follow))) == as_set(follow)


def test_every_rule_has_an_alert_that_speaks_by_it() -> None:
    for each in INHIBITIONS:
        asked = dict(matcher.rstrip('"').split('="') for matcher in each.speaking)
        assert any(asked.items() <= speaks.items() and each.same[0] in speaks for speaks, *_ in FOLLOWING), each


def test_every_severity_of_every_team_goes_to_its_own_receiver(
    receiving: Recorder, tools: Tools, tmp_path: Path
) -> None:
    cells = list(product(("critical", "warning"), ("search", "vision", "platform")))
    receivers = [webhook(f"{team}-{severity}", teams=[team], severities=[severity]) for severity, team in cells]
    alerts = [
        {"alertname": "Any", "area": "any", "severity": severity, "team": team, "model": f"{team}-{severity}"}
        for severity, team in cells
    ]
    with serving(tools, told(receiving, tmp_path, *receivers), tmp_path) as server:
        server.post(alerts)
        assert dict(heard(receiving) for _ in cells) == {each["name"]: {each["name"]} for each in receivers}
        with pytest.raises(queue.Empty):
            receiving.messages.get(timeout=1)


def test_what_is_silenced_is_sent_to_nobody_until_the_silence_ends(
    receiving: Recorder, tools: Tools, tmp_path: Path
) -> None:
    alerts = [fired("EndpointDown", **_SEARCH), fired("EndpointDown", **_RANKER)]
    text = told(receiving, tmp_path, webhook("on-call"))
    with serving(tools, text, tmp_path) as server:
        silence = server.silence(model="assistant")
        server.post(alerts)
        assert heard(receiving) == ("on-call", {"ranker"})
    # It is started anew, as after an update, on the same volume.
    with serving(tools, text, tmp_path) as server:
        server.post(alerts[:1])
        with pytest.raises(queue.Empty):
            receiving.messages.get(timeout=2)
        server.end_silence(silence)
        assert heard(receiving) == ("on-call", {"assistant"})
