"""A bucket with a folder for each team that no other team reaches: on the cluster itself, or on Amazon S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from components.buckets.access import BucketAccess  # noqa: TC001 (the SDK evaluates annotations of components)
from components.kubernetes.objects import KubernetesObject
from components.specs.artifact_bucket import InClusterBucketSpec
from components.team_workspace import Addresses, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.buckets.access import Bucket
    from components.kubernetes.cluster import Cluster
    from components.specs.artifact_bucket import ArtifactBucketSpec

_S3_PORTS: Final = (443,)
_POD_IDENTITY_AGENT: Final = Addresses(["169.254.170.23/32"], (80,))
"""Where pods on AWS get the credentials of their roles, on every node."""
TEAM_SECRET: Final = "artifact-bucket"  # noqa: S105 (the name of a Secret, not what is in it)


@dataclass(frozen=True)
class ArtifactBucketArgs:
    """Inputs of an ArtifactBucket."""

    spec: ArtifactBucketSpec
    """What the stack file says about the bucket."""
    cluster: Cluster
    """Where it runs."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """The namespace of each team, by the team's name; how the team reaches the bucket is put there."""


@dataclass(frozen=True)
class WayThere:
    """What a team's pods must be let through to, to reach the bucket."""

    peers: tuple[Peer, ...] = ()
    addresses: tuple[Addresses, ...] = ()


def way_there(spec: ArtifactBucketSpec, cluster: Cluster) -> WayThere:
    """The way to the bucket, known before there is one."""
    if isinstance(spec, InClusterBucketSpec):
        from components.buckets.in_cluster import NAMESPACE, S3_PORT

        return WayThere(peers=(Peer(NAMESPACE, (S3_PORT,)),))
    from components.aws.place import place_of
    from components.buckets.s3_bucket import service_cidrs

    addresses = service_cidrs(place_of(cluster.aws, "artifact_bucket"))
    return WayThere(addresses=(Addresses(addresses, _S3_PORTS), _POD_IDENTITY_AGENT))


class ArtifactBucket(pulumi.ComponentResource):
    """One bucket that exists, keeps versions and applies its lifecycle rules when `up` is done. A team reads and writes
    `teams/<team>/` and is refused everywhere else; who is nobody is refused everywhere.

    On AWS a second bucket keeps evidence that nobody can change, and a third one who read and wrote in the others.
    """

    endpoint: pulumi.Output[str]
    """Address of the S3 service."""
    bucket: pulumi.Output[str]
    """The bucket's name."""
    evidence_bucket: pulumi.Output[str] | None
    """The name of the bucket for evidence; None where the bucket is on the cluster."""
    team_secrets: pulumi.Output[dict[str, str]]
    """The Secret that says how a team reaches its folder, as `namespace/name`, by the team's name."""
    features: BucketAccess
    """The feature store's access, to `features/`."""
    backups: BucketAccess
    """Access of the feature store's backups, to their folder."""
    registry: BucketAccess
    """The model registry's access, to `registry/`."""
    registry_backups: BucketAccess
    """Access of the model registry's backups, to their folder."""

    def __init__(self, name: str, args: ArtifactBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ArtifactBucket", name, None, opts)
        self._name, self._args = name, args
        made = self._made()
        self.features, self.backups, self._models = made.features, made.backups, made.models
        self.registry, self.registry_backups = made.registry, made.registry_backups
        self.team_secrets = pulumi.Output.all(**{team: self._hand_over(team, made.teams[team]) for team in made.teams})
        self.endpoint, self.bucket, self.evidence_bucket = made.endpoint, made.name, made.evidence
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "bucket": self.bucket,
                "evidence_bucket": self.evidence_bucket,
                "team_secrets": self.team_secrets,
            }
        )

    def models(self, team: str, folders: Sequence[str]) -> BucketAccess:
        """Access of a team's model servers: these folders of the team's."""
        return self._models(team, folders)

    def _made(self) -> Bucket:
        spec, cluster, namespaces = self._args.spec, self._args.cluster, self._args.namespaces
        if isinstance(spec, InClusterBucketSpec):
            from components.buckets.in_cluster import BucketInCluster

            return BucketInCluster(self._name, spec, cluster, self).bucket(namespaces)
        from components.aws.place import place_of
        from components.buckets.on_s3 import BucketOnS3

        return BucketOnS3(self._name, spec, place_of(cluster.aws, "artifact_bucket"), self).bucket(namespaces)

    def _hand_over(self, team: str, access: BucketAccess) -> pulumi.Output[str]:
        metadata = {"name": TEAM_SECRET, "namespace": self._args.namespaces[team]}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": access.secret()}
        opts = pulumi.ResourceOptions(
            parent=self,
            provider=self._args.cluster.provider,
            additional_secret_outputs=["data", "stringData"],
        )
        return KubernetesObject(f"{self._name}-team-{team}-credentials", manifest, opts).id
