"""The rules of the house: which room may import which, and what every file keeps to."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("stacks", "components", "controllers", "policies", "rehearsal", "cli")
OURS = {*ROOMS, "tests", "benchmarks"}
MAY_IMPORT = {
    "stacks": {"stacks", "components"},
    "components": {"components"},
    "controllers": {"controllers"},
    "policies": {"policies"},
    "rehearsal": {"rehearsal"},
    "cli": set(ROOMS),
}
BOTO3_ROOMS = ("controllers", "rehearsal/aws", "cli", "tests")


def tracked(pattern: str) -> list[Path]:
    """The files of the repository that match, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, wherever in the file it does so."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_imports_follow_the_arrows(room: str) -> None:
    for path in tracked(f"{room}/**.py"):
        foreign = {name for name in imports(path) if name.split(".")[0] in OURS - MAY_IMPORT[room]}
        if room == "stacks":
            foreign -= {"policies.admission"}
        assert not foreign, f"{path.relative_to(ROOT)} imports {sorted(foreign)}"


def test_only_the_rooms_of_real_accounts_know_boto3() -> None:
    for path in tracked("*.py"):
        relative = path.relative_to(ROOT).as_posix()
        if any(name.split(".")[0] in {"boto3", "botocore"} for name in imports(path)):
            assert relative.startswith(BOTO3_ROOMS), f"{relative} imports boto3"


def test_no_module_hides_behind_a_name_that_says_nothing() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager)(_|$)")
    found = [path for path in tracked("*.py") if vague.search(path.stem)]
    assert not found


def test_every_module_says_what_it_provides() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in tracked("*.py")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_no_file_outgrows_its_room() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in tracked("*.py")
        if (count := len(path.read_text().splitlines())) > 250
    }
    assert not long


def test_nothing_waits_by_sleeping() -> None:
    """A wait watches what it waits for; a bare sleep hides a race. Two ask again, since nobody tells."""
    asks_again = {"controllers/wait_for_ports.py", "rehearsal/cluster/simulated_pods.py"}
    sleeping = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in tracked(f"{room}/**.py")
        if re.search(r"\btime\.sleep\(", path.read_text())
    }
    assert sleeping == asks_again
