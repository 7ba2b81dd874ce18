"""What happens around a model that is served: its files are verified, its answers recorded, its quality watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, parameter, resource
from policies.rule import Example, Level, Rule
from policies.rules._records import SERVICES, server
from policies.rules._served import (
    COMPONENT,
    DEPLOYMENT,
    LLM_SERVICE,
    RISK,
    SERVICE,
    of_risk,
    wherever_served,
)
from policies.rules.buckets import BUCKET, NAMES

if TYPE_CHECKING:
    from policies.language import Condition

_VERIFIER: Final = 'metadata.labels["validation.ml.sigstore.dev/ml"]'
_OF_SERVICE: Final = 'metadata.labels["serving.kserve.io/inferenceservice"]'
_IN_TEMPLATE: Final = f"spec.template.{_VERIFIER}"
_CLASSES: Final = ("minimal", "limited", "high")
_POD: Final = "core/Pod"
_governed: Final = of_risk(parameter("governed_risk_classes"))


def _verified(path: str) -> Condition:
    return _governed.implies(resource[path].matches("."))


_POD_OF_MODEL: Final = {_OF_SERVICE: "defects", RISK: "high", _VERIFIER: "defects"}

VERIFIED = Rule(
    id="AI-04",
    title="The files of a model that is limited or high risk are verified before it answers",
    why="What was approved is a digest; that the files on the disk are those of the digest, somebody must look.",
    fix="label it validation.ml.sigstore.dev/ml with the name of a ModelValidation (of a Deployment: its pods); the "
    "operator's container then checks the signature before the server starts",
    level=Level.MANDATORY,
    conditions={
        **wherever_served(
            {SERVICE: _verified(_VERIFIER), LLM_SERVICE: _verified(_VERIFIER), DEPLOYMENT: _verified(_IN_TEMPLATE)}
        ),
        _POD: resource[_OF_SERVICE].exists().implies(of_risk(_CLASSES) & _verified(_VERIFIER)),
    },
    frameworks={"EU AI Act": ("15",), "Kubernetes AI conformance": ("#19",)},
    peers=("sigstore model-validation-operator",),
    differs="That the verifier is configured, not that the signature is right: that is the verifier's to say. Asked of "
    "the risk classes that the stack's parameters name (governed_risk_classes).",
    good=(
        *(Example(base) for base in SERVICES),
        *(Example(base, {RISK: "minimal", _VERIFIER: ABSENT}) for base in SERVICES),
        Example("deployment", {RISK: "high"}),
        Example("deployment", {RISK: "high", COMPONENT: "database"}),
        Example("deployment", server({_IN_TEMPLATE: "defects"}, "high")),
        Example("deployment", server({}, "minimal")),
        Example("pod"),
        Example("pod", {RISK: "high"}),
        *(Example("pod", {**_POD_OF_MODEL, RISK: risk}) for risk in ("limited", "high")),
        Example("pod", {**_POD_OF_MODEL, RISK: "minimal", _VERIFIER: ABSENT}),
    ),
    bad=(
        *(Example(base, {_VERIFIER: value}) for base in SERVICES for value in (ABSENT, "")),
        Example("inference service", {RISK: "high", _VERIFIER: ABSENT}),
        Example("deployment", server({}, "high")),
        Example("deployment", server({_IN_TEMPLATE: ""}, "high")),
        *(Example("pod", {**_POD_OF_MODEL, path: ABSENT}) for path in (RISK, _VERIFIER)),
        Example("pod", {**_POD_OF_MODEL, RISK: "unknown"}),
    ),
    unknown=(
        *(Example(base, {_VERIFIER: UNKNOWN}) for base in SERVICES),
        Example("pod", {**_POD_OF_MODEL, _VERIFIER: UNKNOWN}),
    ),
)

_LOGGER: Final = "spec.predictor.logger"
_SINK: Final = f"{_LOGGER}.storage.parameters.bucket"
_HIGH: Final = {RISK: "high"}
_LOGGED: Final = {**_HIGH, _LOGGER: {"mode": "all", "storage": {"parameters": {"bucket": "evidence"}}}}
_high: Final = of_risk(("high",))


def _logs_all(predictor: Value) -> Condition:
    logger = predictor["logger"]
    return ~predictor.exists() | (logger["mode"].equals("all") & logger["storage.parameters.bucket"].matches("."))


LOGGED = Rule(
    id="AI-08",
    title="Every question to a high-risk model and every answer of it is written to a bucket",
    why="What a model said to whom is the one thing that nobody can find out afterwards.",
    fix="set logger.mode all and logger.storage.parameters.bucket for each predictor, the canary's too",
    level=Level.MANDATORY,
    conditions={
        SERVICE: _high.implies(
            resource["spec.predictor"].let(_logs_all)
            & resource["spec.canary"].every(lambda canary: canary["predictor"].let(_logs_all))
        )
    },
    frameworks={"EU AI Act": ("12", "26(6)")},
    peers=("none",),
    differs="That the bucket keeps what it is given is asked by AI-12. An LLMInferenceService has no logger of its "
    "own: what is high-risk is served by an InferenceService, or logged by the gateway.",
    good=(
        Example("inference service"),
        Example("inference service", _LOGGED),
        Example("inference service", {**_HIGH, "spec.predictor": ABSENT}),
        Example("inference service", {**_LOGGED, "spec.canary[0].predictor": {"logger": _LOGGED[_LOGGER]}}),
    ),
    bad=(
        Example("inference service", _HIGH),
        *(
            Example("inference service", {**_LOGGED, path: value})
            for path, value in (
                (f"{_LOGGER}.mode", "request"),
                (f"{_LOGGER}.mode", ABSENT),
                (_SINK, ABSENT),
                (_SINK, ""),
            )
        ),
        Example(
            "inference service",
            {
                **_LOGGED,
                "spec.canary": [{"predictor": {"logger": _LOGGED[_LOGGER]}}, {"predictor": {"minReplicas": 1}}],
            },
        ),
    ),
    unknown=(
        Example("inference service", {**_LOGGED, f"{_LOGGER}.mode": UNKNOWN}),
        Example("inference service", {RISK: UNKNOWN}),
    ),
)

_EVIDENCE: Final = Example("bucket", {"bucket": "evidence", "tags.purpose": "evidence"})
_sink: Final = resource.names(BUCKET, _SINK, by=NAMES)

EVIDENCE_OF_ANSWERS = Rule(
    id="AI-12",
    title="What a high-risk model answered goes to a bucket of evidence",
    why="A log that whoever runs the model can delete proves nothing about the model.",
    fix="name a bucket that is tagged purpose: evidence (S3-05 says what that asks for)",
    level=Level.MANDATORY,
    related=(BUCKET,),
    conditions={
        SERVICE: _high.implies(
            _sink.some(lambda bucket: bucket["tags.purpose"].equals("evidence")),
        )
    },
    frameworks={"EU AI Act": ("12", "19", "26(6)")},
    peers=("none",),
    differs="The second half of AI-08 in the catalogue. A bucket that is not in the program is not known to be one of "
    "evidence. Only the main predictor's is followed; AI-08 asks the canary's for one.",
    good=(
        Example("inference service"),
        Example("inference service", _LOGGED, beside=(_EVIDENCE,)),
        Example("inference service", _LOGGED, beside=(Example("bucket"), _EVIDENCE)),
        Example(
            "inference service",
            {**_LOGGED, _SINK: UNKNOWN},
            sources={"spec": ("bucket",)},
            beside=(Example("bucket", {"bucket": UNKNOWN, "tags.purpose": "evidence"}),),
        ),
    ),
    bad=(
        Example("inference service", _LOGGED),
        Example("inference service", _HIGH, beside=(_EVIDENCE,)),
        Example("inference service", {**_LOGGED, _SINK: "models"}, beside=(Example("bucket"), _EVIDENCE)),
        Example("inference service", _LOGGED, beside=(Example("bucket", {"bucket": "evidence", "tags": ABSENT}),)),
    ),
    unknown=(
        Example("inference service", {**_LOGGED, _SINK: UNKNOWN}, beside=(_EVIDENCE,)),
        Example("inference service", {**_HIGH, "spec": UNKNOWN}, beside=(_EVIDENCE,)),
    ),
)

RULES: Final = (VERIFIED, LOGGED, EVIDENCE_OF_ANSWERS)
