"""Log groups, event rules and alarms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Problem, Tagging, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days that CloudWatch Logs can keep (API reference, PutRetentionPolicy); the model has them in its words only."""


def _check_retention(inputs: Mapping[str, Any]) -> list[Problem]:
    days = inputs.get("retentionInDays")
    if not isinstance(days, int) or days in (0, *_RETENTIONS):
        return []
    return [Problem("retentionInDays", f"InvalidParameterException: retentionInDays {days}, allowed: {_RETENTIONS}")]


def _retain(work: Work) -> None:
    days = work.inputs.get("retentionInDays")
    if days:
        work.call("logs", "put_retention_policy", logGroupName=work.id, retentionInDays=days)
    else:
        work.call("logs", "delete_retention_policy", logGroupName=work.id)


def _encrypt(work: Work) -> None:
    key = work.inputs.get("kmsKeyId")
    if key:
        work.call("logs", "associate_kms_key", logGroupName=work.id, kmsKeyId=key)
    else:
        work.call("logs", "disassociate_kms_key", logGroupName=work.id)


def _find_group(work: Work) -> dict[str, Any] | None:
    found = work.call("logs", "describe_log_groups", logGroupNamePrefix=work.id)["logGroups"]
    return next((each for each in found if each["logGroupName"] == work.id), None)


LOG_GROUP = Kind(
    "aws:cloudwatch/logGroup:LogGroup",
    create=Call("logs", "create_log_group", inputs=True),
    read=_find_group,
    described=Call("logs", "describe_log_groups", answer="logGroups[0]"),
    delete=Call("logs", "delete_log_group", {"logGroupName": "{id}"}),
    id="{name}",
    updates=(
        Update(("retentionInDays",), _retain, at_create=True),
        Update(("kmsKeyId",), _encrypt),
    ),
    names={"name": "logGroupName"},
    replace=("name", "namePrefix", "logGroupClass"),
    forms={"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}"},
    name="name",
    name_length=512,
    tagging=Tagging("logs", "tag_resource", "untag_resource", {"resourceArn": "{arn}"}),
    local=("namePrefix", "skipDestroy", "retentionInDays"),
    references={"kmsKeyId": "key"},
    checks=(_check_retention,),
)


def _check_pattern(inputs: Mapping[str, Any]) -> list[Problem]:
    pattern = inputs.get("eventPattern")
    if not isinstance(pattern, str):
        return []
    try:
        fine = isinstance(json.loads(pattern), dict)
    except ValueError:
        fine = False
    reason = "InvalidEventPatternException: Event pattern is not valid. Reason: it is not a JSON object"
    return [] if fine else [Problem("eventPattern", reason)]


EVENT_RULE = Kind(
    "aws:cloudwatch/eventRule:EventRule",
    create=Call("events", "put_rule", inputs=True),
    read=Call("events", "describe_rule", {"Name": "{id}", "EventBusName": "{eventBusName}"}),
    delete=Call("events", "delete_rule", {"Name": "{id}", "EventBusName": "{eventBusName}", "Force": "{forceDestroy}"}),
    id="{name}",
    put=True,
    replace=("name", "namePrefix", "eventBusName"),
    outputs={"arn": "Arn"},
    name="name",
    name_length=64,
    tagging=Tagging("events", "tag_resource", "untag_resource", {"ResourceARN": "{arn}"}),
    local=("namePrefix", "forceDestroy", "isEnabled"),
    references={"roleArn": "role"},
    checks=(_check_pattern,),
)


def _put_target(work: Work) -> dict[str, Any]:
    given = work.inputs
    work.made["target"] = str(given.get("targetId") or work.state.get("targetId") or f"terraform-{work.made['uuid']}")
    target = {
        "Id": work.made["target"],
        "Arn": given["arn"],
        "RoleArn": given.get("roleArn"),
        "Input": given.get("input"),
        "InputPath": given.get("inputPath"),
        "DeadLetterConfig": {"Arn": letters["arn"]} if (letters := given.get("deadLetterConfig")) else None,
        "SqsParameters": {"MessageGroupId": queue["messageGroupId"]} if (queue := given.get("sqsTarget")) else None,
    }
    return work.call(
        "events",
        "put_targets",
        Rule=given["rule"],
        Targets=[{name: value for name, value in target.items() if value is not None}],
        **({"EventBusName": given["eventBusName"]} if given.get("eventBusName") else {}),
    )


def _find_target(work: Work) -> dict[str, Any] | None:
    known = work.values()
    bus = {"EventBusName": known["eventBusName"]} if known.get("eventBusName") else {}
    wanted = known.get("targetId") or work.made.get("target")
    targets = work.call("events", "list_targets_by_rule", Rule=known["rule"], **bus)["Targets"]
    return next((each for each in targets if each["Id"] == wanted), None)


EVENT_TARGET = Kind(
    "aws:cloudwatch/eventTarget:EventTarget",
    create=_put_target,
    read=_find_target,
    delete=Call(
        "events", "remove_targets", {"Rule": "{rule}", "EventBusName": "{eventBusName}", "Ids": ["{targetId}"]}
    ),
    id="{rule}-{target}",
    put=True,
    replace=("rule", "eventBusName", "targetId"),
    outputs={"targetId": "Id"},
)

ALARM = Kind(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    create=Call("cloudwatch", "put_metric_alarm", inputs=True),
    read=Call("cloudwatch", "describe_alarms", {"AlarmNames": ["{id}"]}, answer="MetricAlarms[0]"),
    delete=Call("cloudwatch", "delete_alarms", {"AlarmNames": ["{id}"]}),
    id="{name}",
    put=True,
    names={
        "name": "AlarmName",
        "metricQueries": "Metrics",
        "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
        "dimensions": "Dimensions",
    },
    replace=("name",),
    outputs={"arn": "AlarmArn"},
    name="name",
    tagging=Tagging("cloudwatch", "tag_resource", "untag_resource", {"ResourceARN": "{arn}"}),
)

KINDS = (LOG_GROUP, EVENT_RULE, EVENT_TARGET, ALARM)
