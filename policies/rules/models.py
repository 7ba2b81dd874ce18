"""What a served model must say of itself, and be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules._bases import MODEL, pod
from policies.rules._workloads import PREDICTORS, at

if TYPE_CHECKING:
    from policies.language import Condition

_labels: Final = resource["metadata.labels"]
_SYSTEM: Final = 'metadata.labels["mlplatform.dev/system-id"]'
_OWNER: Final = 'metadata.labels["mlplatform.dev/owner"]'
_RISK: Final = 'metadata.labels["mlplatform.dev/risk-class"]'
_USE: Final = 'metadata.annotations["mlplatform.dev/intended-use"]'
_RISK_CLASSES: Final = ("minimal", "limited", "high", "prohibited")
_SERVES: Final = ("serving.kserve.io/InferenceService", "serving.kserve.io/LLMInferenceService")
_COMPONENT: Final = "app.kubernetes.io/component"

_described: Final = all_of(
    resource[_SYSTEM].matches("."),
    resource[_OWNER].matches("."),
    resource[_RISK].is_one_of(_RISK_CLASSES),
    resource[_USE].matches(r"\S"),
)

DESCRIBED = Rule(
    id="AI-01",
    title="A served model says which system it belongs to, who owns it, what it is for and its risk class",
    why="Nobody can judge, stop or answer for a model that is known only by the name of its Deployment.",
    fix="label it mlplatform.dev/system-id, mlplatform.dev/owner and mlplatform.dev/risk-class (minimal, limited, "
    "high), and annotate mlplatform.dev/intended-use",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions={
        **dict.fromkeys(_SERVES, _described),
        "apps/Deployment": _labels.key(_COMPONENT).equals("model-server").implies(_described),
    },
    frameworks={
        "EU AI Act": ("9", "11", "26(1)"),
        "NIST AI RMF": ("GOVERN 1.6", "MAP 1.1"),
        "ISO/IEC 42001": ("A.9.4",),
    },
    peers=("odg (a stub)",),
    differs=f"A Deployment counts as a model server when it is labelled {_COMPONENT}: model-server.",
    good=(
        *(Example("inference service", {_RISK: risk}) for risk in _RISK_CLASSES),
        Example("llm inference service"),
        Example("deployment"),
        Example("deployment", {f'metadata.labels["{_COMPONENT}"]': "database"}),
        Example(
            "deployment",
            {
                f'metadata.labels["{_COMPONENT}"]': "model-server",
                _SYSTEM: "a",
                _RISK: "high",
                _USE: "a",
            },
        ),
    ),
    bad=(
        *(
            Example(base, {path: ABSENT})
            for base in ("inference service", "llm inference service")
            for path in (_SYSTEM, _OWNER, _RISK, _USE)
        ),
        *(Example("inference service", {path: ""}) for path in (_SYSTEM, _OWNER)),
        Example("inference service", {_USE: " "}),
        Example("inference service", {_RISK: "low"}),
        Example("deployment", {f'metadata.labels["{_COMPONENT}"]': "model-server"}),
    ),
    unknown=(
        *(Example("inference service", {path: UNKNOWN}) for path in (_SYSTEM, _OWNER, _RISK, _USE)),
        Example("deployment", {"metadata.labels": UNKNOWN}),
    ),
)

_HASH: Final = "[0-9a-f]{64}"
_IMMUTABLE: Final = (
    rf"^(oci(\+native)?://[^@]+@sha256:{_HASH}"
    r"|hf://[^/:]+/[^/:]+:[0-9a-f]{40}"
    rf"|(s3|gs)://.+/sha256[-/]{_HASH}(/.*)?)$"
)


def _fixed(uri: Value) -> Condition:
    return uri.matches(_IMMUTABLE)


_OLD_FORMS: Final = (
    "huggingface",
    "lightgbm",
    "onnx",
    "paddle",
    "pmml",
    "pytorch",
    "sklearn",
    "tensorflow",
    "triton",
    "xgboost",
)


def _serves_fixed_models(predictor: Value) -> Condition:
    uri, uris = predictor["model.storageUri"], predictor["storageUris"]
    return all_of(
        predictor["model"].exists().implies(uri.exists() | uris.is_filled()),
        uri.let(lambda uri: ~uri.exists() | _fixed(uri)),
        uris.every(lambda each: each["uri"].let(_fixed)),
        *(~predictor[form].exists() for form in _OLD_FORMS),
    )


FIXED_MODEL = Rule(
    id="AI-03",
    title="A served model is named by its content, so that what was approved is what runs",
    why="A model behind a moving name can be swapped after its evaluation, and a pod that restarts at night serves "
    "something that nobody looked at.",
    fix="name the model by OCI digest (oci://…@sha256:…), Hugging Face commit (hf://owner/model:<40 hex>) or a "
    "content-addressed prefix (s3://bucket/model/sha256-<64 hex>)",
    level=Level.MANDATORY,
    evidence=Evidence.BYTES,
    conditions={
        _SERVES[0]: all_of(*(at(predictor, _serves_fixed_models) for predictor in PREDICTORS)),
        _SERVES[1]: resource["spec.model.uri"].let(_fixed),
    },
    frameworks={"EU AI Act": ("12", "15"), "NIST AI RMF": ("MANAGE 3.2",)},
    peers=("kserve #5789, #6051 (open)",),
    differs="An S3 version id is not enough for a model of many objects, so it is not accepted. A predictor with its "
    "own containers carries its model in its image, which K8S-04 judges. The old form, a field for each framework, is "
    "refused: name the model under predictor.model.",
    good=(
        Example("inference service"),
        Example("llm inference service"),
        Example("inference service", {"spec.predictor": pod()}),
        Example("inference service", {"spec.canary[0].predictor.model": {"storageUri": MODEL}}),
        *(
            Example("inference service", {"spec.predictor.model.storageUri": uri})
            for uri in (
                "hf://Qwen/Qwen2.5-0.5B:" + "ab" * 20,
                f"oci+native://ghcr.io/a/b@sha256:{'0' * 64}",
                f"oci://ghcr.io/a/b@sha256:{'0' * 64}",
                f"gs://a/b/sha256/{'0' * 64}/",
            )
        ),
        Example(
            "inference service",
            {
                "spec.predictor.model.storageUri": ABSENT,
                "spec.predictor.storageUris": [{"uri": f"oci://ghcr.io/a/b@sha256:{'0' * 64}", "mountPath": "/mnt"}],
            },
        ),
    ),
    bad=(
        *(
            Example("inference service", {"spec.predictor.model.storageUri": uri})
            for uri in (
                "s3://models/defects/v1",
                "oci://ghcr.io/a/b:v1",
                "hf://Qwen/Qwen2.5-0.5B",
                "hf://Qwen/Qwen2.5-0.5B:main",
                "pvc://models/defects",
                f"https://example.com/sha256-{'0' * 64}",
                "s3://models/sha256-0c",
            )
        ),
        Example("inference service", {"spec.predictor.model.storageUri": ABSENT}),
        Example("inference service", {"spec.predictor.model.storageUri": ABSENT, "spec.predictor.storageUris": []}),
        Example("inference service", {"spec.predictor.storageUris": [{"uri": "s3://models/defects/v1"}]}),
        Example(
            "inference service",
            {
                "spec.predictor.model.storageUri": "s3://models/defects/v1",
                "spec.predictor.storageUris": [{"uri": f"oci://ghcr.io/a/b@sha256:{'0' * 64}"}],
            },
        ),
        Example("inference service", {"spec.canary[0].predictor.model": {"storageUri": "s3://models/defects/v2"}}),
        *(Example("inference service", {f"spec.predictor.{form}": {}}) for form in _OLD_FORMS),
        Example("llm inference service", {"spec.model.uri": "hf://Qwen/Qwen2.5-0.5B"}),
        Example("llm inference service", {"spec.model.uri": ABSENT}),
    ),
    unknown=(
        Example("inference service", {"spec.predictor.model.storageUri": UNKNOWN}),
        Example("inference service", {"spec.predictor": UNKNOWN}),
        Example("llm inference service", {"spec.model.uri": UNKNOWN}),
    ),
)

RULES: Final = (DESCRIBED, FIXED_MODEL)
