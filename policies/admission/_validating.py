"""Rules that are asked together, as one ValidatingAdmissionPolicy with its binding."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from policies.admission._expressions import expression
from policies.admission._kinds import kinds, resource_rules
from policies.admission._matching import NOT_OF_THE_CLUSTER, match_conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.admission._groups import Asked, Group
    from policies.exceptions import PolicyException
    from policies.parameters import Parameters
    from policies.rule import Rule

Manifest = dict[str, Any]

API_VERSION: Final = "admissionregistration.k8s.io/v1"
STAGES: Final = ("audit", "warn", "deny")
_LABELS: Final = {"app.kubernetes.io/part-of": "mlplatform"}
_ACTIONS: Final = {"audit": ["Audit"], "warn": ["Warn", "Audit"], "deny": ["Deny", "Audit"]}


def metadata(name: str, rules: Sequence[Rule]) -> Manifest:
    """What every object made of these rules says of itself: which they are, and why each is there."""
    whys = {f"why.mlplatform.dev/{rule.id.lower()}": rule.why for rule in rules}
    said = {"mlplatform.dev/rules": " ".join(rule.id for rule in rules), **whys}
    return {"name": name, "labels": _LABELS, "annotations": said}


def message(rule: Rule) -> str:
    """What somebody is told whose request the rule stops."""
    return f"{rule.id}: {rule.sentence}"


def validating_policy(group: Group, parameters: Parameters, exceptions: Sequence[PolicyException]) -> Manifest:
    """The policy; raises NotInCelError for a rule on more than one object.

    For each policy that is about an object the API server converts the object anew, and again for each list of
    expressions in the policy; it evaluates all match conditions, whatever the first of them says. So that all rules
    are kept is one match condition: what keeps them, as nearly everything does, is converted and judged once. What
    does not comes to the validations, which say by rule what is wrong. Where a rule cannot be evaluated, the binding
    says what happens, here and there.

    Parameters are written in. An object of parameters could be changed without review, can be missing, and holds texts
    only.
    """
    kept = [_kept(asked, group, parameters, exceptions) for asked in group.asked]
    broken = f"!({' && '.join(f'({text})' for text in kept)})"
    spec = {
        # Where a policy cannot be evaluated, nothing is admitted.
        "failurePolicy": "Fail",
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": resource_rules(group.types)},
        "matchConditions": [NOT_OF_THE_CLUSTER, {"name": "broken", "expression": broken}],
        **(_by_rule(group.rules, kept) if len(kept) > 1 else _of_one(*group.rules)),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(group.name, group.rules),
        "spec": spec,
    }


def _kept(asked: Asked, group: Group, parameters: Parameters, exceptions: Sequence[PolicyException]) -> str:
    """That the object keeps the rule, or is none that the rule is asked about: first what is told most quickly."""
    of_kind = f"object.kind in {json.dumps(kinds(asked.conditions))}"
    new, *others = match_conditions(asked.rule, asked.conditions, parameters, exceptions)
    ways = [
        *([f"!({of_kind})"] if len(asked.conditions) < len(group.types) else []),
        f"!({new['expression']})",
        f"({expression(asked.conditions, asdict(parameters))})",
        *(f"!({each['expression']})" for each in others),
    ]
    return " || ".join(ways)


def _by_rule(rules: Sequence[Rule], kept: Sequence[str]) -> Manifest:
    """What is said of an object that breaks some of these: a rule that cannot be evaluated is named by its variable."""
    names = [rule.id.lower().replace("-", "_") for rule in rules]
    return {
        "variables": [{"name": name, "expression": text} for name, text in zip(names, kept, strict=True)],
        "validations": [
            {"expression": f"variables.{name}", "message": message(rule), "reason": "Forbidden"}
            for name, rule in zip(names, rules, strict=True)
        ],
        # The server's own record of failures has room for one.
        "auditAnnotations": [
            {"key": rule.id.lower(), "valueExpression": f"variables.{name} ? '' : {json.dumps(message(rule))}"}
            for name, rule in zip(names, rules, strict=True)
        ],
    }


def _of_one(rule: Rule) -> Manifest:
    """What is said of an object that breaks the only rule: nothing is evaluated that could fail, since an error in an
    audit annotation refuses the object at every stage of a roll-out."""
    return {
        "validations": [{"expression": "false", "message": message(rule), "reason": "Forbidden"}],
        "auditAnnotations": [{"key": rule.id.lower(), "valueExpression": json.dumps(message(rule))}],
    }


def validating_binding(group: Group, stage: str, left_alone: Sequence[str]) -> Manifest:
    """What happens where a rule does not hold, and where they are asked: in every namespace but those left alone."""
    if group.advisory and stage == "deny":
        stage = "warn"
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(group.name, group.rules),
        "spec": {
            "policyName": group.name,
            "validationActions": _ACTIONS[stage],
            "matchResources": matched_namespaces(left_alone),
        },
    }


def matched_namespaces(left_alone: Sequence[str]) -> Manifest:
    """Every namespace but these; objects of no namespace always match."""
    selected = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(left_alone)}
    return {"namespaceSelector": {"matchExpressions": [selected]} if left_alone else {}}
