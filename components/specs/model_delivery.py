"""What a human chooses about releases of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, StringConstraints

from components._spec import Spec
from components.specs.guardrails import NamespaceName
from components.specs.size import Size

if TYPE_CHECKING:
    from components.specs.gpu_serving_pool import RiskClass

OptionalGate = Literal["reports", "performance", "smoke"]
"""Gates that a risk class may be without; artifact, approval and canary are never left out."""
_ALL: Final[tuple[OptionalGate, ...]] = ("reports", "performance", "smoke")

Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$", max_length=150
    ),
]
"""A DNS name of at least two labels."""


class GatewayReference(Spec):
    """The Gateway that a model's requests come through."""

    name: NamespaceName = "models"
    """Its name."""
    namespace: NamespaceName = "model-gateway"
    """The namespace that it is in."""


class GatesByRiskClass(Spec):
    """Which of the gates that may be left out a release of each risk class passes."""

    minimal: tuple[OptionalGate, ...] = ("smoke",)
    """Of a system of minimal risk."""
    limited: tuple[OptionalGate, ...] = ("performance", "smoke")
    """Of a system of limited risk."""
    high: tuple[OptionalGate, ...] = _ALL
    """Of a system of high risk."""

    def of(self, risk: RiskClass) -> tuple[OptionalGate, ...]:
        """Those of one class."""
        found: tuple[OptionalGate, ...] = getattr(self, risk)
        return found


class ModelDeliverySpec(Spec):
    """Releases: models that reach their users through gates, an approval and a canary."""

    domain: Domain
    """A model answers as `<model>.<namespace of its team>.<domain>`."""
    gateway: GatewayReference = GatewayReference()
    """The Gateway whose routes divide a model's requests among its releases."""
    gates: GatesByRiskClass = GatesByRiskClass()
    """What a release passes, by risk class."""
    unenforced_approvals: bool = Field(default=False)
    """Let releases go on although the API server does not enforce who may approve: `guardrails.stage` is not `deny`, so
    whoever may write an approval can write another's name into it. For trying releases out."""
    controller: Size = Size(cpu_millicores=50, cpu_limit_millicores=1000, memory_mib=320)
    """CPU and memory of the controller."""
    judge: Size = Size(cpu_millicores=250, cpu_limit_millicores=1000, memory_mib=256)
    """CPU and memory of a job that judges a gate; it reads a model piece by piece, and never holds all of it."""
