"""What a model is made from: data that is named by its content, and no code that came with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import UNKNOWN, Value, all_of, every, parameter, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules._examples import every_workload, in_every_container, in_every_overlay
from policies.rules._served import RISK, annotation, of_risk
from policies.rules._workloads import SERVICE, containers, of_pods

if TYPE_CHECKING:
    from policies.language import Condition

_RAY_JOB: Final = "ray.io/RayJob"
_TRAINS: Final = ("batch/Job", "jobset.x-k8s.io/JobSet", _RAY_JOB, "trainer.kubeflow.org/TrainJob")
_HASH: Final = "[0-9a-f]{64}"
_PINNED: Final = (
    rf"([a-z0-9+]+://[^ ,@]+@sha256:{_HASH}"
    rf"|[a-z0-9+]+://[^ ,]+/sha256[-/]{_HASH}(/[^ ,]*)?"
    r"|hf://[^ ,:]+:[0-9a-f]{40})"
)
_ALL_PINNED: Final = f"^{_PINNED}([ ,]+{_PINNED})*$"
_DATASETS: Final = annotation("datasets")
_RUNS_WHAT_IT_LOADS: Final = (
    r"(?i)trust[-_]remote[-_]code"
    r"|weights_only[ =:]+false"
    r"|\.(pkl|pickle|joblib)([^a-z0-9]|$)"
)
"""Settings and files with which loading a model or a dataset runs code that came with it."""


def _loads_no_code(container: Value) -> Condition:
    lists = (container["command"], container["args"])
    return every(lists, lambda word: ~word.matches(_RUNS_WHAT_IT_LOADS)) & container["env"].every(
        lambda variable: (
            ~variable["name"].matches(_RUNS_WHAT_IT_LOADS) & ~variable["value"].matches(_RUNS_WHAT_IT_LOADS)
        )
    )


_CODELESS: Final = of_pods(
    lambda pod: every(containers(pod, ephemeral=False), _loads_no_code), _loads_no_code, kinds=(*_TRAINS, SERVICE)
)
_CODELESS[_RAY_JOB] &= ~resource["spec.entrypoint"].matches(_RUNS_WHAT_IT_LOADS)
_CODELESS[SERVICE] &= ~resource["spec.predictor.model.modelFormat.name"].equals("sklearn")
_high: Final = of_risk(("high",))
_pinned: Final = of_risk(parameter("governed_risk_classes")).implies(resource[_DATASETS].matches(_ALL_PINNED))


def _made_well(kind: str) -> Condition:
    safe = _high.implies(_CODELESS[kind])
    return safe if kind == SERVICE else all_of(_pinned, safe)


_DATA: Final = f"s3://data/defects/sha256-{'0a' * 32}"
_HIGH: Final = {RISK: "high", _DATASETS: _DATA}
_LISTS: Final = ("initContainers", "containers")
_FLAG: Final = "--trust-remote-code"
_KINDS: Final = (*_TRAINS, SERVICE)

MADE_WELL = Rule(
    id="AI-11",
    title="Training names its datasets by content, and nothing high-risk runs code that came with data or model",
    why="Data behind a moving name cannot be looked at afterwards; a pickle, or a model's own code, is a program that "
    "nobody reviewed, run beside the secrets of the job.",
    fix="annotate mlplatform.dev/datasets with references that hold a digest (s3://…/sha256-<64 hex>, "
    "oci://…@sha256:…, hf://owner/data:<40 hex>), separated by commas; in place of trust_remote_code, pickle and "
    "joblib use safetensors or ONNX",
    level=Level.MANDATORY,
    evidence=Evidence.BYTES,
    conditions={kind: _made_well(kind) for kind in _KINDS},
    frameworks={"EU AI Act": ("10", "15"), "ISO/IEC 42001": ("A.7.5",)},
    peers=("none",),
    differs="Asked of jobs that are labelled with the risk class of the system that they train for; an experiment has "
    "none. Code is looked for in commands, arguments and variables, not in images. sklearn's format is a pickle.",
    good=(
        *every_workload(kinds=_KINDS, also=_HIGH),
        *every_workload(kinds=_TRAINS),
        *every_workload(kinds=_TRAINS, also={RISK: "minimal"}),
        *in_every_container("args", [_FLAG], kinds=_TRAINS, lists=_LISTS, also={RISK: "limited", _DATASETS: _DATA}),
        *in_every_overlay("args", [_FLAG], kinds=_KINDS, also={RISK: "limited", _DATASETS: _DATA}),
        *in_every_container("args", ["serve"], kinds=_KINDS, lists=_LISTS, also=_HIGH),
        *in_every_overlay("args", ["serve"], kinds=_KINDS, also=_HIGH),
        *(
            Example("job", {**_HIGH, _DATASETS: datasets})
            for datasets in (
                f"{_DATA}, oci://ghcr.io/a/data@sha256:{'0b' * 32}",
                f"hf://org/data:{'0c' * 20}",
                f"{_DATA}/part-0.parquet",
            )
        ),
        *in_every_container(
            "env", [{"name": "LEVEL", "value": "info"}], kinds=("batch/Job",), lists=_LISTS, also=_HIGH
        ),
        Example("job", {**_HIGH, "spec.template.spec.containers[0].args": ["--out=/tmp/model.safetensors"]}),
        Example("ray job", {**_HIGH, "spec.entrypoint": "python train.py"}),
        Example("inference service", {**_HIGH, "spec.predictor.model.modelFormat.name": "xgboost"}),
        Example("inference service", {"spec.predictor.model.modelFormat.name": "sklearn"}),
    ),
    bad=(
        *every_workload(kinds=_TRAINS, also={RISK: "high"}),
        *every_workload(kinds=_TRAINS, also={RISK: "limited"}),
        *(
            Example("job", {**_HIGH, _DATASETS: datasets})
            for datasets in ("s3://data/latest", f"{_DATA}, s3://data/latest", "", f"hf://org/data:{'0c' * 10}")
        ),
        *in_every_container("args", ["serve", _FLAG], kinds=_KINDS, lists=_LISTS, also=_HIGH),
        *in_every_overlay("args", ["serve", _FLAG], kinds=_KINDS, also=_HIGH),
        *in_every_container(
            "command", ["python", "load.py", "model.pkl"], kinds=("batch/Job",), lists=_LISTS, also=_HIGH
        ),
        *in_every_container(
            "env",
            [{"name": "LEVEL", "value": "a"}, {"name": "TRUST_REMOTE_CODE", "value": "1"}],
            kinds=("batch/Job",),
            lists=_LISTS,
            also=_HIGH,
        ),
        *(
            Example("job", {**_HIGH, f"spec.template.spec.{each}[0].args": [word]})
            for each in _LISTS
            for word in ("model.joblib", "torch.load(path, weights_only=False)")
        ),
        Example("job", {**_HIGH, "spec.template.spec.containers[0].env": [{"name": "MODEL", "value": "/m/a.pickle"}]}),
        Example("ray job", {**_HIGH, "spec.entrypoint": "python load.py model.pkl"}),
        Example("inference service", {**_HIGH, "spec.predictor.containers": [{"name": "a", "args": [_FLAG]}]}),
        Example("inference service", {**_HIGH, "spec.predictor.model.modelFormat.name": "sklearn"}),
    ),
    unknown=(
        *every_workload(kinds=_TRAINS, also={**_HIGH, _DATASETS: UNKNOWN}),
        Example("job", {**_HIGH, "spec.template.spec.containers[0].args": UNKNOWN}),
        Example("inference service", {RISK: UNKNOWN, "spec.predictor.model.args": [_FLAG]}),
    ),
)

RULES: Final = (MADE_WELL,)
