"""Every command of README and docs, run as it is printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from rehearsal.own_control_plane import own_control_plane
from tests.rehearsal.conftest import NAME, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.rehearsal

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "make test": "is what runs this test; `.ci/run` calls it too",
    "make down": "is run by test_destroy.py, after everything else",
}


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of that language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


COMMANDS = {
    f"{page.stem}-{number}": block
    for page in PAGES
    for number, block in enumerate(blocks(page, "sh"))
    if block.strip() not in ELSEWHERE
}
ON_OWN_CLUSTER = {name: block for name, block in COMMANDS.items() if "stack init" in block}
HERE = {name: block for name, block in COMMANDS.items() if name not in ON_OWN_CLUSTER}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project as a clone would have it, with this environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = tmp_path / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, target)
    (tmp_path / "project" / ".venv").symlink_to(PROJECT / ".venv")
    return tmp_path / "project"


def environment(platform: Platform, block: str) -> dict[str, str]:
    """The user's own shell for `make` and `mlplatform`; for `pulumi` the one that `rehearse shell` opens."""
    if "pulumi " not in block:
        return os.environ | {"MLPLATFORM_REHEARSAL": NAME}
    rehearsed = platform.home.environment()
    if "stack init" in block:
        # As with an engine that knows nothing of a rehearsal, but for its passphrase.
        rehearsed = {key: value for key, value in rehearsed.items() if not key.startswith("PULUMI_OPTION_")}
        del rehearsed["PULUMI_STACK"]
        rehearsed["PATH"] = f"{platform.home.program.parent}:{rehearsed['PATH']}"
    return rehearsed


@pytest.fixture(scope="module")
def own_cluster(platform: Platform) -> Iterator[Path]:
    """The kubeconfig of a cluster that has no platform yet."""
    assert platform.summary["ready"]
    with own_control_plane("own-cluster") as session:
        yield session.kubeconfig


def succeeds(shell: list[str], directory: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(shell, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", ON_OWN_CLUSTER.values(), ids=ON_OWN_CLUSTER.keys())
def test_the_commands_for_a_cluster_of_ones_own_work(
    platform: Platform, checkout: Path, own_cluster: Path, tmp_path: Path, block: str
) -> None:
    backend = tmp_path / "backend"
    backend.mkdir()
    own = {"KUBECONFIG": str(own_cluster), "PULUMI_BACKEND_URL": f"file://{backend}"}
    succeeds(["sh", "-euc", block], checkout, environment(platform, block) | own)


@pytest.mark.parametrize("block", HERE.values(), ids=HERE.keys())
def test_the_commands_of_a_page_work(platform: Platform, checkout: Path, block: str) -> None:
    shell = ["sh", "-euc", block]
    inside = "pulumi " in block
    # What writes files writes them into a copy; what sets the project up must not mistake a copy for it.
    succeeds(
        platform.session.command(shell) if inside else shell,
        checkout if inside else PROJECT,
        environment(platform, block),
    )


def test_the_stack_file_of_the_readme_is_the_one_that_runs() -> None:
    actual = (PROJECT / "stacks" / "Pulumi.local.yaml").read_text()
    for block in blocks(PROJECT / "README.md", "yaml"):
        assert block in actual


def test_the_transcript_of_the_readme_is_the_recorded_one() -> None:
    recorded = (PROJECT / "docs" / "recordings" / "make-up.txt").read_text()
    assert recorded in (PROJECT / "README.md").read_text()


def test_every_link_of_a_page_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
