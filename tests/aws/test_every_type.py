"""Every resource type of the table goes through its whole life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from rehearsal.aws.ledger import Ledger
from rehearsal.aws.table import kinds
from rehearsal.aws.wire import encode
from tests.aws.engine import REGION
from tests.aws.examples import EXAMPLES, Example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws.conftest import World
    from tests.aws.engine import Engine

by_type = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.token.split(":", 1)[1])


def test_the_table_has_an_example_of_every_type() -> None:
    assert {example.token for example in EXAMPLES} == set(kinds())


@by_type
def test_a_resource_lives_from_creation_to_deletion(
    engine: Engine, world: World, state: Path, example: Example
) -> None:
    inputs = world.fill(example.inputs)
    resource = engine.create(example.token, "example", inputs)
    assert resource.id
    entry = Ledger(state).get(example.token, REGION, resource.id)
    assert entry is not None
    assert bool(entry.recorded) == example.recorded, entry.recorded
    assert set(entry.gaps) == set(example.gaps), entry.gaps

    there = engine.read(resource)
    assert there is not None
    assert engine.compare(resource, there).changes == proto.DiffResponse.DIFF_NONE
    assert there.outputs == resource.outputs
    assert engine.diff(there, inputs).changes == proto.DiffResponse.DIFF_NONE

    if example.change:
        changed = {**inputs, **world.fill(example.change)}
        difference = engine.diff(there, changed)
        assert difference.changes == proto.DiffResponse.DIFF_SOME
        assert not difference.replaces
        there = engine.update(there, changed)
        again = engine.read(there)
        assert again is not None
        assert engine.compare(there, again).changes == proto.DiffResponse.DIFF_NONE
        assert again.outputs == there.outputs

    engine.delete(there)
    assert (engine.read(there) is not None) == example.stays
    assert Ledger(state).get(example.token, REGION, resource.id) is None
    engine.delete(there)


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if each.replaces], ids=lambda example: example.token.split(":", 1)[1]
)
def test_what_aws_cannot_change_replaces(engine: Engine, world: World, example: Example) -> None:
    inputs = world.fill(example.inputs)
    resource = engine.check(example.token, "example", encode(inputs))
    difference = engine.diff(resource, {**inputs, **world.fill(example.replaces)})
    assert set(difference.replaces) == set(example.replaces)
