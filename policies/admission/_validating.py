"""A rule as a ValidatingAdmissionPolicy with its binding."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from policies.admission._expressions import expression
from policies.admission._kinds import resource_rules
from policies.admission._matching import match_conditions
from policies.rule import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from policies.exceptions import PolicyException
    from policies.language import Condition
    from policies.parameters import Parameters
    from policies.rule import Rule

Manifest = dict[str, Any]

API_VERSION: Final = "admissionregistration.k8s.io/v1"
STAGES: Final = ("audit", "warn", "deny")
_LABELS: Final = {"app.kubernetes.io/part-of": "mlplatform"}
_ACTIONS: Final = {"audit": ["Audit"], "warn": ["Warn", "Audit"], "deny": ["Deny", "Audit"]}


def name_of(rule: Rule) -> str:
    """What the rule's objects in the cluster are called."""
    return f"mlplatform-{rule.id.lower()}"


def metadata(name: str, rule: Rule) -> Manifest:
    """What every object made of the rule says of itself."""
    said = {"mlplatform.dev/rule": rule.id, "mlplatform.dev/why": rule.why}
    return {"name": name, "labels": _LABELS, "annotations": said}


def message(rule: Rule) -> str:
    """What somebody is told whose request the rule stops."""
    return f"{rule.id}: {rule.sentence}"


def validating_policy(
    rule: Rule, conditions: Mapping[str, Condition], parameters: Parameters, exceptions: Iterable[PolicyException]
) -> Manifest:
    """The policy; raises NotInCelError for a rule on more than one object.

    That the rule does not hold is the last of the match conditions, so an object comes to the validation only to fail
    it. So a rule is evaluated once, also for the audit log; and one that cannot be evaluated does what the binding
    says, while an error in an audit annotation would refuse the object at every stage of a roll-out.

    Parameters are written in. An object of parameters could be changed without review, can be missing, and holds texts
    only.
    """
    broken = f"!({expression(conditions, asdict(parameters))})"
    asked = [*match_conditions(rule, conditions, parameters, exceptions), {"name": "broken", "expression": broken}]
    spec = {
        # Where a policy cannot be evaluated, nothing is admitted.
        "failurePolicy": "Fail",
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": resource_rules(conditions)},
        "matchConditions": asked,
        "validations": [{"expression": "false", "message": message(rule), "reason": "Forbidden"}],
        # The server's own record of failures has room for one policy's.
        "auditAnnotations": [{"key": "finding", "valueExpression": json.dumps(message(rule))}],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(name_of(rule), rule),
        "spec": spec,
    }


def validating_binding(rule: Rule, stage: str, left_alone: Sequence[str]) -> Manifest:
    """What happens where the rule does not hold, and where it is asked: in every namespace but those left alone."""
    if rule.level is Level.ADVISORY and stage == "deny":
        stage = "warn"
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(name_of(rule), rule),
        "spec": {
            "policyName": name_of(rule),
            "validationActions": _ACTIONS[stage],
            "matchResources": matched_namespaces(left_alone),
        },
    }


def matched_namespaces(left_alone: Sequence[str]) -> Manifest:
    """Every namespace but these; objects of no namespace always match."""
    selected = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(left_alone)}
    return {"namespaceSelector": {"matchExpressions": [selected]} if left_alone else {}}
