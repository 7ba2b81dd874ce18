"""One moto and one provider for all tests about AWS, and what examples need before them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.aws.engine import Engine, Moto
from tests.aws.examples import NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws.engine import Resource


class World:
    """Fills in what examples write with a dollar: other resources, made when first asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._made: dict[str, Resource] = {}
        self._numbers = itertools.count(1)

    def fill(self, value: Any) -> Any:
        """The value with every ``$name`` replaced by an ID, every ``$name.output`` by an output and every ``#`` by
        a number that no other has."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if value.startswith("$"):
            name, _, output = value[1:].partition(".")
            resource = self.make(name)
            return resource.outputs[output] if output else resource.id
        return value.replace("#", str(next(self._numbers))) if "#" in value else value

    def make(self, name: str) -> Resource:
        """What NEEDED has under this name."""
        if name not in self._made:
            token, inputs = NEEDED[name]
            self._made[name] = self.engine.create(token, f"needed-{name}", self.fill(inputs))
        return self._made[name]


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of the stand-in that the tests share."""
    return tmp_path_factory.mktemp("aws")


@pytest.fixture(scope="session")
def moto(state: Path) -> Iterator[Moto]:
    """A moto that the tests share."""
    running = Moto(state)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def engine(moto: Moto, state: Path) -> Iterator[Engine]:
    """A provider that the tests share."""
    running = Engine(moto.endpoint, state)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def world(engine: Engine) -> World:
    """What examples need."""
    return World(engine)
