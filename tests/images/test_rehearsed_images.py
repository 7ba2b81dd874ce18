"""What a stack runs in a rehearsal goes by tag or by digest as the stack's rules want, and each digest is the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cli import rehearsal_images
from cli.stack_files import stack_file
from components._versions import IMAGES, OURS, Image
from components.specs.model_delivery import ModelDeliverySpec
from rehearsal.images import Source
from rehearsal.progress import Silent
from stacks.settings import Settings
from tests.images.workbench import store

if TYPE_CHECKING:
    from pathlib import Path

MADE = Image("registry.example/made/tool", "v1.2.3")
NOWHERE = Image("registry.example/other", "1")
WRONG = f"sha256:{'0' * 64}"


def settings(stack: str, delivery: ModelDeliverySpec | None = None) -> Settings:
    """Of a stack, with or without releases."""
    return Settings.load(stack_file(stack)).model_copy(update={"delivery": delivery})


def test_a_stack_without_a_cloud_waits_for_nothing_that_only_clouds_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal_images, "IMAGES", IMAGES)
    local, prod = (rehearsal_images.tagged(settings(stack)) for stack in ("local", "prod"))
    ray = {IMAGES[name].tagged for name in IMAGES if "ray" in name}
    # No stack of the repository has a hook that wants the collector, and on AWS none has Ray.
    wanted = {image.tagged for name, image in IMAGES.items() if name != "otel-collector"} - ray
    assert set(prod) == wanted
    assert set(local) - ray < wanted
    assert IMAGES["karpenter"].tagged not in local


@pytest.fixture(autouse=True)
def _platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal_images, "IMAGES", {"tool": MADE, "other": NOWHERE})


def test_a_stack_that_may_use_tags_gets_no_lock(tmp_path: Path) -> None:
    found = rehearsal_images.obtain("local", settings("local"), store(tmp_path), Silent())
    assert found.references == (MADE.tagged, NOWHERE.tagged)
    assert found.lock is None


def test_a_stack_that_must_use_digests_gets_those_of_what_was_made(tmp_path: Path) -> None:
    images = store(tmp_path)
    found = rehearsal_images.obtain("prod", settings("prod"), images, Silent())
    (made,) = images.ensure([MADE.tagged], Silent())
    assert found.lock
    assert found.lock.images[MADE.tagged] == made.digest
    assert found.references[0] == replace(MADE, digest=made.digest).reference
    assert images.origin(found.references[0]).source is Source.MADE


def test_our_own_image_is_wanted_where_there_are_releases_and_goes_by_a_digest_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = ModelDeliverySpec(domain="models.example.org")
    own = OURS["release-controller"].tagged
    assert own in rehearsal_images.tagged(settings("prod", releases))
    assert own not in rehearsal_images.tagged(settings("prod"))
    monkeypatch.setattr(rehearsal_images, "OURS", {"release-controller": MADE})
    images = store(tmp_path)
    found = rehearsal_images.obtain("prod", settings("prod", releases), images, Silent())
    (made,) = images.ensure([MADE.tagged], Silent())
    assert found.lock
    assert found.lock.ours == {f"release-controller:{MADE.tag}": f"{MADE.repository}@{made.digest}"}


def test_what_cannot_be_had_has_a_digest_that_names_nothing(tmp_path: Path) -> None:
    images = store(tmp_path)
    found = rehearsal_images.obtain("prod", settings("prod"), images, Silent())
    assert images.origin(found.references[1]).source is Source.UNAVAILABLE
    assert found == rehearsal_images.obtain("prod", settings("prod"), images, Silent())


def test_a_digest_of_the_projects_lock_that_cannot_be_had_is_not_passed_off_as_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal_images, "IMAGES", {"tool": replace(MADE, digest=WRONG)})
    found = rehearsal_images.obtain("prod", settings("prod"), store(tmp_path), Silent())
    assert found.lock
    assert found.lock.images[MADE.tagged] != WRONG


def test_where_no_pod_runs_every_image_still_has_a_digest() -> None:
    found = rehearsal_images.obtain("prod", settings("prod"), None, Silent())
    assert found.references == ()
    assert found.lock
    assert set(found.lock.images) == {MADE.tagged, NOWHERE.tagged}
