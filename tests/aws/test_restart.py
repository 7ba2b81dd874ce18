"""What moto holds survives its restart, and a loss is found and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.aws.replay import LOG_FILE
from rehearsal.aws.report import losses
from tests.aws.conftest import World
from tests.aws.engine import Engine, Moto
from tests.aws.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws.engine import Resource


@pytest.fixture
def own_state(tmp_path: Path) -> Path:
    """A state directory for a moto that is stopped."""
    return tmp_path / "state"


@pytest.fixture
def everything(own_state: Path) -> Iterator[tuple[Moto, Engine, list[Resource]]]:
    """One resource of every type on a moto and a provider of their own."""
    moto = Moto(own_state)
    engine = Engine(moto.endpoint, own_state)
    world = World(engine)
    made = [engine.create(each.token, f"all-{number}", world.fill(each.inputs)) for number, each in enumerate(EXAMPLES)]
    yield moto, engine, made
    engine.stop()
    moto.stop()


def test_every_resource_is_there_after_a_restart_as_it_was(
    everything: tuple[Moto, Engine, list[Resource]], own_state: Path
) -> None:
    moto, engine, made = everything
    before = {resource.urn: engine.read(resource) for resource in made}
    moto.stop()
    again = Moto(own_state, moto.port)
    try:
        assert losses(own_state) == ()
        for resource in made:
            old, new = before[resource.urn], engine.read(resource)
            assert old is not None
            assert new is not None, resource.token
            assert timeless(new.outputs) == timeless(old.outputs), resource.token
    finally:
        again.stop()


def timeless(outputs: dict[str, object]) -> dict[str, object]:
    """Outputs without the times of creation: the second one is another."""
    return {name: value for name, value in outputs.items() if name not in ("createDate", "createdAt", "modifiedAt")}


def test_a_lost_log_is_said(own_state: Path) -> None:
    moto = Moto(own_state)
    engine = Engine(moto.endpoint, own_state)
    engine.create("aws:s3/bucket:Bucket", "a", {})
    moto.stop()
    (own_state / LOG_FILE).unlink()
    again = Moto(own_state, moto.port)
    engine.stop()
    again.stop()
    assert losses(own_state) == ("1 resources: moto's log of calls is gone",)


def test_a_call_that_comes_out_different_is_said(own_state: Path) -> None:
    moto = Moto(own_state)
    engine = Engine(moto.endpoint, own_state)
    engine.create("aws:ec2/vpc:Vpc", "a", {"cidrBlock": "10.0.0.0/16"})
    moto.stop()
    log = own_state / LOG_FILE
    log.write_text(log.read_text().replace('"number": 1,', '"number": 99,'))
    again = Moto(own_state, moto.port)
    engine.stop()
    again.stop()
    (lost,) = losses(own_state)
    assert lost.startswith("came out different when done again: eu-west-1/ec2 POST / CreateVpc")


def test_a_line_cut_off_by_a_crash_does_not_stop_the_next_start(own_state: Path) -> None:
    moto = Moto(own_state)
    engine = Engine(moto.endpoint, own_state)
    bucket = engine.create("aws:s3/bucket:Bucket", "a", {})
    moto.stop()
    with (own_state / LOG_FILE).open("a") as log:
        log.write('{"method": "PUT", "pa')
    again = Moto(own_state, moto.port)
    try:
        assert engine.read(bucket) is not None
    finally:
        engine.stop()
        again.stop()
