"""Alerts about what the platform does on schedule: backups, drills that try them, and the rest."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_DUE: Final = "mlplatform_schedule_success_due_timestamp_seconds"
_LATE: Final = "was due {{ $value | humanizeDuration }} ago"
_NAMED: Final = "{{ $labels.schedule_namespace }}/{{ $labels.schedule }}"
_BY: Final = "max by (schedule_namespace, schedule)"
_READ: Final = "`kubectl get jobs -n <namespace>`, then the log of the newest one's pod."
_NOT_STARTED: Final = (
    "No job there? `kubectl describe cronjob -n <namespace> <name>`: it is suspended, or a job is refused."
)

GROUP: Final = Group(
    "schedules",
    alerts=(
        Alert(
            "BackupLate",
            f'{_BY} (time() - {_DUE}{{schedule=~".+-backup"}}) > 0',
            "critical",
            f"A backup by {_NAMED} {_LATE}",
            "What was changed since the last backup is lost if the database is.",
            (_READ, _NOT_STARTED, "When it is mended: `mlplatform drill --backup-first` makes one and tries it."),
        ),
        Alert(
            "DrillFailed",
            f'{_BY} (mlplatform_schedule_last_run_failed{{schedule=~".+-drill"}}) == 1',
            "critical",
            f"The last drill by {_NAMED} could not restore the newest backup",
            "If the database were lost now, its newest backup might not bring it back.",
            (
                "`mlplatform drill --list` says what was wrong, and which backup an earlier drill could restore.",
                "`mlplatform drill --backup-first` makes a new backup and tries it. If that succeeds, the older one is "
                "damaged: find out who writes to its folder of the bucket.",
                "If it fails too, do nothing that needs the backup before you know why.",
            ),
        ),
        Alert(
            "ScheduleLate",
            f'{_BY} (time() - {_DUE}{{schedule!~".+-backup"}}) > 0',
            "warning",
            f"A success of {_NAMED} {_LATE}",
            "What it does was not done: features are not filled, or backups and values are not tried.",
            (_READ, _NOT_STARTED),
            minutes=10,
        ),
        Alert(
            "SchedulesUnknown",
            "absent(mlplatform_schedules)",
            "critical",
            "Nobody says whether backups are made",
            "The exporter of schedules gives nothing, so that no alert of a late backup or a failed drill can come.",
            (
                "`kubectl get pods -n monitoring -l app.kubernetes.io/name=schedule-exporter`, then its log.",
                "Prometheus' page `Status > Target health` has the error of reading it.",
            ),
            minutes=10,
        ),
    ),
)
