"""What a stack file says about serving models."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Name, Spec
from components.specs.capacity import LabelValue
from components.specs.model_gateway import ModelGatewaySpec
from components.specs.objectives import CLASSIC_LATENCIES, FIRST_TOKENS, LLM_LATENCIES, EndpointObjectives, nearest
from components.specs.size import Size

ModelFormat = Literal["llm", "sklearn", "xgboost", "lightgbm", "mlflow"]
RiskClass = Literal["minimal", "limited", "high"]
"""Risk classes of the EU AI Act in which a system may be operated; what is prohibited has none."""

ModelUri = Annotated[
    str,
    StringConstraints(
        pattern=r"^(oci://[a-z0-9./_:-]+@sha256:[0-9a-f]{64}"
        r"|artifact://([A-Za-z0-9._-]+/)+sha256-[0-9a-f]{64}/?"
        r"|hf://[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:[0-9a-f]{40}"
        r"|s3://[a-z0-9.-]+/[A-Za-z0-9/._-]*sha256-[0-9a-f]{64}/?)$"
    ),
]
"""Where a model lies, by a reference that cannot change: an OCI digest, a Hugging Face commit, or a folder of
a bucket that is named by the digest of what it holds."""

ARTIFACT: Final = "artifact://"
"""How a reference into the stack's own artifact bucket begins."""


class ServingControllerSizes(Spec):
    """Sizes of KServe's own containers."""

    kserve: Size = Size(cpu_millicores=100, cpu_limit_millicores=1000, memory_mib=300)
    """Turns an InferenceService into Deployment, Service and autoscaler."""
    metrics_proxy: Size = Size(cpu_millicores=10, cpu_limit_millicores=100, memory_mib=64)
    """Asks for a token before it shows the controller's metrics."""


class ServedModel(Spec):
    """One model behind an endpoint, with what must be known about it before it may serve."""

    name: Name
    """Name of the endpoint."""
    team: Name
    """Team in whose namespace it runs; its owner and cost centre are the team's."""
    format: ModelFormat
    """`llm`: a language model, served by vLLM over OpenAI's API. The others are classic models, served by
    MLServer over the Open Inference Protocol."""
    uri: ModelUri
    """Immutable reference to the model's files: `artifact://teams/<team>/…/sha256-…` in the stack's artifact bucket,
    `s3://<bucket>/<path>/sha256-…` in another one, `oci://…@sha256:…` (needs Kubernetes 1.35), or
    `hf://<owner>/<model>:<commit>`."""
    pool: Name | None = None
    """Pool of GPU nodes that it runs on; absent: nodes without GPUs."""
    gpus: int = Field(default=0, ge=0, le=16)
    """GPUs of one replica."""
    replicas: int = Field(default=2, ge=1, le=1000)
    """How many serve it. From two on, one may be lost or moved while the others answer."""
    size: Size = Size(cpu_millicores=4000, cpu_limit_millicores=8000, memory_mib=32 * 1024)
    """CPU and memory of one replica."""
    system_id: LabelValue
    """The AI system in the organisation's register that this model belongs to."""
    risk_class: RiskClass
    """Risk class of that system."""
    intended_use: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """What the system is for, in a sentence."""
    objectives: EndpointObjectives = EndpointObjectives()
    """What is promised of the endpoint."""

    @property
    def folder(self) -> str | None:
        """Where the model lies in the stack's artifact bucket, ending in a slash; None where it lies elsewhere."""
        return f"{self.uri.removeprefix(ARTIFACT).rstrip('/')}/" if self.uri.startswith(ARTIFACT) else None

    @property
    def digest(self) -> str:
        """The part of the reference that no other model can have, as `<algorithm>:<hexadecimal>`."""
        algorithm = "git" if self.uri.startswith("hf://") else "sha256"
        return f"{algorithm}:{re.split('[:-]', self.uri.rstrip('/'))[-1]}"

    @model_validator(mode="after")
    def _gpus_have_a_pool(self) -> Self:
        if (self.pool is None) != (self.gpus == 0):
            raise ValueError("pool and gpus contradict each other; name a pool and at least one GPU, or neither")
        if self.format == "llm" and self.gpus == 0:
            raise ValueError("a language model needs a GPU; name a pool and at least one GPU")
        return self

    @model_validator(mode="after")
    def _artifact_is_the_teams(self) -> Self:
        if self.folder is not None and not self.folder.startswith(f"teams/{self.team}/"):
            raise ValueError(f"uri is out of the team's reach; its models lie below {ARTIFACT}teams/{self.team}/")
        return self

    @model_validator(mode="after")
    def _objectives_can_be_judged(self) -> Self:
        latencies = LLM_LATENCIES if self.format == "llm" else CLASSIC_LATENCIES
        if self.objectives.first_token is not None and self.format != "llm":
            raise ValueError("objectives.first_token is for language models; promise a latency")
        for name, promised, bounds in (
            ("latency", self.objectives.latency, latencies),
            ("first_token", self.objectives.first_token, FIRST_TOKENS),
        ):
            if promised is not None and promised.seconds not in bounds:
                raise ValueError(
                    f"objectives.{name}.seconds is {promised.seconds:g}, which the model server does not count; "
                    f"choose {nearest(promised.seconds, bounds)}"
                )
        return self


class GpuServingPoolSpec(Spec):
    """KServe, its model servers, and the models that they serve."""

    controllers: ServingControllerSizes = ServingControllerSizes()
    """Sizes of the controllers' containers."""
    models: tuple[ServedModel, ...] = ()
    """Models to serve."""
    gateway: ModelGatewaySpec | None = None
    """How models are reached from outside their team's namespace; absent: not at all."""
    model_cache: Literal["none", "nodes"] = "none"
    """`none`: a node fetches a model when a replica starts there. `nodes`: every node of a pool fetches the models of
    that pool that are OCI images as soon as it is there, so that a replica which comes or moves need not wait."""

    @model_validator(mode="after")
    def _endpoints_are_unique(self) -> Self:
        endpoints = [(model.team, model.name) for model in self.models]
        if len(set(endpoints)) < len(endpoints):
            raise ValueError("two models of one team have the same name; rename one of them")
        return self
