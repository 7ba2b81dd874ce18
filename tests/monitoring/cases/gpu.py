"""Alerts about GPUs."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_WHERE: Final = {"gpu": "3", "node": "gpu-0", "UUID": "GPU-a"}
_USED: Final = {**_WHERE, "namespace": "team-vision", "pod": "train-0", "team": "vision"}
_AND_OTHER: Final = {"gpu": "4", "node": "gpu-0", "UUID": "GPU-b"}
_CARD: Final = "GPU 3 of gpu-0"
_HELD: Final = "team-vision/train-0 of team vision"


def _series(name: str, labels: dict[str, str]) -> str:
    matched = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{matched}}}"


def _of_program() -> Case:
    """Every number that a program can cause, each on a GPU of its own; 79 is the card's."""
    numbers = (13, 31, 43, 45, 68, 109)
    held = {each: {**_USED, "gpu": str(each)} for each in numbers}
    fires = [(held[each], f"{_HELD} made GPU {each} of gpu-0 report Xid {each}") for each in numbers]
    return Case(
        "GpuProgramFault",
        "a program's Xid is its team's, whichever of them it is",
        {
            **{_series("DCGM_FI_DEV_XID_ERRORS", held[each]): f"0x4 {each}x5 0x9" for each in numbers},
            _series("DCGM_FI_DEV_XID_ERRORS", {**_USED, "gpu": "79"}): "0x4 79x5 0x9",
        },
        {"6m": fires},
        ["4m", "15m"],
    )


CASES: Final = (
    Case(
        "GpuFault",
        "an Xid of the card is reported at once, with the card and who used it",
        {
            _series("DCGM_FI_DEV_XID_ERRORS", _USED): "0x4 1x5 0x9",
            _series("DCGM_FI_DEV_XID_ERRORS", _AND_OTHER): "0x20",
            **{
                _series("DCGM_FI_DEV_XID_ERRORS", {**_USED, "gpu": f"p{each}"}): f"0x4 {each}x5 0x9"
                for each in (13, 31, 43, 45, 68, 109)
            },
        },
        {"6m": [(_USED, f"{_CARD} reports Xid 1, used by team-vision/train-0")]},
        ["4m", "15m"],
    ),
    _of_program(),
    Case(
        "GpuMemoryCorrupt",
        "one error that could not be corrected is one too many, for a quarter of an hour",
        {
            _series("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", _USED): "0x9 1x40",
            _series("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", _AND_OTHER): "7x50",
        },
        {
            "12m": [
                (
                    _USED,
                    f"{_CARD} had a memory error that could not be corrected, used by team-vision/train-0",
                )
            ]
        },
        ["9m", "30m"],
    ),
    Case(
        "GpuMemoryWears",
        "a row that is replaced is reported for an hour, old ones are not",
        {
            _series("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", _WHERE): "2x9 3x100",
            _series("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", _AND_OTHER): "5x110",
        },
        {"20m": [(_WHERE, f"{_CARD} replaced a row of its memory")]},
        ["9m", "80m"],
    ),
    Case(
        "GpuMemoryFailing",
        "a card that cannot repair itself is reported until it is gone",
        {
            _series("DCGM_FI_DEV_ROW_REMAP_FAILURE", _WHERE): "0x4 1x9 _x20",
            _series("DCGM_FI_DEV_ROW_REMAP_FAILURE", _AND_OTHER): "0x30",
        },
        {"7m": [(_WHERE, f"{_CARD} cannot repair its memory")]},
        ["4m", "25m"],
    ),
    Case(
        "NvlinkFails",
        "a link that was set up anew is reported for a quarter of an hour",
        {
            _series("DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", _USED): "0x9 1x40",
            _series("DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", _AND_OTHER): "2x50",
        },
        {"12m": [(_USED, f"NVLink of {_CARD} had to be set up anew, used by team-vision/train-0")]},
        ["9m", "30m"],
    ),
    Case(
        "NvlinkNoisy",
        "two repetitions a minute are noise, one and a half are not",
        {
            _series("DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", _WHERE): "0+1.5x70 105+2x70 245x100",
            _series("DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", _AND_OTHER): "0+1.5x240",
        },
        {"135m": [(_WHERE, f"NVLink of {_CARD} repeats what it sends")]},
        ["70m", "230m"],
    ),
    Case(
        "GpuHot",
        "85 °C may be, 86 for ten minutes may not",
        {
            _series("DCGM_FI_DEV_GPU_TEMP", _WHERE): "85x9 86x20 85x10",
            _series("DCGM_FI_DEV_GPU_TEMP", _AND_OTHER): "85x40",
        },
        {"21m": [(_WHERE, f"{_CARD} has 86 °C")]},
        ["9m", "19m", "32m"],
    ),
    Case(
        "GpuThrottled",
        "a card that is slowed for a tenth of the time or less is not reported",
        {
            _series(
                "DCGM_FI_DEV_THERMAL_VIOLATION", _USED
            ): "0+5400000000x20 108000000000+7200000000x30 324000000000x40",
            _series("DCGM_FI_DEV_THERMAL_VIOLATION", _AND_OTHER): "0+5400000000x90",
        },
        {
            "40m": [
                (
                    _USED,
                    f"{_CARD} is slowed down by heat for 12% of the time, used by team-vision/train-0",
                )
            ]
        },
        ["20m", "30m", "70m"],
    ),
    Case(
        "GpuIdle",
        "a held GPU that did nothing for an hour is reported; a free one and a busy one are not",
        {
            _series("DCGM_FI_DEV_GPU_UTIL", _USED): "90x30 4.5x100 90x9",
            _series("DCGM_FI_DEV_GPU_UTIL", _AND_OTHER): "0x140",
            _series("DCGM_FI_DEV_GPU_UTIL", _USED | {"gpu": "5"}): "5x140",
        },
        {
            "92m": [(_USED, f"{_HELD} holds {_CARD} and does not use it")],
            "115m": [(_USED, f"{_HELD} holds {_CARD} and does not use it")],
        },
        ["55m", "85m", "135m"],
    ),
    Case(
        "GpuMemoryFull",
        "99 % for ten minutes is reported, 97 % is not",
        {
            _series("DCGM_FI_DEV_FB_USED", _USED): "97x9 99x20 97x10",
            _series("DCGM_FI_DEV_FB_FREE", _USED): "3x9 1x20 3x10",
            _series("DCGM_FI_DEV_FB_USED", _AND_OTHER): "99x40",
            _series("DCGM_FI_DEV_FB_FREE", _AND_OTHER): "1x40",
        },
        {"21m": [(_USED, f"{_HELD} fills 99% of {_CARD}")]},
        ["9m", "19m", "32m"],
    ),
)
