"""Commands of the pages that need a real account or machine: not run, but held against what they call.

`tests/rehearsal/test_pages.py` runs all others.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import botocore.session
import pytest
from botocore import xform_name
from typer.testing import CliRunner

from cli.main import app
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = Path(__file__).parents[2]
PAGES: Final = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
PLACES: Final = ("account", "machine")
OF_THE_TOOL: Final = {("eks", "update-kubeconfig"): {"name", "region"}}
"""Commands of AWS's tool that are no calls, with their options."""
FOR_ALL_CALLS: Final = {"region", "output", "query", "profile"}
KNOWN: Final = {"aws", "mlplatform", "pulumi", "kubectl", "pytest", "./nodeadm", "curl", "chmod"}

BLOCKS: Final = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(rf"^```sh (?:{'|'.join(PLACES)})\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    )
]


def commands(block: str) -> Iterator[list[str]]:
    """The commands of a block, word by word; what a loop begins and ends with is left out."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] not in {"for", "do", "done", "done;"}:
            yield words


def options(words: list[str]) -> set[str]:
    """The long options among the words."""
    return {word[2:].partition("=")[0] for word in words if word.startswith("--")}


@cache
def calls(service: str) -> dict[str, set[str]]:
    """The calls of a service with their parameters, as AWS's tool spells both."""
    model = botocore.session.get_session().get_service_model(service)
    found = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        found[xform_name(name, "-")] = {xform_name(member, "-") for member in (shape.members if shape else ())}
    return found


def test_there_are_such_blocks_and_every_other_shell_block_is_run() -> None:
    assert len(BLOCKS) > 10
    marks = {
        mark
        for page in PAGES
        for mark in re.findall(r"^```(sh[^\n]*|bash[^\n]*|shell[^\n]*|console)$", page.read_text(), re.MULTILINE)
    }
    assert marks == {"sh", *(f"sh {place}" for place in PLACES)}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_something_a_shell_can_read(block: str) -> None:
    done = subprocess.run(["sh", "-n"], input=block, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {words[0] for words in commands(block)} <= KNOWN


@pytest.mark.parametrize("block", BLOCKS)
def test_calls_of_aws_exist_with_their_parameters(block: str) -> None:
    for words in commands(block):
        if words[0] != "aws":
            continue
        service, call = words[1].replace("s3api", "s3"), words[2]
        known = OF_THE_TOOL.get((service, call)) or calls(service)[call]
        assert options(words) <= known | FOR_ALL_CALLS, words


@pytest.mark.parametrize("block", BLOCKS)
def test_our_own_commands_exist_with_their_options(block: str) -> None:
    for words in commands(block):
        if words[0] == "mlplatform":
            path = [word for word in words[1:3] if re.fullmatch(r"[a-z-]+", word)]
            said = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}).stdout
            assert "Usage:" in said, words
            assert all(f"--{option}" in said for option in options(words)), words
        elif words[0] == "pytest":
            argv = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", *words[1:]]
            assert subprocess.run(argv, cwd=PROJECT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("block", BLOCKS)
def test_commands_of_pulumi_and_kubectl_exist_with_their_options(block: str) -> None:
    for words in commands(block):
        if words[0] == "pulumi":
            program = _pulumi()
        elif words[0] == "kubectl":
            program = Path(sys.executable).with_name("kubectl")
        else:
            continue
        deep = 3 if words[1] == "stack" else 2
        done = subprocess.run([program, *words[1:deep], "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert all(f"--{option}" in done.stdout for option in options(words)), words


@cache
def _pulumi() -> Path:
    (state,) = (each for each in Toolchain.default().status() if each.name == "pulumi")
    if state.fault:
        pytest.skip("the engine is not built yet: `make test` does so first")
    return state.directory / "bin" / "pulumi"
