"""The lock of images: what it holds is what goes into references, and what it should not hold is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from components._image_lock import LOCK_FILE, OTHER_LOCK, ImageLock, ImageLockError
from components._versions import CHARTS, IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST = "sha256:" + "7" * 64
ROOT = Path(__file__).parents[2]
SHOW = "from components._versions import *; print(IMAGES['kueue'].reference, CHARTS['kueue'].reference)"


def references(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What a process of its own calls an image and a chart."""
    argv = [sys.executable, "-c", SHOW]
    return subprocess.run(argv, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False)


def test_without_a_lock_everything_goes_by_its_tag(tmp_path: Path) -> None:
    assert ImageLock.read(tmp_path / "absent.json") == ImageLock()


def test_a_locked_image_and_a_locked_chart_go_by_their_digests(tmp_path: Path) -> None:
    image, chart = IMAGES["kueue"], CHARTS["kueue"]
    file = tmp_path / "lock.json"
    file.write_text(ImageLock({chart.tagged: DIGEST}, {image.tagged: DIGEST}).text())
    done = references({OTHER_LOCK: str(file)})
    assert done.stdout.split() == [f"{image.tagged}@{DIGEST}", f"{chart.repository}/kueue@{DIGEST}"], done.stderr


def test_a_digest_of_another_tag_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "lock.json"
    file.write_text(ImageLock(images={f"{IMAGES['kueue'].repository}:v0.0.1": DIGEST}).text())
    assert "@" not in references({OTHER_LOCK: str(file)}).stdout


def test_the_environment_can_switch_the_lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OTHER_LOCK, "off")
    assert ImageLock.of_environment() == ImageLock()


def test_the_project_itself_keeps_its_lock_beside_its_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OTHER_LOCK, raising=False)
    assert LOCK_FILE.parent == ROOT / "components"
    assert ImageLock.of_environment() == ImageLock.read(LOCK_FILE)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    lock = ImageLock(
        {"r/c:1": DIGEST}, {"r/i:1": DIGEST, "a/i:1": DIGEST}, {"ours:1": f"registry.example/ours@{DIGEST}"}
    )
    file = tmp_path / "lock.json"
    file.write_text(lock.text())
    assert ImageLock.read(file) == lock
    assert lock.text().index("a/i") < lock.text().index("r/i")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("{", "cannot be read"),
        ("[]", "is no lock of images"),
        ('{"image": {}}', "is no lock of images"),
        ('{"images": []}', "images: must be a mapping, got []"),
        ('{"images": {"r/i:1": "latest"}}', "images: r/i:1: must be a digest (sha256:…), got 'latest'"),
        ('{"images": {"r/i:1": null}}', "images: r/i:1: must be a digest (sha256:…), got None"),
    ],
)
def test_a_damaged_lock_is_an_error_that_names_the_file(tmp_path: Path, content: str, wrong: str) -> None:
    file = tmp_path / "lock.json"
    file.write_text(content)
    with pytest.raises(ImageLockError) as caught:
        ImageLock.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert wrong in str(caught.value)
    assert str(caught.value).endswith("restore it, or delete it and lock again")
