"""How much of a machine one container gets."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from components._spec import Spec


class Size(Spec):
    """CPU and memory of one container. Memory has one figure: a container that may exceed what it was
    scheduled for is the first to be killed when its node runs short."""

    cpu_millicores: int = Field(gt=0)
    """CPU set aside for the container, in thousandths of a core."""
    cpu_limit_millicores: int = Field(gt=0)
    """CPU above which it is throttled, in thousandths of a core."""
    memory_mib: int = Field(gt=0)
    """Memory set aside and its limit, in MiB."""

    @model_validator(mode="after")
    def _limit_covers_request(self) -> Self:
        if self.cpu_limit_millicores < self.cpu_millicores:
            raise ValueError(
                "cpu_limit_millicores is below cpu_millicores; the limit must not be smaller than the request"
            )
        return self

    def resources(self) -> dict[str, dict[str, str]]:
        """The `resources` of a container."""
        # As the API server writes them: a webhook that decodes an object would else change what was asked for.
        memory = f"{self.memory_mib // 1024}Gi" if self.memory_mib % 1024 == 0 else f"{self.memory_mib}Mi"
        return {
            "requests": {"cpu": _cpus(self.cpu_millicores), "memory": memory},
            "limits": {"cpu": _cpus(self.cpu_limit_millicores), "memory": memory},
        }


def _cpus(millicores: int) -> str:
    return f"{millicores}m" if millicores % 1000 else str(millicores // 1000)
