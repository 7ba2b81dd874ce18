"""Alerts about backups, drills and what else runs on schedule. Time begins with 0 in promtool."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case


def due(schedule: str) -> str:
    """When the next success is due, in seconds."""
    return (
        "mlplatform_schedule_success_due_timestamp_seconds"
        f'{{schedule_namespace="feature-store", schedule="{schedule}", pod="a"}}'
    )


def failed(schedule: str) -> str:
    """Whether the last run failed."""
    return f'mlplatform_schedule_last_run_failed{{schedule_namespace="feature-store", schedule="{schedule}", pod="a"}}'


def labels(schedule: str) -> dict[str, str]:
    return {"schedule_namespace": "feature-store", "schedule": schedule}


CASES: Final = (
    Case(
        "BackupLate",
        "a backup is late from the second after it was due until there is one",
        {due("registry-backup"): "6000x100 6059x20 13200x100", due("registry-drill"): "60x220"},
        {"101m": [(labels("registry-backup"), "A backup by feature-store/registry-backup was due 1s ago")]},
        ["99m", "100m", "125m"],
    ),
    Case(
        "DrillFailed",
        "a failed drill is reported until one succeeds, and another job's failure is not this",
        {failed("registry-drill"): "0x9 1x10 0x20", failed("registry-backup"): "1x40"},
        {
            "12m": [
                (
                    labels("registry-drill"),
                    "The last drill by feature-store/registry-drill could not restore the newest backup",
                )
            ]
        },
        ["9m", "25m"],
    ),
    Case(
        "ScheduleLate",
        "ten minutes after a success was due it is late; backups have an alert of their own",
        {due("materialisation"): "6000x100 6059x20 13200x100", due("registry-backup"): "60x220"},
        {"111m": [(labels("materialisation"), "A success of feature-store/materialisation was due 10m 1s ago")]},
        ["100m", "110m", "125m"],
    ),
    Case(
        "SchedulesUnknown",
        "an exporter that gives nothing is reported, one that knows of no schedule is not",
        {'mlplatform_schedules{pod="a"}': "0x9 _x20 0x20"},
        {"26m": [({}, "Nobody says whether backups are made")]},
        ["9m", "22m", "35m"],
    ),
)
