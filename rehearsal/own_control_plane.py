"""A control plane of one's own: there for as long as it is used, gone afterwards with all that it wrote."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rehearsal.progress import Silent
from rehearsal.session import Level, Session, World, needed_tools
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.progress import Reporter


@contextmanager
def own_control_plane(name: str, reporter: Reporter | None = None, world: World | None = None) -> Iterator[Session]:
    """A rehearsal of that name at level objects, which starts in seconds and needs no root; ``world`` absent: an empty
    one.

    What is missing of the toolchain is built first; ``reporter`` hears of that and of the start. RehearsalError says
    what does not come up.
    """
    reporter = reporter or Silent()
    tools = Toolchain.default().ensure(needed_tools(Level.OBJECTS), reporter)
    session = Session.start(name, tools, world or World(), reporter, Level.OBJECTS)
    try:
        yield session
    finally:
        session.stop(Silent(), remove=True)
