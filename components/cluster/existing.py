"""A Kubernetes cluster that is already there: on premises, of any vendor, or a rehearsal's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import Provider  # noqa: TC002 (the SDK evaluates annotations of components)

from components.cluster._provider import kubernetes_provider

if TYPE_CHECKING:
    from components.specs.cluster import ExistingClusterSpec


@dataclass(frozen=True)
class ExistingClusterArgs:
    """Inputs of an ExistingCluster."""

    spec: ExistingClusterSpec


class ExistingCluster(pulumi.ComponentResource):
    """Reaches a cluster by a kubeconfig; creates nothing on it and destroys nothing of it.

    Raises pulumi.RunError where the stack file names a kubeconfig that does not exist.
    """

    provider: Provider
    keep_crds: bool
    machines: tuple[pulumi.Resource, ...] = ()
    aws: None = None

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ExistingCluster", name, None, opts)
        spec = args.spec
        self.keep_crds = spec.keep_crds
        self.provider = kubernetes_provider(
            name,
            _kubeconfig(spec.kubeconfig),
            context=spec.context,
            requests_per_second=spec.requests_per_second,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"keep_crds": self.keep_crds})


def _kubeconfig(chosen: str | None) -> str | None:
    """The absolute path of the chosen kubeconfig; relative ones lie under the project's root."""
    if chosen is None:
        return None
    path = Path(pulumi.get_root_directory(), Path(chosen).expanduser())
    if not path.is_file():
        raise pulumi.RunError(
            f'mlplatform:cluster.kubeconfig: names no file, got "{chosen}"; give the path of a kubeconfig, '
            "or leave it out to use KUBECONFIG of the environment"
        )
    return str(path)
