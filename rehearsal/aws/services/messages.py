"""Queues and topics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rehearsal.aws.account import ACCOUNT_ID
from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

_QUEUE_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _attributes(work: Work, names: dict[str, str]) -> dict[str, str]:
    return {
        attribute: str(value).lower() if isinstance(value, bool) else str(value)
        for name, attribute in names.items()
        if (value := work.inputs.get(name)) is not None
    }


def _set_queue(work: Work) -> None:
    changeable = {name: attribute for name, attribute in _QUEUE_ATTRIBUTES.items() if name != "fifoQueue"}
    work.call("sqs", "set_queue_attributes", QueueUrl=work.id, Attributes=_attributes(work, changeable))


def _read_queue(work: Work) -> dict[str, Any]:
    answer: dict[str, Any] = work.call("sqs", "get_queue_attributes", QueueUrl=work.id, AttributeNames=["All"])
    return answer["Attributes"]  # type: ignore[no-any-return]


QUEUE = Kind(
    "aws:sqs/queue:Queue",
    create=Call("sqs", "create_queue", inputs=True),
    read=_read_queue,
    delete=Call("sqs", "delete_queue", {"QueueUrl": "{id}"}),
    id="{url}",
    updates=(Update(tuple(name for name in _QUEUE_ATTRIBUTES if name != "fifoQueue"), _set_queue),),
    names={"name": "QueueName", **{name: f"Attributes.{attribute}" for name, attribute in _QUEUE_ATTRIBUTES.items()}},
    replace=("name", "namePrefix", "fifoQueue"),
    outputs={"arn": "QueueArn"},
    forms={"url": "https://sqs.{region}.amazonaws.com/{account}/{name}"},
    name="name",
    name_length=80,
    tagging=Tagging("sqs", "tag_queue", "untag_queue", {"QueueUrl": "{id}"}),
    local=("namePrefix",),
    references={"kmsMasterKeyId": "key"},
    checks=(policy("policy", attached=True),),
)

QUEUE_POLICY = Kind(
    "aws:sqs/queuePolicy:QueuePolicy",
    create=Call("sqs", "set_queue_attributes", {"QueueUrl": "{queueUrl}", "Attributes": {"Policy": "{policy}"}}),
    read=Call(
        "sqs", "get_queue_attributes", {"QueueUrl": "{queueUrl}", "AttributeNames": ["Policy"]}, answer="Attributes"
    ),
    delete=Call("sqs", "set_queue_attributes", {"QueueUrl": "{queueUrl}", "Attributes": {"Policy": ""}}),
    id="{queueUrl}",
    put=True,
    replace=("queueUrl",),
    checks=(policy("policy", attached=True),),
)

_TOPIC_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}


def _set_topic(work: Work) -> None:
    changeable = {name: attribute for name, attribute in _TOPIC_ATTRIBUTES.items() if name != "fifoTopic"}
    for attribute, value in _attributes(work, changeable).items():
        work.call("sns", "set_topic_attributes", TopicArn=work.id, AttributeName=attribute, AttributeValue=value)


def _read_topic(work: Work) -> dict[str, Any]:
    answer: dict[str, Any] = work.call("sns", "get_topic_attributes", TopicArn=work.id)["Attributes"]
    return answer


TOPIC = Kind(
    "aws:sns/topic:Topic",
    create=Call("sns", "create_topic", inputs=True),
    read=_read_topic,
    delete=Call("sns", "delete_topic", {"TopicArn": "{id}"}),
    id="@TopicArn",
    updates=(Update(tuple(name for name in _TOPIC_ATTRIBUTES if name != "fifoTopic"), _set_topic),),
    names=dict({name: f"Attributes.{attribute}" for name, attribute in _TOPIC_ATTRIBUTES.items()}, name="Name"),
    replace=("name", "namePrefix", "fifoTopic"),
    outputs={"arn": "TopicArn", "owner": "Owner"},
    name="name",
    name_length=256,
    tagging=Tagging("sns", "tag_resource", "untag_resource", {"ResourceArn": "{id}"}),
    local=("namePrefix",),
    references={"kmsMasterKeyId": "key"},
    checks=(policy("policy", attached=True),),
)


def _put_topic_policy(work: Work) -> dict[str, Any]:
    given = work.inputs
    return work.call(
        "sns",
        "set_topic_attributes",
        TopicArn=given["arn"],
        AttributeName="Policy",
        AttributeValue=given["policy"],
    )


def _forget_topic_policy(work: Work) -> None:
    """A topic is never without a policy: AWS' own takes its place."""
    arn = work.values()["arn"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Publish", "SNS:Subscribe"],
        "Resource": arn,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    work.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=document)


TOPIC_POLICY = Kind(
    "aws:sns/topicPolicy:TopicPolicy",
    create=_put_topic_policy,
    read=Call("sns", "get_topic_attributes", {"TopicArn": "{arn}"}, answer="Attributes"),
    delete=_forget_topic_policy,
    id="{arn}",
    put=True,
    replace=("arn",),
    outputs={"owner": "Owner"},
    checks=(policy("policy", attached=True),),
)

_SUBSCRIPTION_ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
}


def _set_subscription(work: Work) -> None:
    for attribute, value in _attributes(work, _SUBSCRIPTION_ATTRIBUTES).items():
        work.call(
            "sns",
            "set_subscription_attributes",
            SubscriptionArn=work.id,
            AttributeName=attribute,
            AttributeValue=value,
        )


SUBSCRIPTION = Kind(
    "aws:sns/topicSubscription:TopicSubscription",
    create=Call("sns", "subscribe", {"ReturnSubscriptionArn": True}, inputs=True),
    read=Call("sns", "get_subscription_attributes", {"SubscriptionArn": "{id}"}, answer="Attributes"),
    delete=Call("sns", "unsubscribe", {"SubscriptionArn": "{id}"}),
    id="@SubscriptionArn",
    updates=(Update(tuple(_SUBSCRIPTION_ATTRIBUTES), _set_subscription),),
    names={
        "topic": "TopicArn",
        **{name: f"Attributes.{attribute}" for name, attribute in _SUBSCRIPTION_ATTRIBUTES.items()},
    },
    replace=("topic", "protocol", "endpoint"),
    outputs={
        "arn": "SubscriptionArn",
        "ownerId": "Owner",
        "pendingConfirmation": "PendingConfirmation == 'true'",
        "confirmationWasAuthenticated": "ConfirmationWasAuthenticated == 'true'",
    },
    local=("confirmationTimeoutInMinutes", "endpointAutoConfirms"),
)

KINDS = (QUEUE, QUEUE_POLICY, TOPIC, TOPIC_POLICY, SUBSCRIPTION)
