"""Policies about policies: one that lets everything pass while it cannot answer guards nothing."""

from __future__ import annotations

from typing import Final

from policies.language import ABSENT, UNKNOWN, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._examples import variants

_GROUP: Final = "admissionregistration.k8s.io"
_POLICIES: Final = {
    f"{_GROUP}/ValidatingAdmissionPolicy": "validating policy",
    f"{_GROUP}/MutatingAdmissionPolicy": "mutating policy",
}
_BINDINGS: Final = {
    f"{_GROUP}/ValidatingAdmissionPolicyBinding": "validating binding",
    f"{_GROUP}/MutatingAdmissionPolicyBinding": "mutating binding",
}
_on_failure: Final = resource["spec.failurePolicy"]
_parameters: Final = resource["spec.paramRef"]

FAIL_CLOSED = Rule(
    id="META-01",
    title="Admission policies refuse what they cannot judge, and exceptions from rules end",
    why="A policy that ignores its own failures is switched off by whatever makes it fail; an exception without an end "
    "is a rule that was given up.",
    fix="set failurePolicy Fail (or leave it out) and paramRef.parameterNotFoundAction Deny; give each entry of "
    "policies/exceptions.yaml a reason, an owner, a ticket and an end within 180 days",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        **dict.fromkeys(_POLICIES, _on_failure.exists().implies(_on_failure.equals("Fail"))),
        **dict.fromkeys(_BINDINGS, _parameters.exists().implies(_parameters["parameterNotFoundAction"].equals("Deny"))),
    },
    frameworks={"EU AI Act": ("17",)},
    peers=("Trivy", "PSRule", "Pulumi exceptions (parts of it)"),
    differs="The API server asks no policy about policies, so it is judged before they reach it. Exceptions are judged "
    "where they are read (policies/exceptions.py): one that is wrong, has expired or covers nothing fails the check.",
    good=(
        *(Example(base) for base in (*_POLICIES.values(), *_BINDINGS.values())),
        *(Example(base, {"spec.failurePolicy": ABSENT}) for base in _POLICIES.values()),
        *(Example(base, {"spec.paramRef": ABSENT}) for base in _BINDINGS.values()),
    ),
    bad=(
        *(Example(base, {"spec.failurePolicy": "Ignore"}) for base in _POLICIES.values()),
        *(
            example
            for base in _BINDINGS.values()
            for example in variants(
                base,
                ("spec.paramRef.parameterNotFoundAction", "Allow"),
                ("spec.paramRef.parameterNotFoundAction", ABSENT),
            )
        ),
    ),
    unknown=(
        *(Example(base, {"spec.failurePolicy": UNKNOWN}) for base in _POLICIES.values()),
        *(Example(base, {"spec.paramRef": UNKNOWN}) for base in _BINDINGS.values()),
    ),
)

RULES: Final = (FAIL_CLOSED,)
