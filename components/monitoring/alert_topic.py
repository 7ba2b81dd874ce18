"""The Amazon SNS topic that alerts are published to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_aws import sns

from components.aws.identity import Statement, policy
from components.aws.keys import customer_key
from components.aws.names import named

if TYPE_CHECKING:
    import pulumi

    from components.aws.place import AwsPlace
    from components.specs.monitoring_stack import SnsTopic

_LONGEST_NAME: Final = 256
_SERVICES: Final = {"Metrics": "aps", "Alarms": "cloudwatch"}
"""AWS' services that publish on the account's behalf."""


class AlertTopic:
    """Encrypted with an own key; open to whom this account's policies allow, and only over TLS."""

    def __init__(self, name: str, spec: SnsTopic, place: AwsPlace, parent: pulumi.Resource) -> None:
        self._place = place
        opts = place.options(parent)
        services = list(_SERVICES.values())
        self._key = customer_key(name, place, purpose="Alerts on their way", services=services, parent=parent)
        topic = sns.Topic(name, name=named("alerts", longest=_LONGEST_NAME), kms_master_key_id=self._key.id, opts=opts)
        self.arn: pulumi.Output[str] = topic.arn
        sns.TopicPolicy(name, arn=topic.arn, policy=policy(self._statements()), opts=opts)
        for address in spec.emails:
            subscription = f"{name}-{address}"
            sns.TopicSubscription(subscription, topic=topic.arn, protocol="email", endpoint=address, opts=opts)

    def rights(self) -> list[Statement]:
        """What a role must allow to publish."""
        encrypting = ["kms:GenerateDataKey", "kms:Decrypt"]
        return [
            {"Sid": "Publish", "Effect": "Allow", "Action": "sns:Publish", "Resource": self.arn},
            {"Sid": "Encrypt", "Effect": "Allow", "Action": encrypting, "Resource": self._key.arn},
        ]

    def _statements(self) -> list[Statement]:
        own = {"StringEquals": {"aws:SourceAccount": self._place.account_id}}
        publishing: list[Statement] = [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": ["sns:Publish", "sns:GetTopicAttributes"],
                "Resource": self.arn,
                "Condition": own,
            }
            for sid, service in _SERVICES.items()
        ]
        tls_only = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": self.arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return [*publishing, tls_only]
