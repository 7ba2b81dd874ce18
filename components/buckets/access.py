"""What a bucket hands to those who use it, the same wherever the bucket is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.aws.identity import Statement

BACKUPS: Final = "backups/feature-store/"
"""The folder of the feature store's backups. It is not below the feature store's own: who can spoil what is backed up
should not be able to spoil the backup."""
REGISTRY: Final = "registry/"
"""The folder of the model registry: what teams log and register there, each in a folder of its own below it."""
REGISTRY_BACKUPS: Final = "backups/model-registry/"
"""The folder of the backups of the model registry's database."""


@dataclass(frozen=True)
class AccessKey:
    """What a store that knows passwords knows a party by."""

    identity: str
    """The access key, which is no secret."""
    secret: pulumi.Output[str]
    """The secret that belongs to it."""

    def file(self) -> pulumi.Output[str]:
        """The credentials file of AWS' tools."""
        return pulumi.Output.format(
            "[default]\naws_access_key_id = {0}\naws_secret_access_key = {1}\n", self.identity, self.secret
        )


@dataclass(frozen=True)
class BucketAccess:
    """How one party reaches its folder of the bucket: by a key, or by the role that its pods have."""

    bucket: pulumi.Input[str]
    """The bucket's name."""
    prefix: str
    """The folder, ending in a slash; empty: the whole bucket."""
    environment: Mapping[str, pulumi.Input[str]]
    """What AWS' tools need besides credentials; nothing in it is secret."""
    key: AccessKey | None = None
    """Absent where pods have roles."""
    rights: Sequence[Statement] = ()
    """What a role must allow, where pods have roles."""
    encryption_key_arn: pulumi.Input[str] | None = None
    """The KMS key of all objects; None where the bucket is not on AWS."""

    def secret(self) -> dict[str, pulumi.Input[str]]:
        """What a party is handed: all of the above as variables, and a key as a file too."""
        handed: dict[str, pulumi.Input[str]] = {**self.environment, "BUCKET": self.bucket, "PREFIX": self.prefix}
        if self.key is not None:
            handed |= {"AWS_ACCESS_KEY_ID": self.key.identity, "AWS_SECRET_ACCESS_KEY": self.key.secret}
            handed["credentials"] = self.key.file()
        return handed


@dataclass(frozen=True)
class Bucket:
    """A bucket that can be used."""

    endpoint: pulumi.Output[str]
    """Address of the S3 service."""
    name: pulumi.Output[str]
    """The bucket's name."""
    features: BucketAccess
    """Access to `features/`."""
    backups: BucketAccess
    """Access to the backups of the feature store's registry; of nobody else."""
    registry: BucketAccess
    """Access to the model registry's folder; a team's credentials do not reach it."""
    registry_backups: BucketAccess
    """Access to the backups of the model registry's database; of nobody else."""
    teams: Mapping[str, BucketAccess]
    """Access of each team to `teams/<team>/`, by the team's name."""
    models: Callable[[str, Sequence[str]], BucketAccess]
    """Access of a team's model servers to some of its folders."""
    evidence: pulumi.Output[str] | None = None
    """The bucket in which nothing can be changed; None where there is none."""
