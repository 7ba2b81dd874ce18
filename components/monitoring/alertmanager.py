"""Alertmanager as the platform runs it: alerts in groups, those silent that follow from another, to each
receiver those that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from components.kubernetes.workload import Container, Mount, Pod, config_volume, http_get, probe, secret_volume
from components.monitoring import receivers
from components.monitoring.alerts.inhibition import INHIBITIONS
from components.specs.monitoring_stack import HEARTBEAT, PEOPLE

if TYPE_CHECKING:
    import pulumi

    from components.specs.monitoring_stack import Alerting

APP: Final = "alertmanager"
PORT: Final = 9093
_USER: Final = 65534


@dataclass(frozen=True)
class Topic:
    """An SNS topic to publish to, as the role of the pod."""

    arn: str
    region: str


def configuration(spec: Alerting, topic: Topic | None = None) -> str:
    """`alertmanager.yml`."""
    webhook = {"webhook_configs": [{"url_file": "/receiver/url"}]} if spec.webhook_secret else {}
    known: list[dict[str, Any]] = [{"name": PEOPLE, **webhook}]
    heartbeat = PEOPLE
    if topic is not None:
        known[0]["sns_configs"] = [{"topic_arn": topic.arn, "sigv4": {"region": topic.region}}]
        # A message every five minutes is for a machine that notices its absence, not for those who read the topic.
        heartbeat = HEARTBEAT
        known.append({"name": heartbeat, **webhook})
    watchdog = {"receiver": heartbeat, "matchers": ['alertname="Watchdog"'], "repeat_interval": "5m"}
    # An alert goes to every receiver that asks for it, and at last to those who hear of all.
    routes = [watchdog, *(receivers.route(each) for each in spec.receivers), {"receiver": PEOPLE}]
    return yaml.safe_dump(
        {
            "route": {
                "receiver": PEOPLE,
                "group_by": ["alertname", "area", "team", "model", "namespace"],
                "group_wait": "30s",
                "group_interval": "5m",
                "repeat_interval": "12h",
                "routes": routes if spec.receivers else [watchdog],
            },
            "inhibit_rules": [each.rule() for each in INHIBITIONS],
            "receivers": [*known, *(receivers.receiver(each) for each in spec.receivers)],
        },
        sort_keys=False,
    )


def pod(spec: Alerting, configuration: pulumi.Input[str]) -> Pod:
    """The server, on a ConfigMap with its configuration."""
    server = Container(
        APP,
        APP,
        spec.size,
        arguments=(
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            # It has no peers.
            "--cluster.listen-address=",
        ),
        ports={"http": PORT},
        mounts=(
            Mount("/etc/alertmanager", "configuration"),
            Mount("/alertmanager", "data", writable=True),
            *([Mount("/receiver", "receiver")] if spec.webhook_secret else []),
            *(Mount(receivers.directory(each), receivers.volume(each)) for each in spec.receivers),
        ),
        probes={
            "startup": probe(2, 60, http_get("/-/ready", "http")),
            "readiness": probe(5, 3, http_get("/-/ready", "http")),
            "liveness": probe(20, 6, http_get("/-/healthy", "http")),
        },
    )
    volumes = [config_volume("configuration", configuration)]
    if spec.webhook_secret:
        volumes.append(secret_volume("receiver", spec.webhook_secret))
    volumes += [secret_volume(receivers.volume(each), each.secret) for each in spec.receivers]
    return Pod(APP, _USER, [server], volumes=volumes)
