"""How the GPUs of a pool are divided among pods: not at all, or in one of the ways that NVIDIA's software offers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

MigProfile = Annotated[str, StringConstraints(pattern=r"^[1-7]g\.[0-9]{1,3}gb$")]
"""A slice of a GPU as NVIDIA names it, such as `1g.10gb`."""
Replicas = Annotated[int, Field(ge=2, le=48)]
DeviceClass = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]

_80_GB: Final = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1}
SLICES: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "NVIDIA-A30": {"1g.6gb": 4, "2g.12gb": 2, "4g.24gb": 1},
        "NVIDIA-A100-SXM4-40GB": {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2, "4g.20gb": 1, "7g.40gb": 1},
        "NVIDIA-A100-SXM4-80GB": _80_GB,
        "NVIDIA-A100-80GB-PCIe": _80_GB,
        "NVIDIA-H100-80GB-HBM3": _80_GB,
        "NVIDIA-H100-PCIe": _80_GB,
        "NVIDIA-H200": {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2, "4g.71gb": 1, "7g.141gb": 1},
        "NVIDIA-B200": {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2, "4g.90gb": 1, "7g.180gb": 1},
    }
)
"""Slices that one GPU gives, by accelerator and profile. Source: NVIDIA's MIG user guide, supported profiles."""


class Sharing(Spec):
    """At most one way to divide a GPU; none means that a pod has it to itself."""

    mig: MigProfile | None = None
    """Slices of this profile, each with memory and compute of its own; a pod asks for `nvidia.com/mig-<profile>`."""
    time_slicing: Replicas | None = None
    """So many pods take turns on a GPU and share its memory unprotected; a pod asks for `nvidia.com/gpu.shared`."""
    mps: Replicas | None = None
    """So many pods run on a GPU at once, each with its part of the memory (Multi-Process Service); a pod asks for
    `nvidia.com/gpu.shared`."""
    dra: DeviceClass | None = None
    """Pods claim devices of this class (Dynamic Resource Allocation) instead of asking for a number of GPUs."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The ways that were chosen."""
        return tuple(name for name in ("mig", "time_slicing", "mps", "dra") if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if len(self.kinds) > 1:
            raise ValueError(f"{' and '.join(self.kinds)} exclude each other on one pool; choose one of them")
        return self
