"""Amazon Managed Service for Prometheus: keeps every sample, and says when none arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import yaml
from pulumi_aws import amp

from components.aws.keys import customer_key
from components.aws.log_group import log_group
from components.aws.names import stem
from components.monitoring.prometheus import RemoteWrite

if TYPE_CHECKING:
    from components.aws.identity import Statement
    from components.aws.place import AwsPlace
    from components.monitoring.alert_topic import AlertTopic

_SILENCE_MINUTES: Final = 10


class ManagedPrometheus:
    """A workspace of the stack's own. All alerts but one are judged in the cluster, next to what they are about; that
    one is judged here, since it is about the cluster's silence."""

    def __init__(self, name: str, place: AwsPlace, topic: AlertTopic | None, parent: pulumi.Resource) -> None:
        self._place = place
        key = customer_key(name, place, purpose="Metrics", parent=parent)
        log = log_group(
            f"{name}-log",
            place,
            f"/aws/vendedlogs/prometheus/{stem()}",
            key_arn=place.log_key_arn,
            parent=parent,
        )
        self._workspace = amp.Workspace(
            name,
            alias=stem(),
            kms_key_arn=key.arn,
            logging_configuration={"log_group_arn": pulumi.Output.concat(log.arn, ":*")},
            opts=place.protected(parent),
        )
        if topic is not None:
            self._watch(name, topic, parent)

    def remote_write(self) -> pulumi.Output[RemoteWrite]:
        """Where Prometheus hands samples on to."""
        region = self._place.region
        return self._workspace.prometheus_endpoint.apply(
            lambda address: RemoteWrite(f"{address}api/v1/remote_write", region, stem())
        )

    def query_endpoint(self) -> pulumi.Output[str]:
        """Where samples of any age are asked for, with a signed request."""
        return self._workspace.prometheus_endpoint

    def rights(self) -> list[Statement]:
        """What the role of Prometheus must allow."""
        return [{"Sid": "Write", "Effect": "Allow", "Action": "aps:RemoteWrite", "Resource": self._workspace.arn}]

    def _watch(self, name: str, topic: AlertTopic, parent: pulumi.Resource) -> None:
        opts = self._place.options(parent)
        region = self._place.region
        amp.RuleGroupNamespace(name, name="outside", workspace_id=self._workspace.id, data=silence_rule(), opts=opts)
        amp.AlertManagerDefinition(
            name,
            workspace_id=self._workspace.id,
            definition=topic.arn.apply(lambda arn: _receivers(arn, region)),
            opts=opts,
        )


def silence_rule() -> str:
    """The rule file that watches the cluster's Prometheus from outside."""
    alert = {
        "alert": "NothingArrives",
        "expr": f'absent_over_time(up{{job="prometheus"}}[{_SILENCE_MINUTES}m])',
        "labels": {"severity": "critical", "area": "platform"},
        "annotations": {
            "summary": "The cluster sends no metrics",
            "description": f"For {_SILENCE_MINUTES} minutes nothing came from its Prometheus: it, its way to AWS or "
            "the whole cluster is down, and none of its alerts is judged meanwhile.",
        },
    }
    return yaml.safe_dump({"groups": [{"name": "outside", "rules": [alert]}]}, sort_keys=False)


def _receivers(topic_arn: str, region: str) -> str:
    """The workspace's Alertmanager configuration, which holds another one as text."""
    alertmanager = {
        "route": {"receiver": "people", "group_by": ["alertname"], "repeat_interval": "12h"},
        "receivers": [{"name": "people", "sns_configs": [{"topic_arn": topic_arn, "sigv4": {"region": region}}]}],
    }
    return yaml.safe_dump({"alertmanager_config": yaml.safe_dump(alertmanager, sort_keys=False)})
