"""Repositories for images of our own: what a tag means never changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from components._versions import OURS
from components.image_repositories import ImageRepositories, ImageRepositoriesArgs
from components.specs.image_repositories import EcrRegistry
from tests.components.aws_place import cluster_on_aws
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording


def repositories(*, disposable: bool = False) -> Recording:
    def program() -> None:
        spec = EcrRegistry(kind="ecr", keep_images=7)
        ImageRepositories("images", ImageRepositoriesArgs(spec, cluster_on_aws(disposable=disposable).aws))

    return record(program)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return repositories()


def test_each_image_of_ours_has_a_repository_whose_tags_cannot_be_moved(recording: Recording) -> None:
    made = recording.of_type("ecr/repository:Repository")
    assert {each.inputs["name"] for each in made.values()} == {f"mlplatform-test/{image}" for image in OURS}
    for each in made.values():
        assert each.inputs["imageTagMutability"] == "IMMUTABLE"
        assert each.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert each.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": "arn:aws:kms:::images"}]


def test_the_oldest_images_and_those_without_a_tag_go(recording: Recording) -> None:
    for each in recording.of_type("ecr/lifecyclePolicy:LifecyclePolicy").values():
        untagged, most = json.loads(each.inputs["policy"])["rules"]
        assert untagged["selection"]["tagStatus"] == "untagged"
        assert most["selection"]["countNumber"] == 7


def test_images_are_lost_with_a_disposable_stack_only(recording: Recording) -> None:
    disposable = repositories(disposable=True)
    for image in OURS:
        kept, lost = (each.of_type("ecr/repository:Repository")[f"images-{image}"] for each in (recording, disposable))
        assert (kept.protect, kept.inputs["forceDelete"]) == (True, False)
        assert (lost.protect, lost.inputs["forceDelete"]) == (False, True)
