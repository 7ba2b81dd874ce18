"""The stack that is looked at, and the names by which its parts are found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.specs.cluster import EksClusterSpec
    from stacks.settings import Settings
    from tests.live.reading import Aws, Kubernetes

PROJECT: Final = "mlplatform"


@dataclass(frozen=True)
class Deployed:
    """A stack as its file wants it, and the ways to look at what there is."""

    stack: str
    settings: Settings
    kubernetes: Kubernetes
    reached: Aws | None
    """None: the stack has nothing in AWS."""

    @property
    def aws(self) -> Aws:
        """Its account; a test of a stack that has none is skipped."""
        if self.reached is None:
            pytest.skip(f"{self.stack} has nothing in AWS")
        return self.reached

    @property
    def real(self) -> bool:
        """Whether it is AWS itself that answers."""
        return self.aws.endpoint is None

    @property
    def cluster(self) -> EksClusterSpec:
        """The cluster's section of the stack file; a test of a stack without AWS is skipped."""
        if self.settings.cluster.kind != "eks":
            pytest.skip(f"{self.stack} has nothing in AWS")
        return self.settings.cluster

    @property
    def cluster_name(self) -> str:
        """As EKS knows it."""
        return self.cluster.name or self.stem

    @property
    def stem(self) -> str:
        """What the names of its resources begin with."""
        return f"{PROJECT}-{self.stack}"

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that everything must have."""
        return self.cluster.tags.as_aws()

    @property
    def own(self) -> list[dict[str, Any]]:
        """Filters of EC2 for what is the stack's."""
        return [{"Name": f"tag:{key}", "Values": [self.tags[key]]} for key in ("environment", "managed-by", "owner")]

    def ec2(self, operation: str, answer: str) -> list[dict[str, Any]]:
        """The stack's things of one kind in EC2."""
        return self.aws.all("ec2", operation, answer, Filters=self.own)

    @cached_property
    def buckets(self) -> list[str]:
        """Names of its buckets."""
        bucket = self.settings.artifact_bucket
        prefix = getattr(bucket, "name_prefix", None) or self.stem
        listed = self.aws.client("s3").list_buckets()["Buckets"]
        return [each["Name"] for each in listed if each["Name"].startswith(f"{prefix}-")]

    @cached_property
    def key_ids(self) -> list[str]:
        """Its keys in the stack's own region, by their aliases."""
        aliases = self.aws.all("kms", "list_aliases", "Aliases")
        beginning = f"alias/{PROJECT}/{self.stack}/"
        return [each["TargetKeyId"] for each in aliases if each["AliasName"].startswith(beginning)]

    @cached_property
    def log_groups(self) -> list[dict[str, Any]]:
        """Its log groups."""
        groups = self.aws.all("logs", "describe_log_groups", "logGroups")
        return [each for each in groups if f"/{self.stem}" in each["logGroupName"]]
