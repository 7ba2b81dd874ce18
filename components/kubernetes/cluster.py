"""What each component must know of the cluster that the platform runs on, however that came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_kubernetes import Provider

    from components.aws.place import AwsPlace


class Cluster(Protocol):
    """A Kubernetes cluster that components put objects on."""

    @property
    def provider(self) -> Provider:
        """The way to its API server."""

    @property
    def keep_crds(self) -> bool:
        """Whether what people made on it would be missed: custom resource definitions stay when the platform is
        destroyed, and a team's namespace is protected."""

    @property
    def machines(self) -> Sequence[pulumi.Resource]:
        """What buys machines for pods and gives them back. What has a pod on each machine depends on it, and so is
        destroyed before: pods that are left on machines that are gone keep their namespace for another minute."""

    @property
    def aws(self) -> AwsPlace | None:
        """The AWS account around it, where other resources may be created; absent on a cluster that was there before,
        even if that one runs on AWS: nothing is known of its network."""
