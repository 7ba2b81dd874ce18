"""Somebody sees when a model gets worse, can stop it, and a new one is tried on few before it answers all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, may, old, parameter, resource
from policies.rule import Example, Level, Rule
from policies.rules._bases import MODEL
from policies.rules._records import SERVICES, URI
from policies.rules._served import (
    COMPONENT,
    DEPLOYMENT,
    LLM_SERVICE,
    RELEASES,
    RISK,
    SERVICE,
    SYSTEM,
    of_risk,
)

if TYPE_CHECKING:
    from policies.language import Condition

_CRON_JOB: Final = "batch/CronJob"
_ALERTS: Final = "monitoring.coreos.com/PrometheusRule"
_CONFIG: Final = "core/ConfigMap"
_high: Final = of_risk(("high",))
_HIGH: Final = {RISK: "high"}


def _is(component: str) -> Condition:
    """There is a part with the model's system id that says it is that component; of one of the kinds."""
    kinds = (_CRON_JOB,) if component == "model-monitor" else (_ALERTS, _CONFIG)
    return any_of(
        *(
            resource.named_in(kind, SYSTEM, by=(SYSTEM,)).some(lambda part: part[COMPONENT].equals(component))
            for kind in kinds
        )
    )


_OF_SYSTEM: Final = {SYSTEM: "defects"}
_MONITOR: Final = Example("cron job", {**_OF_SYSTEM, COMPONENT: "model-monitor"})
_RULES: Final = Example("alert rules", {**_OF_SYSTEM, COMPONENT: "alert-rules"})
_FILE: Final = Example("config map", {**_OF_SYSTEM, COMPONENT: "alert-rules"})

WATCHED = Rule(
    id="AI-09",
    title="The quality of a high-risk model is measured on schedule, and somebody is told when it drops",
    why="A model does not fail, it gets worse: nothing crashes, and the first to notice is whom it was wrong about.",
    fix="add a CronJob labelled app.kubernetes.io/component: model-monitor and a PrometheusRule (or ConfigMap) "
    "labelled alert-rules, both with the model's mlplatform.dev/system-id",
    level=Level.MANDATORY,
    related=(_CRON_JOB, _ALERTS, _CONFIG),
    conditions={kind: _high.implies(_is("model-monitor") & _is("alert-rules")) for kind in (SERVICE, LLM_SERVICE)},
    frameworks={
        "EU AI Act": ("15", "26(5)"),
        "NIST AI RMF": ("MEASURE 2.4", "MANAGE 4.1"),
        "ISO/IEC 42001": ("A.6.2.6",),
    },
    peers=("Prowler ML-05 (empty)",),
    differs="That they are there, not that they measure the right thing: the evaluation report says what that is.",
    good=(
        *(Example(base) for base in SERVICES),
        *(Example(base, _HIGH, beside=(_MONITOR, _RULES)) for base in SERVICES),
        Example("inference service", _HIGH, beside=(_MONITOR, _FILE)),
    ),
    bad=(
        *(Example(base, _HIGH) for base in SERVICES),
        *(Example(base, _HIGH, beside=(_MONITOR,)) for base in SERVICES),
        *(Example(base, _HIGH, beside=(_RULES, _FILE)) for base in SERVICES),
        Example("inference service", {**_HIGH, SYSTEM: "other"}, beside=(_MONITOR, _RULES)),
        Example("inference service", _HIGH, beside=(_MONITOR, Example("alert rules", {**_OF_SYSTEM, COMPONENT: "a"}))),
        Example("inference service", _HIGH, beside=(_MONITOR, Example("config map", {**_OF_SYSTEM, COMPONENT: "a"}))),
        Example("inference service", _HIGH, beside=(Example("cron job", {**_OF_SYSTEM, COMPONENT: "a"}), _RULES)),
    ),
    unknown=(
        *(Example(base, {RISK: UNKNOWN}) for base in SERVICES),
        Example("inference service", _HIGH, beside=(Example("cron job", {"metadata.labels": UNKNOWN}), _RULES)),
    ),
)

_STOPPED: Final = 'metadata.labels["mlplatform.dev/stopped"]'
_STOPS: Final = 'metadata.annotations["serving.kserve.io/stop"]'
_stopped: Final = resource[_STOPPED].equals("true")
_left_alone: Final = (old[_STOPPED].equals("true") & ~_stopped).implies(may("resume", RELEASES))
_uri, _uri_before = resource[URI], old[URI]


def _has_been_tried(uri: Value) -> Condition:
    """A canary answered with it before this change."""
    return old["spec.canary"].some(lambda tried: tried["predictor.model.storageUri"].equals(uri))


def _starts_small(canary: Value) -> Condition:
    return canary["trafficPercent"].at_most(parameter("canary_percent")) | _has_been_tried(
        canary["predictor.model.storageUri"]
    )


_promoted: Final = any_of(
    ~_uri_before.exists(), _uri.equals(_uri_before), _has_been_tried(_uri), may("roll-back", RELEASES)
)
_NEXT: Final = MODEL.replace("0c", "0d")
_CANARY: Final = {"spec.canary[0]": {"trafficPercent": 20, "predictor": {"model": {"storageUri": _NEXT}}}}
_WIDE: Final = {**_CANARY, "spec.canary[0].trafficPercent": 21}


def _asks(*grants: str) -> dict[str, object]:
    return {"userInfo": {"username": "operator"}, "grants": list(grants)}


_NOBODY: Final = _asks()
_STOP: Final = {_STOPPED: "true", _STOPS: "true"}

CONTROLLED = Rule(
    id="AI-10",
    title="A stop takes a model out of traffic and stays, and a new model answers few before it answers all",
    why="Who is responsible must be able to stop the system; and what no evaluation found shows on the first "
    "thousand requests.",
    fix="with mlplatform.dev/stopped: true, annotate serving.kserve.io/stop: true (of a Deployment: replicas 0); name "
    "a new model in spec.canary with trafficPercent of at most canary_percent (policies/parameters.py) and promote it "
    "from there",
    level=Level.MANDATORY,
    conditions={
        SERVICE: all_of(
            _stopped.implies(resource[_STOPS].equals("true")),
            _left_alone,
            _high.implies(_promoted & resource["spec.canary"].every(_starts_small)),
        ),
        LLM_SERVICE: _stopped.implies(resource[_STOPS].equals("true")) & _left_alone,
        DEPLOYMENT: _stopped.implies(resource["spec.replicas"].equals(0)) & _left_alone,
    },
    frameworks={"EU AI Act": ("14(4)(e)",), "NIST AI RMF": ("MANAGE 2.4",)},
    peers=("none",),
    differs="Everything can be stopped; the canary is asked of high-risk models served by KServe, and only the API "
    f"server knows what was served before. Who may resume, or roll-back, {RELEASES} may do that.",
    good=(
        *(Example(base) for base in (*SERVICES, "deployment")),
        *(Example(base, _STOP) for base in SERVICES),
        Example("deployment", {_STOPPED: "true", "spec.replicas": 0}),
        *(Example(base, {_STOPPED: "false"}, before={_STOPPED: "false"}) for base in (*SERVICES, "deployment")),
        *(Example(base, _STOP, before=_STOP) for base in SERVICES),
        *(Example(base, before=_STOP, request=_asks(f"resume {RELEASES}")) for base in (*SERVICES, "deployment")),
        Example("inference service", _HIGH),
        Example("inference service", _HIGH, before=_HIGH, request=_NOBODY),
        Example("inference service", {**_HIGH, **_CANARY}, before=_HIGH, request=_NOBODY),
        Example("inference service", {**_HIGH, **_WIDE}, before={**_HIGH, **_CANARY}, request=_NOBODY),
        Example("inference service", {**_HIGH, URI: _NEXT}, before={**_HIGH, **_CANARY}, request=_NOBODY),
        Example("inference service", {**_HIGH, URI: _NEXT}, before=_HIGH, request=_asks(f"roll-back {RELEASES}")),
        Example("inference service", {URI: _NEXT, **_WIDE}, before={}, request=_NOBODY),
    ),
    bad=(
        *(Example(base, {_STOPPED: "true"}) for base in (*SERVICES, "deployment")),
        *(Example(base, {_STOPPED: "true", _STOPS: "false"}) for base in SERVICES),
        *(Example(base, before=_STOP, request=_NOBODY) for base in (*SERVICES, "deployment")),
        Example("inference service", {**_HIGH, URI: _NEXT}, before=_HIGH, request=_NOBODY),
        Example(
            "inference service",
            {**_HIGH, URI: _NEXT},
            before={**_HIGH, **_CANARY, "spec.canary[0].predictor.model.storageUri": MODEL},
            request=_NOBODY,
        ),
        Example("inference service", {**_HIGH, **_WIDE}),
        Example(
            "inference service",
            {**_HIGH, **_WIDE},
            before={**_HIGH, **_CANARY, "spec.canary[0].predictor.model.storageUri": MODEL},
            request=_NOBODY,
        ),
        Example("inference service", {**_HIGH, **_WIDE}, before=_HIGH, request=_NOBODY),
        Example("inference service", {**_HIGH, **_CANARY, "spec.canary[1]": {"trafficPercent": 100}}),
        Example("inference service", {**_HIGH, **_CANARY, "spec.canary[0].trafficPercent": ABSENT}),
    ),
    unknown=(
        *(Example(base, {_STOPPED: "true", _STOPS: UNKNOWN}) for base in SERVICES),
        Example("inference service", {**_HIGH, **_CANARY, "spec.canary[0].trafficPercent": UNKNOWN}),
        Example("deployment", {_STOPPED: UNKNOWN}),
    ),
)

RULES: Final = (WATCHED, CONTROLLED)
