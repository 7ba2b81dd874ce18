"""Alerts about GPUs: faults are the platform's, what a job makes of its GPU is its team's."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_OF_THE_PROGRAM: Final = (13, 31, 43, 45, 68, 109)
"""Xid errors that a program causes and that leave the card sound; those that NVIDIA's device plugin for Kubernetes
does not take a GPU out of service for."""
_PROGRAM: Final = " or ".join(f"DCGM_FI_DEV_XID_ERRORS == {number}" for number in _OF_THE_PROGRAM)
_CARD: Final = "GPU {{ $labels.gpu }} of {{ $labels.node }}"
_USER: Final = "{{ $labels.namespace }}/{{ $labels.pod }}"
_DRAIN: Final = "Drain the node: `kubectl drain <node> --ignore-daemonsets --delete-emptydir-data`; jobs queue again."
_REPLACE: Final = "Have the machine replaced: on AWS end the instance, elsewhere give the card's UUID to its vendor."

GROUP: Final = Group(
    "gpu",
    alerts=(
        Alert(
            "GpuFault",
            f"DCGM_FI_DEV_XID_ERRORS > 0 unless ({_PROGRAM})",
            "critical",
            f"{_CARD} reports Xid {{{{ $value }}}}, used by {_USER}",
            "The driver or the card failed. The job on it is lost or wrong, and the next one will be too.",
            (
                "Look the number up in NVIDIA's table of Xid errors.",
                _DRAIN,
                "Reset the GPU or restart the node.",
                _REPLACE,
            ),
        ),
        Alert(
            "GpuProgramFault",
            f'(DCGM_FI_DEV_XID_ERRORS{{team!=""}} and ({_PROGRAM}))',
            "warning",
            f"{_USER} of team {{{{ $labels.team }}}} made {_CARD} report Xid {{{{ $value }}}}",
            "A program accessed memory that is not its own, or was stopped while it computed. The card is sound.",
            ("Read the job's log at the time of the error.", "Run it under `compute-sanitizer` on one GPU."),
            team=None,
        ),
        Alert(
            "GpuMemoryCorrupt",
            "increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[15m]) > 0",
            "critical",
            f"{_CARD} had a memory error that could not be corrected, used by {_USER}",
            "Data in the GPU's memory were lost. What the job computed since its last checkpoint is not to be trusted.",
            (
                "Restart the job from a checkpoint before the error.",
                _DRAIN,
                "Reset the GPU: it replaces the row.",
                _REPLACE,
            ),
        ),
        Alert(
            "GpuMemoryWears",
            "increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1h]) > 0",
            "warning",
            f"{_CARD} replaced a row of its memory",
            "The card used one of its spare rows. It works on; several within weeks announce its end.",
            ("Let the job end, then reset the GPU.", "Watch `DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS` of its UUID."),
        ),
        Alert(
            "GpuMemoryFailing",
            "DCGM_FI_DEV_ROW_REMAP_FAILURE > 0",
            "critical",
            f"{_CARD} cannot repair its memory",
            "The card has no spare rows left. Errors that it cannot correct will follow.",
            (_DRAIN, _REPLACE),
        ),
        Alert(
            "NvlinkFails",
            "increase(DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL[15m]) > 0",
            "critical",
            f"NVLink of {_CARD} had to be set up anew, used by {_USER}",
            "A link between GPUs broke off. Collective operations of the job hang or fail.",
            ("Restart the job on other nodes.", _DRAIN, "Read `nvidia-smi nvlink --errorcounters`.", _REPLACE),
        ),
        Alert(
            "NvlinkNoisy",
            "increase(DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL[1h]) > 100",
            "warning",
            f"NVLink of {_CARD} repeats what it sends",
            "A link between GPUs works, but slowly: every repetition holds up all GPUs of the job.",
            (
                "Compare the job's step time with that on other nodes.",
                "Have the seat of the card or its bridge checked.",
            ),
        ),
        Alert(
            "GpuHot",
            "DCGM_FI_DEV_GPU_TEMP > 85",
            "warning",
            f"{_CARD} has {{{{ $value }}}} °C",
            "The card is close to the temperature at which it slows itself down.",
            ("Compare with its neighbours: one hot card has a fault, all of them a problem with their air.", _DRAIN),
            minutes=10,
        ),
        Alert(
            "GpuThrottled",
            "rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) / 1e9 > 0.1",
            "warning",
            f"{_CARD} is slowed down by heat for {{{{ $value | humanizePercentage }}}} of the time, used by {_USER}",
            "The card runs below its clock. A gang runs at the pace of its slowest GPU.",
            ("As for GpuHot.", "Move the job if others wait for it."),
            minutes=10,
        ),
        Alert(
            "GpuIdle",
            'max_over_time(DCGM_FI_DEV_GPU_UTIL{team!=""}[30m]) < 5',
            "warning",
            f"{_USER} of team {{{{ $labels.team }}}} holds {_CARD} and does not use it",
            "A GPU that others wait for was under 5 % busy for an hour.",
            (
                "Look whether the job waits for data, for another pod or for its user.",
                "End a notebook or an endpoint that nobody needs.",
            ),
            minutes=30,
            team=None,
        ),
        Alert(
            "GpuMemoryFull",
            'DCGM_FI_DEV_FB_USED{team!=""} / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.98',
            "warning",
            f"{_USER} of team {{{{ $labels.team }}}} fills {{{{ $value | humanizePercentage }}}} of {_CARD}",
            "The next larger batch or the next longer request ends with an out-of-memory error.",
            (
                "Training: a smaller batch, gradient checkpointing, or sharded optimiser states.",
                "Serving: a lower share of memory for the server, a shorter context, or more GPUs.",
            ),
            minutes=10,
            team=None,
        ),
    ),
)
