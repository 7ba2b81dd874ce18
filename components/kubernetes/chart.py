"""Third-party systems from their projects' own Helm charts, unmodified.

Charts come from their OCI registries, or from a directory of unpacked charts named by `MLPLATFORM_CHARTS` (a
machine without a registry, an air-gapped site). `MLPLATFORM_OMIT_WEBHOOKS=1` leaves out what makes the API
server call a controller, for a control plane on which no controller runs.

Custom resource definitions are installed apart from the rest of their chart: before any controller starts,
upgraded with it, and, where the cluster says so, kept on destroy with everybody's objects.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.helm.v4 import Chart as HelmChart
from pulumi_kubernetes.helm.v4 import PostRendererArgs

from components._versions import CHARTS, Chart
from components.kubernetes.objects import field_manager

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.kubernetes.cluster import Cluster

CHARTS_DIRECTORY: Final = "MLPLATFORM_CHARTS"
OMIT_WEBHOOKS: Final = "MLPLATFORM_OMIT_WEBHOOKS"
_FILTER: Final = str(Path(__file__).with_name("manifests.py"))


def definitions(
    name: str,
    chart: str,
    cluster: Cluster,
    *,
    namespace: pulumi.Input[str],
    parent: pulumi.Resource,
    values: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    without_schema: Sequence[str] = (),
) -> HelmChart:
    """The custom resource definitions of a chart of the version table, as resource `name`: all of them, or ``only``
    those of these names. Those ``without_schema`` admit any field."""
    flags = ["--keep"] if cluster.keep_crds else []
    flags += [f"--only={each}" for each in only] + [f"--open={each}" for each in without_schema]
    return _install(name, CHARTS[chart], cluster, namespace, values, parent, (), ("definitions", *flags))


def objects(
    name: str,
    chart: str,
    cluster: Cluster,
    *,
    namespace: pulumi.Input[str],
    parent: pulumi.Resource,
    values: Mapping[str, Any],
    depends_on: Sequence[pulumi.Resource] = (),
) -> HelmChart:
    """Everything but definitions of a chart of the version table; done when its workloads are ready."""
    return _install(name, CHARTS[chart], cluster, namespace, values, parent, depends_on, ("objects",))


def _install(
    name: str,
    chart: Chart,
    cluster: Cluster,
    namespace: pulumi.Input[str],
    values: Mapping[str, Any] | None,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
    part: tuple[str, ...],
) -> HelmChart:
    flags = ("--omit-webhooks",) if os.environ.get(OMIT_WEBHOOKS) == "1" else ()
    annotate = [argument for key, value in field_manager().items() for argument in ("--annotate", f"{key}={value}")]
    address, version = _source(chart)
    return HelmChart(
        name,
        chart=address,
        version=version,
        # Charts name their objects after the release: so they have the names of the project's documentation.
        name=chart.name,
        namespace=namespace,
        values=dict(values or {}),
        skip_crds=part[0] == "objects",
        # Not the interpreter's environment: the filter needs the standard library alone.
        post_renderer=PostRendererArgs(command=sys.executable, args=["-I", "-S", _FILTER, *part, *annotate, *flags]),
        opts=pulumi.ResourceOptions(parent=parent, provider=cluster.provider, depends_on=list(depends_on)),
    )


def _source(chart: Chart) -> tuple[str, str | None]:
    """Where the chart is, and the version to ask a registry for."""
    directory = os.environ.get(CHARTS_DIRECTORY)
    if not directory:
        return chart.reference, chart.version
    path = Path(directory) / chart.directory
    if not (path / "Chart.yaml").is_file():
        raise pulumi.RunError(
            f"{CHARTS_DIRECTORY}: holds no chart {chart.directory}, got {directory}; unpack version "
            f"{chart.version} of {chart.reference} there, or unset {CHARTS_DIRECTORY} to use the registry"
        )
    return str(path), None
