"""Alerts reach those who asked for them, by the real Alertmanager, and secrets stay in their files."""

from __future__ import annotations

import queue
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import ValidationError

from components.monitoring import alertmanager
from components.specs.monitoring_stack import Alerting
from tests.monitoring.alertmanager import Recorder, configured, recorder, serving
from tests.monitoring.test_alerts import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = [pytest.mark.monitoring, pytest.mark.rehearsal]

_ON_CALL: Final = {"kind": "webhook", "name": "on-call", "secret": "on-call", "severities": ["critical"]}
_SEARCH: Final = {"kind": "webhook", "name": "search", "secret": "search", "teams": ["search"]}
_OPERATORS: Final = {"kind": "webhook", "name": "operators", "secret": "operators", "teams": ["platform"]}


@pytest.fixture
def receiving() -> Iterator[Recorder]:
    with recorder() as running:
        yield running


def alerting(*receivers: dict[str, Any]) -> Alerting:
    return Alerting.model_validate({"receivers": receivers})


def webhooks(receiving: Recorder, *names: str) -> dict[str, dict[str, str]]:
    return {name: {"url": f"{receiving.address}/{name}"} for name in names}


def heard(receiving: Recorder, count: int) -> dict[str, set[str]]:
    """Which alerts came to which receiver, after `count` of them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    while sum(map(len, found.values())) < count:
        path, _, body = receiving.next()
        found[path.removeprefix("/")] |= {each["labels"]["alertname"] for each in body["alerts"]}
    return dict(found)


def test_every_alert_reaches_those_who_asked_for_its_severity_and_team(
    receiving: Recorder, tools: Tools, tmp_path: Path
) -> None:
    spec = alerting(_ON_CALL, _SEARCH, _OPERATORS)
    # Alerts of a team's series are of team search here, and each of a model of its own: none speaks for another. One
    # would for all of its team's queue.
    whose = {"QueueNotUsable": "vision"}
    fired = [
        {"alertname": name, **alert.labels(area), "team": alert.team or whose.get(name, "search"), "model": name}
        for name, (alert, area) in ALERTS.items()
    ]
    wanted = {
        "on-call": {each["alertname"] for each in fired if each["severity"] == "critical"},
        "search": {each["alertname"] for each in fired if each["team"] == "search"},
        "operators": {each["alertname"] for each in fired if each["team"] == "platform" and each["severity"] != "none"},
    }
    text = configured(spec, webhooks(receiving, "on-call", "search", "operators"), tmp_path)
    with serving(tools, text, tmp_path) as server:
        server.post(fired)
        assert heard(receiving, sum(map(len, wanted.values()))) == wanted


def test_the_lesser_alert_is_silent_beside_the_greater_of_the_same_model_only(
    receiving: Recorder, tools: Tools, tmp_path: Path
) -> None:
    of_search = {"area": "serving", "team": "search"}
    with serving(tools, configured(alerting(_SEARCH), webhooks(receiving, "search"), tmp_path), tmp_path) as server:
        server.post([{"alertname": "EndpointDown", "severity": "critical", "model": "assistant", **of_search}])
        assert heard(receiving, 1) == {"search": {"EndpointDown"}}
        server.post(
            [
                {"alertname": "ModelRequestsQueue", "severity": "warning", "model": "assistant", **of_search},
                {"alertname": "EndpointShort", "severity": "warning", "model": "ranker", **of_search},
            ]
        )
        assert heard(receiving, 1) == {"search": {"EndpointShort"}}
        # Whatever was to come with it has had as long as that one had.
        with pytest.raises(queue.Empty):
            receiving.messages.get(timeout=1)


@pytest.mark.parametrize(
    ("receiver", "secret", "elsewhere"),
    [
        ({"kind": "slack", "channel": "#models"}, "url", None),
        ({"kind": "pagerduty"}, "routing_key", ("pagerduty_configs:\n  - ", "url: {address}/pager\n    ")),
        ({"kind": "opsgenie"}, "api_key", ("https://api.opsgenie.com/", "{address}/")),
    ],
    ids=lambda each: each["kind"] if isinstance(each, dict) else "",
)
def test_each_kind_of_receiver_is_sent_the_alert_with_its_secret(
    receiver: dict[str, str],
    secret: str,
    elsewhere: tuple[str, str] | None,
    receiving: Recorder,
    tools: Tools,
    tmp_path: Path,
) -> None:
    value = f"{receiving.address}/hook/s3cret" if receiver["kind"] == "slack" else "s3cret"
    spec = alerting({**receiver, "name": "told", "secret": "told"})
    text = configured(spec, {"told": {secret: value}}, tmp_path)
    assert "s3cret" not in text
    if elsewhere is not None:
        found, instead = elsewhere[0], elsewhere[1].format(address=receiving.address)
        assert found in text
        text = text.replace(found, instead if found.startswith("http") else f"{found}{instead}")
    with serving(tools, text, tmp_path) as server:
        server.post([{"alertname": "GpuHot", "severity": "warning", "team": "platform", "area": "gpu"}])
        path, headers, body = receiving.next()
    assert "s3cret" in f"{path} {headers} {body}"
    assert "GpuHot" in str(body)


def test_a_mail_is_sent_encrypted_only_and_its_password_is_a_file(tools: Tools, tmp_path: Path) -> None:
    mail = {"kind": "email", "to": "ml@example.org", "sender": "alerts@example.org", "server": "mail.example.org:587"}
    text = configured(alerting({**mail, "name": "mail", "secret": "mail"}), {"mail": {"password": "s3cret"}}, tmp_path)
    assert "require_tls: true" in text
    assert "s3cret" not in text
    with serving(tools, text, tmp_path):
        pass


def test_receivers_and_secrets_are_mounted_by_name() -> None:
    pod = alertmanager.pod(alerting(_SEARCH), "alertmanager")
    assert {"name": "receiver-search", "secret": {"secretName": "search", "defaultMode": 0o440}} in list(pod.volumes)


def test_two_receivers_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two receivers have the same name"):
        alerting(_SEARCH, _SEARCH)


@pytest.mark.parametrize("name", ["people", "heartbeat"])
def test_a_receiver_called_as_one_of_the_platforms_own_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"a receiver of its own called {name}; rename yours"):
        alerting({**_SEARCH, "name": name})
