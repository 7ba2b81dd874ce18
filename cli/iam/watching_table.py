"""What logs, metrics, alarms, alerts and budgets need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli.iam.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPIC: Final = ("arn:{partition}:sns:{region}:{account}:{name}",)

WATCHING: Final[Mapping[str, Needs]] = {
    "aws:cloudwatch/logGroup:LogGroup": Needs(
        read="logs:DescribeLogGroups",
        named="logs:CreateLogGroup logs:DeleteLogGroup logs:PutRetentionPolicy logs:DeleteRetentionPolicy "
        "logs:AssociateKmsKey logs:DisassociateKmsKey logs:TagResource logs:UntagResource logs:ListTagsForResource",
        arns=(
            "arn:{partition}:logs:{region}:{account}:log-group:{name}",
            "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
        ),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Needs(
        read="cloudwatch:DescribeAlarms",
        named="cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms cloudwatch:EnableAlarmActions "
        "cloudwatch:DisableAlarmActions cloudwatch:TagResource cloudwatch:UntagResource cloudwatch:ListTagsForResource",
        arns=("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",),
    ),
    "aws:sns/topic:Topic": Needs(
        named="sns:CreateTopic sns:DeleteTopic sns:GetTopicAttributes sns:SetTopicAttributes sns:TagResource "
        "sns:UntagResource sns:ListTagsForResource",
        arns=_TOPIC,
    ),
    "aws:sns/topicPolicy:TopicPolicy": Needs(named="sns:GetTopicAttributes sns:SetTopicAttributes"),
    "aws:sns/topicSubscription:TopicSubscription": Needs(
        read="sns:GetSubscriptionAttributes",
        named="sns:Subscribe",
        free="sns:SetSubscriptionAttributes sns:Unsubscribe",
    ),
    "aws:amp/workspace:Workspace": Needs(
        created="aps:CreateWorkspace aps:TagResource",
        tagged="aps:DescribeWorkspace aps:UpdateWorkspaceAlias aps:DeleteWorkspace aps:DescribeWorkspaceConfiguration "
        "aps:UpdateWorkspaceConfiguration aps:CreateLoggingConfiguration aps:DescribeLoggingConfiguration "
        "aps:UpdateLoggingConfiguration aps:DeleteLoggingConfiguration aps:TagResource aps:UntagResource "
        "aps:ListTagsForResource kms:CreateGrant kms:Decrypt kms:GenerateDataKey",
    ),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": Needs(
        named="aps:CreateRuleGroupsNamespace aps:DescribeRuleGroupsNamespace aps:PutRuleGroupsNamespace "
        "aps:DeleteRuleGroupsNamespace",
        arns=("arn:{partition}:aps:{region}:{account}:rulegroupsnamespace/*/{name}",),
    ),
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": Needs(
        tagged="aps:CreateAlertManagerDefinition aps:DescribeAlertManagerDefinition aps:PutAlertManagerDefinition "
        "aps:DeleteAlertManagerDefinition"
    ),
    "aws:budgets/budget:Budget": Needs(
        read="billing:GetBillingViewData",
        named="budgets:ModifyBudget budgets:ViewBudget budgets:TagResource budgets:UntagResource "
        "budgets:ListTagsForResource",
        arns=("arn:{partition}:budgets::{account}:budget/{name}",),
    ),
}
