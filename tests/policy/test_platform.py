"""The platform's own components meet the rules because they are built so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from components._image_lock import OTHER_LOCK
from components._versions import IMAGES
from policies.judgement import Outcome, Surroundings, judge
from policies.pack.wire import decode
from policies.parameters import parameters_for
from policies.resource import Resource, type_of_token
from policies.rule import Level
from policies.rules import RULES
from tests.program.recording import STACK_FILES, stack_name

pytestmark = pytest.mark.policy

ROOT = Path(__file__).parents[2]
STACKS = [stack_name(path) for path in STACK_FILES]


def properties(inputs: Any) -> dict[str, Any]:
    """Recorded inputs as the pack gets them."""
    return decode(json_format.ParseDict(inputs, struct_pb2.Struct()))


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lock with a digest for every image: what stacks run that want digests."""
    digest = "sha256:" + "0" * 64
    images = {each.tagged: digest for each in IMAGES.values()}
    path = tmp_path_factory.mktemp("lock") / "images.lock.json"
    path.write_text(json.dumps({"charts": {}, "images": images, "ours": {}}))
    return path


def registered(stack: str, lock: Path, *options: str) -> list[Resource]:
    """What the program of a stack registers."""
    command = [sys.executable, "-m", "tests.program.record", f"stacks/Pulumi.{stack}.yaml", *options]
    environment = {**os.environ, OTHER_LOCK: str(lock)}
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return [
        Resource(type_of_token(each["type"]), properties(each["inputs"]), each["name"])
        for each in json.loads(made.stdout)
        if each["custom"]
    ]


@pytest.mark.parametrize("options", [("--preview",), ()], ids=["preview", "update"])
@pytest.mark.parametrize("stack", STACKS)
def test_no_resource_of_a_stack_violates_a_mandatory_rule(stack: str, options: tuple[str, ...], lock: Path) -> None:
    resources = registered(stack, lock, *options)
    surroundings = Surroundings.of_stack(parameters_for(stack), resources)
    verdicts = [
        judge(rule, resource, surroundings)
        for resource in resources
        for rule in RULES
        if resource.type in rule.conditions and rule.level is not Level.ADVISORY
    ]
    assert len(verdicts) > 100
    accepted = (Outcome.PASS, Outcome.EXEMPT)
    assert not [
        f"{each.rule.id} {each.resource.label}: {each.detail}" for each in verdicts if each.outcome not in accepted
    ]
