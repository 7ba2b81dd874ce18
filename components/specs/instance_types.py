"""Machine types with NVIDIA GPUs on AWS, and what each leaves to pods.

vCPUs, memory, GPUs and network interfaces as `aws ec2 describe-instance-types` says; `tests/settings/test_aws_facts.py`
compares them with moto's copy of its answer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, StringConstraints

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF: Final = "2026-11-20"
"""When the table was made."""

_T4: Final = "Tesla-T4"
_A10G: Final = "NVIDIA-A10G"
_L4: Final = "NVIDIA-L4"
_L40S: Final = "NVIDIA-L40S"
_RTX_4500: Final = "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition"
_RTX_6000: Final = "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"
_A100_40: Final = "NVIDIA-A100-SXM4-40GB"
_A100_80: Final = "NVIDIA-A100-SXM4-80GB"
_H100: Final = "NVIDIA-H100-80GB-HBM3"
_H200: Final = "NVIDIA-H200"
_B200: Final = "NVIDIA-B200"
_B300: Final = "NVIDIA-B300-SXM6-AC"

_HYPERVISOR_SHARE: Final = 0.075
"""Part of a machine's memory that Karpenter assumes the hypervisor takes (its `vmMemoryOverheadPercent`)."""
_RESERVED_MIB: Final = 11 * 110 + 255 + 100 + 1024
"""Memory that the kubelet keeps back for itself with 110 pods, what it evicts below, and our pods on every node."""
_DAEMONS_CPUS: Final = 0.5
"""CPUs of our pods on every node: network, volumes, monitoring."""


@dataclass(frozen=True)
class Machine:
    """One type of machine."""

    name: str
    cpus: int
    memory_gib: int
    gpus: int
    accelerator: str
    """Its GPU as the nodes' label `nvidia.com/gpu.product` says."""
    fabric_interfaces: int
    """Elastic Fabric Adapters; 0: none."""
    in_blocks: bool = False
    """Whether it is sold in Capacity Blocks."""

    @property
    def cpus_for_pods(self) -> int:
        """What is left of the CPUs once the kubelet (a percent of the first, a quarter of a percent from the fourth on)
        and the pods on every node have theirs."""
        kubelet = 0.06 + 0.01 + 2 * 0.005 + max(0, self.cpus - 4) * 0.0025
        return math.floor(self.cpus - kubelet - _DAEMONS_CPUS)

    @property
    def memory_gib_for_pods(self) -> int:
        """What is left of the memory once hypervisor, kubelet and the pods on every node have theirs."""
        return math.floor(self.memory_gib * (1 - _HYPERVISOR_SHARE) - _RESERVED_MIB / 1024)


MACHINES: Final[Mapping[str, Machine]] = MappingProxyType(
    {
        machine.name: machine
        for machine in (
            Machine("g4dn.xlarge", 4, 16, 1, _T4, 0),
            Machine("g4dn.2xlarge", 8, 32, 1, _T4, 0),
            Machine("g4dn.4xlarge", 16, 64, 1, _T4, 0),
            Machine("g4dn.8xlarge", 32, 128, 1, _T4, 1),
            Machine("g4dn.12xlarge", 48, 192, 4, _T4, 1),
            Machine("g4dn.16xlarge", 64, 256, 1, _T4, 1),
            Machine("g5.xlarge", 4, 16, 1, _A10G, 0),
            Machine("g5.2xlarge", 8, 32, 1, _A10G, 0),
            Machine("g5.4xlarge", 16, 64, 1, _A10G, 0),
            Machine("g5.8xlarge", 32, 128, 1, _A10G, 1),
            Machine("g5.12xlarge", 48, 192, 4, _A10G, 1),
            Machine("g5.16xlarge", 64, 256, 1, _A10G, 1),
            Machine("g5.24xlarge", 96, 384, 4, _A10G, 1),
            Machine("g5.48xlarge", 192, 768, 8, _A10G, 1),
            Machine("g6.xlarge", 4, 16, 1, _L4, 0),
            Machine("g6.2xlarge", 8, 32, 1, _L4, 0),
            Machine("g6.4xlarge", 16, 64, 1, _L4, 0),
            Machine("g6.8xlarge", 32, 128, 1, _L4, 1),
            Machine("g6.12xlarge", 48, 192, 4, _L4, 1),
            Machine("g6.16xlarge", 64, 256, 1, _L4, 1),
            Machine("g6.24xlarge", 96, 384, 4, _L4, 1),
            Machine("g6.48xlarge", 192, 768, 8, _L4, 1),
            Machine("gr6.4xlarge", 16, 128, 1, _L4, 0),
            Machine("gr6.8xlarge", 32, 256, 1, _L4, 1),
            Machine("g6e.xlarge", 4, 32, 1, _L40S, 0),
            Machine("g6e.2xlarge", 8, 64, 1, _L40S, 0),
            Machine("g6e.4xlarge", 16, 128, 1, _L40S, 0),
            Machine("g6e.8xlarge", 32, 256, 1, _L40S, 1),
            Machine("g6e.12xlarge", 48, 384, 4, _L40S, 1),
            Machine("g6e.16xlarge", 64, 512, 1, _L40S, 1),
            Machine("g6e.24xlarge", 96, 768, 4, _L40S, 2),
            Machine("g6e.48xlarge", 192, 1536, 8, _L40S, 4),
            Machine("g7.2xlarge", 8, 32, 1, _RTX_4500, 0),
            Machine("g7.4xlarge", 16, 64, 1, _RTX_4500, 0),
            Machine("g7.8xlarge", 32, 128, 1, _RTX_4500, 1),
            Machine("g7.12xlarge", 48, 192, 2, _RTX_4500, 1),
            Machine("g7.24xlarge", 96, 384, 4, _RTX_4500, 1),
            Machine("g7.48xlarge", 192, 768, 8, _RTX_4500, 2),
            Machine("g7e.2xlarge", 8, 64, 1, _RTX_6000, 0),
            Machine("g7e.4xlarge", 16, 128, 1, _RTX_6000, 0),
            Machine("g7e.8xlarge", 32, 256, 1, _RTX_6000, 1),
            Machine("g7e.12xlarge", 48, 512, 2, _RTX_6000, 1),
            Machine("g7e.24xlarge", 96, 1024, 4, _RTX_6000, 2),
            Machine("g7e.48xlarge", 192, 2048, 8, _RTX_6000, 4),
            Machine("p4d.24xlarge", 96, 1152, 8, _A100_40, 4, in_blocks=True),
            Machine("p4de.24xlarge", 96, 1152, 8, _A100_80, 4, in_blocks=True),
            Machine("p5.4xlarge", 16, 256, 1, _H100, 1, in_blocks=True),
            Machine("p5.48xlarge", 192, 2048, 8, _H100, 32, in_blocks=True),
            Machine("p5e.48xlarge", 192, 2048, 8, _H200, 32, in_blocks=True),
            Machine("p5en.48xlarge", 192, 2048, 8, _H200, 16, in_blocks=True),
            Machine("p6-b200.48xlarge", 192, 2048, 8, _B200, 8, in_blocks=True),
            Machine("p6-b300.48xlarge", 192, 4096, 8, _B300, 16, in_blocks=True),
        )
    }
)


def architecture(machine_type: str) -> Literal["amd64", "arm64"]:
    """The architecture as Kubernetes names it: the `g` after the generation stands for Graviton."""
    return "arm64" if re.match(r"[a-z]+[0-9]+g", machine_type) else "amd64"


def _with_gpus(machine_type: str) -> str:
    if machine_type not in MACHINES:
        close = get_close_matches(machine_type, MACHINES, n=1)
        remedy = f"did you mean {close[0]}?" if close else "give one such as p5.48xlarge"
        raise ValueError(f"is no machine type with GPUs that the platform knows; {remedy}")
    return machine_type


def _without_gpus(machine_type: str) -> str:
    if re.match(r"(g|gr|p|trn|inf|dl|vt|f)[0-9]", machine_type):
        raise ValueError("is a machine type with accelerators; such machines are pools, give one such as m7i.2xlarge")
    return machine_type


GpuMachine = Annotated[str, AfterValidator(_with_gpus)]
"""A machine type with GPUs, such as `p5.48xlarge`."""

PlainMachine = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.[a-z0-9-]+$"), AfterValidator(_without_gpus)
]
"""A machine type without accelerators, such as `m7i.2xlarge`."""
