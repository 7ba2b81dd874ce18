"""What must be heard of: rules of alerts and of the series that they and the dashboards are made from.

They are tables of Python, so that a rule cannot lack a severity, an owner or a runbook, and so that rules for each
endpoint and queue come from the stack file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from components.monitoring.alerts import features, gpu, objectives, platform, schedules, serving, storage, training
from components.monitoring.alerts.rule import Alert, Group, Recording, runbooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.specs.capacity import Team
    from components.specs.gpu_serving_pool import ServedModel

__all__ = ["AREAS", "Alert", "Group", "Recording", "groups", "rule_files", "runbooks", "runbooks_of_all"]

AREAS: Final = (
    platform.GROUP,
    gpu.GROUP,
    training.GROUP,
    serving.GROUP,
    features.GROUP,
    storage.GROUP,
    schedules.GROUP,
)
"""Rules that do not depend on the stack file."""


def groups(models: Sequence[ServedModel], teams: Sequence[Team], window_days: int) -> list[Group]:
    """All rules of a stack."""
    wanted = [_wanted(model) for model in models]
    endpoints = [Group("endpoints", wanted)] if wanted else []
    return [*AREAS, *endpoints, *objectives.groups(objectives.objectives(models, teams), window_days)]


def rule_files(groups: Sequence[Group]) -> dict[str, str]:
    """The rule files by name."""
    return {f"{group.area}.yaml": group.file() for group in groups}


def runbooks_of_all() -> str:
    """Sections of the runbooks of every alert that any stack can have."""
    return runbooks([*AREAS, objectives.ALERTS])


def _wanted(model: ServedModel) -> Recording:
    """How many replicas an endpoint should have, and of which version, whether or not it has any."""
    labels = {"team": model.team, "model": model.name, "version": model.digest}
    return Recording("endpoint:replicas:wanted", f"vector({model.replicas})", labels)
