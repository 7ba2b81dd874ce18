"""Examples of everything around: logs, alarms, events, messages, parameters, Prometheus, images, budgets."""

from __future__ import annotations

import json

from tests.aws.examples._example import ACCOUNT, TAGS, Example, policy


def _expiry(images: int) -> str:
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": images}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


SERVICES = [
    Example(
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/test/logs-#", "retentionInDays": 365, "kmsKeyId": "$key.arn", "tags": TAGS},
        {"retentionInDays": 400},
        {"name": "/test/other"},
    ),
    Example(
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "rule-#", "eventPattern": '{"source": ["aws.health"]}', "tags": TAGS},
        {"description": "changed"},
        {"name": "other"},
    ),
    Example(
        "aws:cloudwatch/eventTarget:EventTarget",
        {"rule": "$rule", "arn": "$queue.arn", "targetId": "target-#"},
        {"input": '{"a": 1}'},
        {"targetId": "other"},
    ),
    Example(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "name": "alarm-#",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBClusterIdentifier": "$database"},
            "alarmActions": ["$topic"],
            "tags": TAGS,
        },
        {"threshold": 90},
        {"name": "other"},
    ),
    Example(
        "aws:sqs/queue:Queue",
        {
            "name": "queue-#",
            "messageRetentionSeconds": 300,
            "sqsManagedSseEnabled": True,
            "policy": policy("sqs:SendMessage", principal={"Service": "events.amazonaws.com"}),
            "tags": TAGS,
        },
        {"messageRetentionSeconds": 600},
        {"name": "other"},
    ),
    Example(
        "aws:sqs/queuePolicy:QueuePolicy",
        {"queueUrl": "$queue", "policy": policy("sqs:SendMessage", principal=ACCOUNT)},
        {"policy": policy("sqs:*", principal=ACCOUNT)},
    ),
    Example(
        "aws:sns/topic:Topic",
        {"name": "topic-#", "kmsMasterKeyId": "$key", "tags": TAGS},
        {"displayName": "changed"},
        {"name": "other"},
    ),
    Example(
        "aws:sns/topicPolicy:TopicPolicy",
        {"arn": "$topic", "policy": policy("sns:Publish", principal={"Service": "aps.amazonaws.com"})},
        {"policy": policy("sns:Publish", principal={"Service": "budgets.amazonaws.com"})},
        stays=True,
    ),
    Example(
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": "$topic", "protocol": "email", "endpoint": "platform-#@example.org"},
        {"filterPolicy": '{"severity": ["critical"]}'},
        {"protocol": "email-json"},
    ),
    Example(
        "aws:ssm/activation:Activation",
        {"iamRole": "$role", "registrationLimit": 10, "description": "machines", "tags": TAGS},
        replaces={"registrationLimit": 20},
        recorded=True,
    ),
    Example(
        "aws:ssm/parameter:Parameter",
        {"name": "/test/parameter-#", "type": "SecureString", "value": "s3cr3t", "tags": TAGS},
        {"value": "other"},
        {"name": "/test/other"},
    ),
    Example(
        "aws:rolesanywhere/trustAnchor:TrustAnchor",
        {
            "name": "anchor-#",
            "enabled": True,
            "source": {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": "PEM"}},
            "tags": TAGS,
        },
        {"enabled": False},
        recorded=True,
    ),
    Example(
        "aws:rolesanywhere/profile:Profile",
        {"name": "profile-#", "roleArns": ["$role.arn"], "enabled": True, "tags": TAGS},
        {"durationSeconds": 3600},
        {"requireInstanceProperties": True},
        recorded=True,
    ),
    Example(
        "aws:amp/workspace:Workspace",
        {"alias": "workspace-#", "loggingConfiguration": {"logGroupArn": "$log-group.arn"}, "tags": TAGS},
        {"alias": "changed"},
        {"kmsKeyArn": "$key.arn"},
    ),
    Example(
        "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
        {"workspaceId": "$workspace", "name": "rules-#", "data": "groups: []\n"},
        {"data": "groups:\n- name: a\n  rules: []\n"},
        {"name": "other"},
    ),
    Example(
        "aws:amp/alertManagerDefinition:AlertManagerDefinition",
        {"workspaceId": "$workspace", "definition": "alertmanager_config: |\n  route: {}\n"},
        {"definition": "alertmanager_config: |\n  route: {receiver: a}\n"},
        recorded=True,
    ),
    Example(
        "aws:ecr/repository:Repository",
        {
            "name": "images-#",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "$key.arn"}],
            "forceDelete": True,
            "tags": TAGS,
        },
        {"imageTagMutability": "MUTABLE"},
        {"name": "other"},
    ),
    Example(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        {"repository": "$repository", "policy": _expiry(9)},
        {"policy": _expiry(5)},
    ),
    Example(
        "aws:budgets/budget:Budget",
        {
            "name": "budget-#",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "1000",
            "limitUnit": "USD",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:team$vision"]}],
            "notifications": [
                {
                    "comparisonOperator": "GREATER_THAN",
                    "notificationType": "FORECASTED",
                    "threshold": 100,
                    "thresholdType": "PERCENTAGE",
                    "subscriberSnsTopicArns": ["$topic"],
                }
            ],
            "tags": TAGS,
        },
        {"limitAmount": "2000"},
        {"name": "other"},
        gaps=("tags",),
    ),
]
