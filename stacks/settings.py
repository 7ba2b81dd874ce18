"""The settings of a stack: the sum of the components' specs, one key of the stack file each."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from components._spec import Spec
from components.capacity import Capacity
from components.specs.artifact_bucket import ArtifactBucketSpec, InClusterBucketSpec
from components.specs.capacity import CapacitySpec, Team
from components.specs.cluster import ClusterSpec, ExistingClusterSpec
from components.specs.feature_store import FeatureStoreSpec
from components.specs.gpu_serving_pool import GpuServingPoolSpec
from components.specs.guardrails import GuardrailsSpec
from components.specs.image_repositories import ForeignRegistry, ImageRepositoriesSpec
from components.specs.model_registry import ModelRegistrySpec
from components.specs.monitoring_stack import MonitoringStackSpec
from components.specs.training_cluster import TrainingClusterSpec
from stacks import _agreement, _findings, _neighbours, _places, _source
from stacks._report import HIDDEN, Problem, SettingsError, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["Settings", "SettingsError"]


class Settings(Spec):
    """Everything that a stack file can say. What is left out has a default that is safe in production."""

    cluster: ClusterSpec = ExistingClusterSpec()
    """Which Kubernetes cluster the platform runs on."""
    capacity: CapacitySpec
    """The GPU machines."""
    teams: tuple[Team, ...] = ()
    """Who shares them."""
    training: TrainingClusterSpec = TrainingClusterSpec()
    """Queues, gangs and runtimes for training jobs."""
    serving: GpuServingPoolSpec = GpuServingPoolSpec()
    """Model servers and the models that they serve."""
    feature_store: FeatureStoreSpec = FeatureStoreSpec()
    """Features, online and offline."""
    registry: ModelRegistrySpec | None = None
    """The registry of models and record of experiments; absent: there is none."""
    artifact_bucket: ArtifactBucketSpec = InClusterBucketSpec()
    """The bucket for datasets, checkpoints and models."""
    monitoring: MonitoringStackSpec = MonitoringStackSpec()
    """Metrics, logs, alerts and dashboards."""
    images: ImageRepositoriesSpec = ForeignRegistry()
    """Where the images of our own programs are."""
    guardrails: GuardrailsSpec = GuardrailsSpec()
    """The platform's rules, enforced by the API server."""

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Settings:
        """The settings of a stack file; raises SettingsError with all that is wrong in it.

        Encrypted values stay placeholders: only the engine can read them.
        """
        from pathlib import Path

        return _settings(_source.from_file(Path(path)))

    @classmethod
    def from_config(cls) -> Settings:
        """The settings of the stack whose program is running; raises SettingsError with all that is wrong."""
        return _settings(_source.from_engine())

    @cached_property
    def sharing(self) -> Capacity:
        """Pools and teams in one model, from which queues, quotas and simulated nodes are derived."""
        return Capacity(self.capacity.pools, self.teams)


def _settings(source: _source.Source) -> Settings:
    try:
        settings = Settings.model_validate_json(json.dumps(source.sections), strict=True)
        found = []
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems = [*source.problems, *_disagreements(source)]
    if found or source.encrypted:
        schema = Settings.model_json_schema()
        problems.extend(_findings.problems(found, source, schema))
        problems.extend(_findings.needlessly_encrypted(source, schema))
    if problems:
        raise SettingsError(source.name, problems)
    return settings


def _disagreements(source: _source.Source) -> Iterator[Problem]:
    found = list(_agreement.disagreements(source.sections))
    if source.neighbours is not None:
        found += _neighbours.contradictions(source.sections, source.stack, source.neighbours, _source.PROJECT)
    for each in found:
        got = HIDDEN if source.is_secret(each.steps) else shown(each.got, each.steps)
        yield source.problem(each.steps, each.wrong, got, each.remedy)
    if cluster := _agreement.cluster(source.sections):
        yield from _places.misnamed(source.stack, cluster)
