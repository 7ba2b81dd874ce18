"""What a stack's program registered, for tests to ask about."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
MARK = "1b47061264138c4ac30d75fd1eb44270"
"""The value by which the protocol tells that a mapping is a secret."""
SIGNATURE = "4dabf18193072939515e22adb298388d"


def stack_name(stack_file: Path) -> str:
    """The stack that a stack file is of."""
    return stack_file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def without_digest(name: str) -> str:
    """A name that ends in a digest of what it names, without that digest."""
    return re.sub(r"-[0-9a-f]{10}(?=-|$)", "-<digest>", name)


@dataclass(frozen=True)
class Resource:
    """One registration."""

    urn: str
    type: str
    name: str
    custom: bool
    remote: bool
    parent: str
    provider: str
    inputs: dict[str, Any]
    dependencies: list[str]
    deleted_with: str
    protect: bool
    retain_on_delete: bool
    secret_outputs: list[str]
    outputs: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """The type's last part: a Kubernetes kind, or a component's name."""
        return self.type.rpartition(":")[2]

    @property
    def api_group(self) -> str:
        """A Kubernetes object's API group; empty for other resources."""
        package, _, rest = self.type.partition(":")
        return rest.partition("/")[0] if package == "kubernetes" else ""


@dataclass(frozen=True)
class Recording:
    """All registrations of one run, by URN."""

    resources: dict[str, Resource]

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        (stack,) = self.of_type("pulumi:pulumi:Stack")
        return stack.outputs or {}

    def of_type(self, type_: str) -> list[Resource]:
        """Resources of that type token."""
        return [resource for resource in self.resources.values() if resource.type == type_]

    def of_kind(self, kind: str) -> list[Resource]:
        """Resources whose type ends in that word."""
        return [resource for resource in self.resources.values() if resource.kind == kind]

    def before(self, resource: Resource) -> set[str]:
        """URNs of everything that must be there before the resource is created."""
        found: set[str] = set()
        waiting = list(resource.dependencies)
        while waiting:
            urn = waiting.pop()
            if urn not in found:
                found.add(urn)
                waiting.extend(self.resources[urn].dependencies)
        return found


def run(stack_file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program of that stack offline."""
    argv = [sys.executable, "-m", "tests.program.record", str(stack_file), *options]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@cache
def recorded(stack_file: Path, *, preview: bool = False) -> Recording:
    """The recording of one run; the same run is made once."""
    done = run(stack_file, *(["--preview"] if preview else []))
    assert done.returncode == 0, done.stderr
    resources = [Resource(**registered) for registered in json.loads(done.stdout)]
    return Recording({resource.urn: resource for resource in resources})


def plain_text(value: Any) -> list[str]:
    """All texts in a recorded value that are not secret."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == MARK:
            return []
        return [text for item in value.values() for text in plain_text(item)]
    if isinstance(value, list):
        return [text for item in value for text in plain_text(item)]
    return [value] if isinstance(value, str) else []
