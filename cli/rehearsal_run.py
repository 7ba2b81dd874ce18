"""The main job, end to end: from a stack file to a running platform, and back to nothing.

This is the one place that knows both the platform and the rehearsal; it hands plain data from one to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import fail
from cli.summary import Node, Pods, Policies, Summary
from components._versions import IMAGES
from rehearsal import readiness
from rehearsal.engine import Engine, EngineHome, find_leftovers, stack_held
from rehearsal.errors import RehearsalError
from rehearsal.images import ImageStore, Source, needed_tools
from rehearsal.kube import Kube
from rehearsal.machine.host import install_missing
from rehearsal.places import cache_directory
from rehearsal.progress import Silent
from rehearsal.session import Aws, Level, Session, World, choose_level
from rehearsal.session import needed_tools as needed_to_start
from rehearsal.toolchain import Toolchain
from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cli.console import ConsoleReporter
    from rehearsal.engine import Outcome
    from rehearsal.readiness import Report
    from rehearsal.toolchain import Tools

PROJECT_DIRECTORY = Path(__file__).parents[1]
PACK = PROJECT_DIRECTORY / "policies" / "pack"
PODS_READY_SECONDS = 300
"""How long the platform's pods may take: on two cores the slowest take a minute and a half."""

ENGINE_TOOLS = ("pulumi", "pulumi-language-python", "pulumi-resource-kubernetes")
CHART_TOOLS = ("kueue", "jobset", "kubeflow-trainer", "kserve")
"""Their Go modules hold the charts and definitions, needed at every level."""


@dataclass(frozen=True)
class Ready:
    """All that a stack's rehearsal needs before anything is started."""

    settings: Settings
    level: Level
    level_reason: str
    tools: Tools
    store: ImageStore
    images: list[str]

    @property
    def world(self) -> World:
        """What the rehearsal shall hold."""
        cluster = self.settings.cluster
        # Whoever rehearses is the first of those who may run the program.
        aws = Aws(cluster.region, cluster.access.admins[0]) if cluster.kind == "eks" else None
        return World(self.settings.sharing.nodes(), self.images, aws)


def stack_file(stack: str) -> Path:
    """The stack's file; RehearsalError when there is none."""
    path = PROJECT_DIRECTORY / "stacks" / f"Pulumi.{stack}.yaml"
    if not path.exists():
        known = ", ".join(sorted(each.stem.removeprefix("Pulumi.") for each in path.parent.glob("Pulumi.*.yaml")))
        raise RehearsalError(f"{stack}: no stack is called so", remedy=f"stacks are {known}")
    return path


def make_ready(stack: str, level: str | None, reporter: ConsoleReporter) -> Ready:
    """Check the stack file, choose the level, and build or fetch tools and images."""
    try:
        settings = Settings.load(stack_file(stack))
    except SettingsError as error:
        raise fail(str(error)) from None
    chosen, reason = _level(level)
    images = [image.reference for image in IMAGES.values()] if chosen is Level.FULL else []
    if chosen is Level.FULL:
        install_missing(reporter, cache_directory() / "packages.log")
    wanted = {*needed_to_start(chosen), *ENGINE_TOOLS, *CHART_TOOLS, *needed_tools(images)}
    tools = Toolchain.default().ensure(sorted(wanted), reporter)
    store = ImageStore(cache_directory() / "images", tools)
    store.ensure(images, reporter)
    return Ready(settings, chosen, reason, tools, store, images)


def _level(asked: str | None) -> tuple[Level, str]:
    """The level to run at and why it is no higher; RehearsalError when the level asked for cannot be had."""
    highest, reason = choose_level()
    if asked is None:
        return highest, "" if highest is Level.FULL else reason
    if asked not in {level.value for level in Level}:
        raise RehearsalError(f"--level: no level is called {asked!r}", remedy="levels are full and objects")
    if Level(asked) is Level.FULL and highest is not Level.FULL:
        raise RehearsalError(f"level full cannot be had here: {reason}", remedy="or leave --level out")
    return Level(asked), "" if asked == Level.FULL.value else "asked for; nothing runs in any pod"


def engine_home(session: Session, stack: str) -> EngineHome:
    """The engine's home in a running rehearsal, for the stack."""
    tools = Toolchain.default().ensure([*ENGINE_TOOLS, *CHART_TOOLS], Silent())
    return EngineHome(session, tools, PROJECT_DIRECTORY, stack, (PACK,))


def bring_up(stack: str, name: str, level: str | None, reporter: ConsoleReporter) -> Summary:
    """Make the stack run on the rehearsal ``name``, from whatever state both are in."""
    _refuse_second_stack(stack, name)
    ready = make_ready(stack, level, reporter)
    session = Session.start(name, ready.tools, ready.world, reporter, ready.level)
    home = EngineHome(session, ready.tools, PROJECT_DIRECTORY, stack, (PACK,))
    home.prepare()
    engine = Engine(home)
    with reporter.phase("pulumi up", log=engine.log_of("up")) as phase:
        outcome = engine.up(phase)
        _stop_on_failure(outcome, engine, "up")
    with Kube(session.kubeconfig) as kube:
        report = readiness.wait(kube, reporter, PODS_READY_SECONDS)
        return _summary(stack, session, ready, engine, outcome, report, kube, reporter)


def take_down(stack: str, name: str, reporter: ConsoleReporter) -> None:
    """Destroy the stack, verify that nothing of it is left in the API server, and stop the rehearsal."""
    _refuse_second_stack(stack, name)
    session = Session.find(name)
    if session is None:
        return
    if engine_home(session, stack).stack_exists:
        ready = make_ready(stack, session.level.value, reporter)
        # A rehearsal that was stopped or broken is brought back: what cannot be asked cannot be verified.
        session = Session.start(name, ready.tools, ready.world, reporter, ready.level)
        _destroy(EngineHome(session, ready.tools, PROJECT_DIRECTORY, stack), session, reporter)
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


def _destroy(home: EngineHome, session: Session, reporter: ConsoleReporter) -> None:
    home.prepare()
    engine = Engine(home)
    with reporter.phase("pulumi destroy", log=engine.log_of("destroy")) as phase:
        _stop_on_failure(engine.destroy(phase), engine, "destroy")
    with reporter.phase("nothing left") as phase, Kube(session.kubeconfig) as kube:
        left = find_leftovers(kube)
        for each in left:
            phase.note(str(each))
        if left:
            raise RehearsalError(
                f"pulumi destroy left {len(left)} objects, such as {left[0]}",
                remedy="remove the rehearsal with `mlplatform rehearse stop --remove`",
                log=engine.log_of("destroy"),
            )
    home.forget_stack()


def _stop_on_failure(outcome: Outcome, engine: Engine, verb: str) -> None:
    if outcome.succeeded:
        return
    causes = [f"{finding.rule}: {finding.resource}: {finding.message}" for finding in outcome.violations]
    causes += outcome.errors
    first = causes[0] if causes else "the engine ended without an error of its own"
    others = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
    raise RehearsalError(
        f"pulumi {verb} failed: {first}{others}",
        remedy="run the same command again once the cause is mended; what was done is kept",
        log=engine.log_of(verb),
    )


def _summary(
    stack: str,
    session: Session,
    ready: Ready,
    engine: Engine,
    outcome: Outcome,
    report: Report,
    kube: Kube,
    reporter: ConsoleReporter,
) -> Summary:
    origins = {reference: ready.store.origin(reference) for reference in ready.images}
    findings = [(f.level, f"{f.rule} {f.resource}: {f.message}") for f in outcome.findings]
    return Summary(
        stack=stack,
        name=session.name,
        level=session.level.value,
        level_reason=ready.level_reason,
        changes=dict(outcome.changes),
        outputs=engine.outputs(),
        nodes=tuple(_node(node) for node in kube.list("/api/v1/nodes")),
        pods=_pods(report),
        policies=Policies(
            rules=len(outcome.rules_judged),
            resources=outcome.resources_judged,
            violations=tuple(text for level, text in findings if level == "mandatory"),
            advice=tuple(text for level, text in findings if level != "mandatory"),
        ),
        origins={ref: origin.text for ref, origin in origins.items() if origin.source is not Source.UNAVAILABLE},
        simulated_images={ref: origin.text for ref, origin in origins.items() if origin.source is Source.UNAVAILABLE},
        left_out=_left_out(session.level),
        kubeconfig=str(session.kubeconfig),
        seconds=dict(reporter.times),
    )


def _left_out(level: Level) -> tuple[str, ...]:
    if level is Level.FULL:
        return ()
    return (
        "the containers of every pod",
        "the controllers' webhooks, conversions and aggregated APIs: nothing would answer them",
    )


def _node(node: dict[str, Any]) -> Node:
    metadata = node["metadata"]
    return Node(
        name=metadata["name"],
        real="kwok.x-k8s.io/node" not in metadata.get("annotations", {}),
        gpus=int(node["status"].get("capacity", {}).get("nvidia.com/gpu", 0)),
        product=metadata.get("labels", {}).get("nvidia.com/gpu.product", ""),
    )


def _pods(report: Report) -> tuple[Pods, ...]:
    namespaces = sorted({pod.namespace for pod in report.pods} | {each.namespace for each in report.unready})
    return tuple(
        Pods(
            namespace=namespace,
            real=sum(pod.namespace == namespace for pod in report.real),
            simulated=sum(pod.namespace == namespace for pod in report.simulated),
            not_ready=tuple(str(each) for each in report.unready if each.namespace == namespace),
        )
        for namespace in namespaces
    )
