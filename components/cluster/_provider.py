"""The way to a cluster's API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import KubeClientSettingsArgs, Provider

if TYPE_CHECKING:
    import pulumi


def kubernetes_provider(
    name: str,
    kubeconfig: pulumi.Input[str] | None,
    *,
    requests_per_second: int,
    opts: pulumi.ResourceOptions,
    context: str | None = None,
    cluster_identifier: pulumi.Input[str] | None = None,
) -> Provider:
    """A provider for the cluster of a kubeconfig, by path or content. With a `cluster_identifier` its objects are made
    anew when that changes, without one when the kubeconfig's cluster does."""
    return Provider(
        name,
        kubeconfig=kubeconfig,
        context=context,
        cluster_identifier=cluster_identifier,
        # A changed ConfigMap or Secret is updated under its name; what mounts it must notice by itself.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        kube_client_settings=KubeClientSettingsArgs(qps=requests_per_second, burst=2 * requests_per_second),
        opts=opts,
    )
