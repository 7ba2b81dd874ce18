"""Where the images of our own programs are: in Amazon ECR, or in a registry that somebody else keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import ecr

from components._versions import OURS
from components.aws.keys import customer_key
from components.aws.names import stem

if TYPE_CHECKING:
    from components.aws.place import AwsAccount
    from components.specs.image_repositories import EcrRegistry

_UNTAGGED_DAYS: Final = 14


@dataclass(frozen=True)
class ImageRepositoriesArgs:
    """Inputs of ImageRepositories."""

    spec: EcrRegistry
    """What the stack file says about them."""
    account: AwsAccount
    """Where they are."""


class ImageRepositories(pulumi.ComponentResource):
    """One repository for each of our own images. What a tag means never changes, and nodes of this account may pull."""

    repositories: pulumi.Output[dict[str, str]]
    """Address of each repository, by the image's name: what `mlplatform images push` pushes to."""

    def __init__(self, name: str, args: ImageRepositoriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ImageRepositories", name, None, opts)
        self._name, self._args = name, args
        self._key_arn = customer_key(name, args.account, purpose="Images of our own programs", parent=self).arn
        self.repositories = pulumi.Output.all(**{image: self._repository(image) for image in OURS})
        self.register_outputs({"repositories": self.repositories})

    def _repository(self, image: str) -> pulumi.Output[str]:
        account = self._args.account
        repository = ecr.Repository(
            f"{self._name}-{image}",
            # `mlplatform images push <registry>/<stem>` adds the image's name, as with any other registry.
            name=f"{stem()}/{image}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": self._key_arn}],
            # Pods could not be started again without their images.
            force_delete=account.disposable,
            opts=account.protected(self),
        )
        ecr.LifecyclePolicy(
            f"{self._name}-{image}",
            repository=repository.name,
            policy=json.dumps({"rules": [self._untagged(), self._most()]}),
            opts=account.options(self),
        )
        return repository.repository_url

    def _untagged(self) -> dict[str, object]:
        return {
            "rulePriority": 1,
            "description": "Images that no tag names any more",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": _UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        }

    def _most(self) -> dict[str, object]:
        return {
            "rulePriority": 2,
            "description": "More images than are kept",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": self._args.spec.keep_images,
            },
            "action": {"type": "expire"},
        }
