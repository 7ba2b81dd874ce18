"""What a stack file says about serving models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from components._spec import Name, Spec
from components.specs.size import Size

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
RiskClass = Literal["minimal", "limited", "high"]
"""Risk classes of the EU AI Act in which a system may be operated; `prohibited` is none of them."""

ModelUri = Annotated[
    str,
    StringConstraints(
        pattern=r"^(oci://[a-z0-9./_:-]+@sha256:[0-9a-f]{64}"
        r"|hf://[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:[0-9a-f]{40}"
        r"|s3://[a-z0-9.-]+/[A-Za-z0-9/._-]*sha256-[0-9a-f]{64}/?)$"
    ),
]
"""Where a model lies, by a reference that cannot change: an OCI digest, a Hugging Face commit, or a prefix of
a bucket that is named by its content's digest."""


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
    runtime: Literal["vllm", "mlserver"]
    """`vllm`: language models, OpenAI's API. `mlserver`: classic models, the Open Inference Protocol."""
    format: Literal["vllm", "sklearn", "xgboost", "lightgbm", "mlflow"] = "vllm"
    """What the model's files are; classic models name their framework."""
    uri: ModelUri
    """Immutable reference to the model's files."""
    digest: Digest
    """Digest of the model that was reviewed; for an OCI image the same as in `uri`."""
    pool: Name | None = None
    """Pool of GPU nodes it runs on; absent: on nodes without GPUs."""
    gpus: int = Field(default=0, ge=0, le=16)
    """GPUs of one replica."""
    min_replicas: int = Field(default=2, ge=1, le=1000)
    """Replicas kept at all times; two survive the loss of a node."""
    max_replicas: int = Field(default=4, ge=1, le=1000)
    """Replicas that the autoscaler may start."""
    size: Size = Size(cpu_millicores=4000, cpu_limit_millicores=8000, memory_mib=32 * 1024)
    """CPU and memory of one replica."""
    system_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$")]
    """The AI system in the organisation's register that this model belongs to."""
    risk_class: RiskClass
    """Risk class of that system."""
    intended_use: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """What the system is for, in one sentence."""

    @model_validator(mode="after")
    def _contradictions(self) -> ServedModel:
        if (self.pool is None) != (self.gpus == 0):
            raise ValueError(
                f"pool is {self.pool or 'absent'} but gpus is {self.gpus}; "
                "name a pool and at least one GPU, or neither"
            )
        if (self.runtime == "vllm") != (self.format == "vllm"):
            raise ValueError(f"runtime {self.runtime} cannot serve format {self.format}")
        if self.max_replicas < self.min_replicas:
            raise ValueError(f"max_replicas {self.max_replicas} is below min_replicas {self.min_replicas}")
        if self.uri.startswith("oci://") and not self.uri.endswith(self.digest):
            raise ValueError("digest differs from the one in uri; both must name the reviewed model")
        return self


class GpuServingPoolSpec(Spec):
    """KServe, its model servers, and the models that they serve."""

    controllers: ServingControllerSizes = ServingControllerSizes()
    """Sizes of the controllers' containers."""
    models: tuple[ServedModel, ...] = ()
    """Models to serve."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> GpuServingPoolSpec:
        seen: set[tuple[str, str]] = set()
        for model in self.models:
            if (model.team, model.name) in seen:
                raise ValueError(f"two models of team {model.team} are called {model.name}")
            seen.add((model.team, model.name))
        return self
