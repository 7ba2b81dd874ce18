"""Passwords: drawn once, kept, and never to be read in the state."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.kubernetes.password import password
from tests.components.pods import is_secret, revealed
from tests.components.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools

PROGRAM = """
import pulumi
from components.kubernetes.password import password

class Component(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("test:index:Component", "component")
        pulumi.export("password", password("key", self))

Component()
"""


class Parent(pulumi.ComponentResource):
    def __init__(self) -> None:
        super().__init__("test:index:Component", "component")


def test_a_password_is_secret_and_safe_in_a_shell_a_url_and_a_file() -> None:
    recording = record(lambda: password("key", Parent()))
    drawn = recording.named("key").inputs["input"]
    assert is_secret(drawn)
    assert re.fullmatch(r"[0-9a-f]{48}", revealed(drawn))


def test_later_draws_do_not_count() -> None:
    assert record(lambda: password("key", Parent())).named("key").ignore_changes == ("input",)


@pytest.mark.rehearsal
def test_the_engine_keeps_a_password_until_it_is_told_to_replace_it(tmp_path: Path, tools: Tools) -> None:
    stack = Stack(tmp_path, tools)
    first = stack.up()
    assert first == stack.up()
    assert stack.run("preview", "--expect-no-changes")
    assert first not in stack.run("stack", "export")
    assert first != stack.up("--replace=**key")


class Stack:
    """A stack of the program above, run by the real engine."""

    def __init__(self, directory: Path, tools: Tools) -> None:
        self._directory = directory
        (directory / "home").mkdir()
        (directory / "home" / "logs").touch()  # no log of every property of every resource
        (directory / "__main__.py").write_text(PROGRAM)
        python = {"toolchain": "pip", "virtualenv": sys.prefix}
        project: dict[str, Any] = {"name": "passwords", "runtime": {"name": "python", "options": python}}
        (directory / "Pulumi.yaml").write_text(json.dumps(project))
        programs = [str(tools.binary(name).parent) for name in ("pulumi", "pulumi-language-python")]
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_BACKEND_URL": directory.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self.run("stack", "init", "test")

    def up(self, *arguments: str) -> str:
        """Update, and return the password."""
        self.run("up", "--yes", "--skip-preview", *arguments)
        return self.run("stack", "output", "password", "--show-secrets").strip()

    def run(self, *arguments: str) -> str:
        """What a command of the engine prints; it must succeed."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
