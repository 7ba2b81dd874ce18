"""The platform's own components meet the rules because they are built so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from policies.judgement import Outcome, Surroundings, judge
from policies.pack.wire import decode
from policies.parameters import parameters_for
from policies.resource import Resource, type_of_token
from policies.rule import Level
from policies.rules import RULES

pytestmark = pytest.mark.policy

ROOT = Path(__file__).parents[2]


def properties(inputs: Any) -> dict[str, Any]:
    """Recorded inputs as the pack gets them."""
    return decode(json_format.ParseDict(inputs, struct_pb2.Struct()))


@pytest.fixture(scope="module", params=["--preview", "--update"])
def registered(request: pytest.FixtureRequest) -> list[Resource]:
    """What the program of the local stack registers, at a preview and in an update."""
    flags = [request.param] if request.param == "--preview" else []
    command = [sys.executable, "-m", "tests.program.record", "stacks/Pulumi.local.yaml", *flags]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        Resource(type_of_token(each["type"]), properties(each["inputs"]), each["name"])
        for each in json.loads(made.stdout)
        if each["custom"]
    ]


def test_no_resource_of_the_local_stack_violates_a_mandatory_rule(registered: list[Resource]) -> None:
    surroundings = Surroundings.of_stack(parameters_for("local"), registered)
    verdicts = [
        judge(rule, resource, surroundings)
        for resource in registered
        for rule in RULES
        if resource.type in rule.conditions and rule.level is not Level.ADVISORY
    ]
    assert len(verdicts) > 100
    accepted = (Outcome.PASS, Outcome.EXEMPT)
    assert not [
        f"{each.rule.id} {each.resource.label}: {each.detail}" for each in verdicts if each.outcome not in accepted
    ]
