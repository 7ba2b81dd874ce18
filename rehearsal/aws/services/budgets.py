"""Budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.account import ACCOUNT_ID
from rehearsal.aws.kind import Call, Kind, Tagging, Update

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

_TYPES = {
    "includeCredit", "includeDiscount", "includeOtherSubscription", "includeRecurring", "includeRefund",
    "includeSubscription", "includeSupport", "includeTax", "includeUpfront", "useAmortized", "useBlended",
}  # fmt: skip


def _budget(work: Work) -> dict[str, Any]:
    given = work.inputs
    budget = {
        "BudgetName": given["name"],
        "BudgetType": given["budgetType"],
        "TimeUnit": given["timeUnit"],
        "CostFilters": {each["name"]: each["values"] for each in given.get("costFilters") or ()} or None,
        "CostTypes": {
            f"{name[:1].upper()}{name[1:]}": value
            for name, value in (given.get("costTypes") or {}).items()
            if name in _TYPES
        }
        or None,
    }
    if given.get("limitAmount"):
        budget["BudgetLimit"] = {"Amount": str(given["limitAmount"]), "Unit": given.get("limitUnit", "USD")}
    return {name: value for name, value in budget.items() if value is not None}


def _notifications(work: Work) -> list[dict[str, Any]]:
    return [
        {
            "Notification": {
                "NotificationType": each["notificationType"],
                "ComparisonOperator": each["comparisonOperator"],
                "Threshold": each["threshold"],
                "ThresholdType": each["thresholdType"],
            },
            "Subscribers": [
                {"SubscriptionType": kind, "Address": address}
                for kind, key in (("EMAIL", "subscriberEmailAddresses"), ("SNS", "subscriberSnsTopicArns"))
                for address in each.get(key) or ()
            ],
        }
        for each in work.inputs.get("notifications") or ()
    ]


def _create(work: Work) -> dict[str, Any]:
    return work.call(
        "budgets",
        "create_budget",
        AccountId=ACCOUNT_ID,
        Budget=_budget(work),
        NotificationsWithSubscribers=_notifications(work),
    )


def _update(work: Work) -> None:
    work.call("budgets", "update_budget", AccountId=ACCOUNT_ID, NewBudget=_budget(work))


BUDGET = Kind(
    "aws:budgets/budget:Budget",
    create=_create,
    read=Call("budgets", "describe_budget", {"AccountId": ACCOUNT_ID, "BudgetName": "{name}"}, answer="Budget"),
    delete=Call("budgets", "delete_budget", {"AccountId": ACCOUNT_ID, "BudgetName": "{name}"}),
    id="{account}:{name}",
    updates=(
        Update(
            ("budgetType", "timeUnit", "limitAmount", "limitUnit", "costFilters", "costTypes", "notifications"), _update
        ),
    ),
    replace=("name", "namePrefix", "accountId"),
    forms={"arn": "arn:{partition}:budgets::{account}:budget/{name}", "accountId": "{account}"},
    name="name",
    name_length=100,
    tagging=Tagging("budgets", "tag_resource", "untag_resource", {"ResourceARN": "{arn}"}),
    regional=False,
)

KINDS = (BUDGET,)
