"""What is on record of a served model: its card and its evaluation, both about this very model."""

from __future__ import annotations

from typing import Final

from policies.language import ABSENT, UNKNOWN, all_of, now, parameter, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules._bases import DIGEST, LONG_AGO, NOT_YET
from policies.rules._records import SERVICES, URI, about_another, about_it, without
from policies.rules._served import RISK, annotation, names_the_model, of_risk, wherever_served

_SHA256: Final = "^sha256:[0-9a-f]{64}$"
_HIGH: Final = {RISK: "high"}
_high: Final = of_risk(("high",))

_CARD, _CARD_SUBJECT = annotation("model-card"), annotation("model-card-subject")
_OWN_CARD: Final = ("high", {_CARD: DIGEST}, _CARD_SUBJECT)
_carded: Final = resource[_CARD].matches(_SHA256)

CARDED = Rule(
    id="AI-05",
    title="A high-risk model has a model card, and the card is about this very model",
    why="Who uses the model must know what it can do and where it fails; a card of last year's model says neither.",
    fix="annotate mlplatform.dev/model-card with the card's digest and mlplatform.dev/model-card-subject with the "
    "model's",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions=wherever_served(
        {kind: _high.implies(_carded & named) for kind, named in names_the_model(_CARD_SUBJECT).items()}
    ),
    frameworks={"EU AI Act": ("11", "13"), "ISO/IEC 42001": ("A.6.2.7",)},
    peers=("odg (a stub)",),
    differs="Whether the card keeps to a schema is not asked: only its digest is there. A digest proves which card it "
    "is, not that what it says is true.",
    good=(
        *about_it(*_OWN_CARD),
        *(Example(base, {_CARD: ABSENT}) for base in SERVICES),
        Example("deployment"),
    ),
    bad=(*about_another(*_OWN_CARD), *without(*_OWN_CARD, (_CARD, ABSENT), (_CARD, "card.md"))),
    unknown=(
        Example("inference service", {**_HIGH, URI: UNKNOWN}),
        Example("llm inference service", {RISK: UNKNOWN, _CARD: ABSENT}),
    ),
)

_REPORT, _EVALUATED = annotation("evaluation"), annotation("evaluation-subject")
_RESULT, _AT = annotation("evaluation-result"), annotation("evaluated-at")
_OWN_REPORT: Final = ("high", {_REPORT: DIGEST, _RESULT: "passed", _AT: NOT_YET}, _EVALUATED)
_passed: Final = (
    resource[_REPORT].matches(_SHA256),
    resource[_RESULT].equals("passed"),
    resource[_AT].is_later_than(now, days=parameter("evaluation_age_days")),
)

EVALUATED = Rule(
    id="AI-07",
    title="A high-risk model has passed its evaluation, not too long ago, and the report is about this very model",
    why="A model that was good when it was made meets other data a year later, and nobody notices by looking at it.",
    fix="annotate mlplatform.dev/evaluation (the report's digest), evaluation-subject (the model's digest), "
    "evaluation-result: passed and evaluated-at; evaluate again within evaluation_age_days (policies/parameters.py)",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions=wherever_served(
        {kind: _high.implies(all_of(*_passed, named)) for kind, named in names_the_model(_EVALUATED).items()}
    ),
    frameworks={
        "EU AI Act": ("9", "15"),
        "NIST AI RMF": ("MEASURE 2.1", "MEASURE 2.3", "MEASURE 2.5"),
        "ISO/IEC 42001": ("A.6.2.4",),
    },
    peers=("none",),
    differs="Thresholds are the evaluation's own; here it counts that it says passed. The API server has no clock: "
    "there it counts how old the evaluation was when the service was created.",
    good=(
        *about_it(*_OWN_REPORT),
        *(Example(base, {_RESULT: "failed"}) for base in SERVICES),
        Example("inference service", {**_HIGH, _AT: LONG_AGO}, parameters={"evaluation_age_days": 100_000}),
        Example("deployment"),
    ),
    bad=(
        *about_another(*_OWN_REPORT),
        *without(
            *_OWN_REPORT,
            (_REPORT, ABSENT),
            (_REPORT, "report.html"),
            (_RESULT, ABSENT),
            (_RESULT, "failed"),
            (_AT, ABSENT),
            (_AT, LONG_AGO),
            (_AT, "yesterday"),
        ),
    ),
    unknown=(
        Example("inference service", {**_HIGH, _AT: UNKNOWN}),
        Example("llm inference service", {**_HIGH, _EVALUATED: UNKNOWN}),
    ),
)

RULES: Final = (CARDED, EVALUATED)
