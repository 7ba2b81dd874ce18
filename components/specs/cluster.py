"""Which cluster the platform runs on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components._spec import Spec


class ExistingClusterSpec(Spec):
    """A Kubernetes cluster that is already there."""

    kind: Literal["existing"] = "existing"
    """How the cluster comes to be."""
    kubeconfig: str | None = None
    """Path of the kubeconfig file; absent means `KUBECONFIG` of the environment, else `~/.kube/config`."""
    context: str | None = None
    """Context of the kubeconfig file; absent means its current one."""
    keep_crds: bool = True
    """Whether destroy leaves the custom resource definitions, and with them everybody's objects."""
    requests_per_second: int = Field(default=500, ge=1)
    """How many requests a second the provider may send to the API server."""


ClusterSpec = ExistingClusterSpec
