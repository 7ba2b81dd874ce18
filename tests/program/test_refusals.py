"""A mistake of the user ends the program with its report, and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.program.recording import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

GOOD = (ROOT / "stacks" / "Pulumi.local.yaml").read_text()


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """A stack file where the engine would look for it."""
    path = tmp_path / "stacks" / "Pulumi.bad.yaml"
    path.parent.mkdir()
    return path


def test_the_report_names_file_and_lines(stack_file: Path) -> None:
    stack_file.write_text("config:\n  mlplatform:capacity: {pools: []}\n  mlplatform:team: []\n")
    done = run(stack_file)
    assert done.returncode == 32
    assert done.stderr.splitlines() == [
        f"{stack_file}: 2 errors",
        "  mlplatform:capacity.pools: has too few entries, got a list; at least 1 (line 2)",
        '  mlplatform:team: is no known key, got "team"; did you mean teams? (line 3)',
    ]


def test_settings_that_are_not_from_the_stack_file_are_reported_without_lines(tmp_path: Path) -> None:
    elsewhere = tmp_path / "Pulumi.bad.yaml"
    elsewhere.write_text("config:\n  mlplatform:capacity: {pools: []}\n")
    assert run(elsewhere).stderr.splitlines() == [
        "stack bad: 1 error",
        "  mlplatform:capacity.pools: has too few entries, got a list; at least 1",
    ]


def test_a_value_that_the_engine_has_decrypted_is_never_shown(tmp_path: Path) -> None:
    elsewhere = tmp_path / "Pulumi.bad.yaml"
    elsewhere.write_text(GOOD.replace("owner: ada.lovelace", "owner: hunter 2"))
    done = run(elsewhere, "--secret", "mlplatform:teams")
    assert "mlplatform:teams[0].owner: has the wrong form, got [secret]" in done.stderr
    assert "hunter" not in done.stderr


def test_a_kubeconfig_that_does_not_exist_is_a_mistake_too(stack_file: Path) -> None:
    stack_file.write_text(GOOD.replace("keep_crds: false", "kubeconfig: nowhere.yaml"))
    done = run(stack_file)
    assert done.returncode == 32
    assert done.stderr.splitlines() == [
        'mlplatform:cluster.kubeconfig: names no file, got "nowhere.yaml"; give the path of a kubeconfig, '
        "or leave it out to use KUBECONFIG of the environment"
    ]
