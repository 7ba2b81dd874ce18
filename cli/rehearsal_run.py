"""The main job, end to end: from a stack file to a running platform, and back to nothing.

This is the one place that knows both the platform and the rehearsal; it hands plain data from one to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.rehearsal_destroy import destroy, stop_on_failure
from cli.rehearsal_ready import engine_tools, make_ready, settings_of
from cli.rehearsal_report import Finished, summarise
from cli.stack_files import PROJECT_DIRECTORY
from rehearsal import readiness
from rehearsal.engine import Engine, EngineHome, stack_held
from rehearsal.errors import RehearsalError
from rehearsal.kube import Kube
from rehearsal.progress import Silent
from rehearsal.session import Session
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from cli.console import ConsoleReporter
    from cli.summary import Summary

PACK = PROJECT_DIRECTORY / "policies" / "pack"
PODS_READY_SECONDS = 300
"""How long the platform's pods may take: on two cores the slowest take a minute and a half."""


def engine_home(session: Session, stack: str) -> EngineHome:
    """The engine's home in a running rehearsal, for the stack."""
    tools = Toolchain.default().ensure(sorted(engine_tools(settings_of(stack))), Silent())
    return EngineHome(session, tools, PROJECT_DIRECTORY, stack, (PACK,))


def bring_up(stack: str, name: str, level: str | None, reporter: ConsoleReporter) -> Summary:
    """Make the stack run on the rehearsal ``name``, from whatever state both are in."""
    _refuse_second_stack(stack, name)
    ready = make_ready(stack, level, reporter)
    session = Session.start(name, ready.tools, ready.world, reporter, ready.level)
    home = EngineHome(session, ready.tools, PROJECT_DIRECTORY, stack, (PACK,))
    home.prepare()
    home.use_image_lock(ready.images.lock.text() if ready.images.lock else None)
    engine = Engine(home)
    with reporter.phase("pulumi up", log=engine.log_of("up")) as phase:
        outcome = engine.up(phase)
        stop_on_failure(outcome, engine, "up")
    with Kube(session.kubeconfig) as kube:
        report = readiness.wait(kube, reporter, PODS_READY_SECONDS)
        return summarise(Finished(stack, session, ready, engine, outcome, report), kube, reporter.times)


def take_down(stack: str, name: str, reporter: ConsoleReporter) -> None:
    """Destroy the stack, verify that nothing of it is left in cluster and account, and stop the rehearsal."""
    _refuse_second_stack(stack, name)
    session = Session.find(name)
    if session is None:
        return
    if engine_home(session, stack).stack_exists:
        ready = make_ready(stack, session.level.value, reporter)
        # A rehearsal that was stopped or broken is brought back: what cannot be asked cannot be verified.
        session = Session.start(name, ready.tools, ready.world, reporter, ready.level)
        destroy(EngineHome(session, ready.tools, PROJECT_DIRECTORY, stack), reporter)
    session.stop(reporter, remove=False)


def _refuse_second_stack(stack: str, name: str) -> None:
    """A rehearsal is one account and one cluster: what a second stack put there would be the first one's too."""
    session = Session.find(name)
    held = stack_held(session) if session else None
    if held not in (None, stack):
        raise RehearsalError(
            f"rehearsal {name} holds stack {held}, and can hold no other one, such as {stack}",
            remedy=f"choose another --name, or run `mlplatform rehearse down {held} --name {name}` first",
        )
