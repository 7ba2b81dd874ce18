"""What a stack's rehearsal needs before anything is started: sound settings, a level, tools, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli import rehearsal_images
from cli.console import fail
from cli.stack_files import stack_file
from rehearsal.errors import RehearsalError
from rehearsal.images import ImageStore, needed_tools
from rehearsal.machine.host import install_missing
from rehearsal.places import cache_directory
from rehearsal.session import Aws, Level, World, choose_level
from rehearsal.session import needed_tools as needed_to_start
from rehearsal.toolchain import Toolchain
from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from cli.rehearsal_images import RehearsedImages
    from components.specs.cluster import Access
    from rehearsal.progress import Reporter
    from rehearsal.toolchain import Tools

_ENGINE_TOOLS = ("pulumi", "pulumi-language-python", "pulumi-resource-kubernetes")
_CHART_TOOLS = ("kueue", "jobset", "kubeflow-trainer", "kserve")
"""Their Go modules hold the charts and definitions, needed at every level."""
_CHECK_TOOL = "helm"
"""Nothing of a rehearsal needs it: `mlplatform check` renders the charts with it that came with the other tools."""


@dataclass(frozen=True)
class Ready:
    """All of it, for one stack."""

    settings: Settings
    level: Level
    level_reason: str
    tools: Tools
    store: ImageStore
    images: RehearsedImages

    @property
    def world(self) -> World:
        """What the rehearsal shall hold."""
        cluster, pools = self.settings.cluster, self.settings.capacity.pools
        images = list(self.images.references)
        if cluster.kind != "eks":
            return World(self.settings.sharing.nodes(), images)
        bought = {pool.name: pool.aws.instance_types for pool in pools if pool.aws}
        machines = tuple(sorted({name for names in bought.values() for name in names}))
        aws = Aws(cluster.region, _roles(cluster.access), machines)
        # Where pods run for real, Karpenter's is one, and starts the nodes of its pools.
        started = bought if self.level is Level.FULL else {}
        return World(self.settings.sharing.nodes(besides=started), images, aws)


def make_ready(stack: str, level: str | None, reporter: Reporter) -> Ready:
    """Check the stack file, choose the level, and build or fetch tools and images."""
    settings = settings_of(stack)
    chosen, reason = _level(level)
    wanted = {*needed_to_start(chosen), *engine_tools(settings), _CHECK_TOOL}
    if chosen is Level.FULL:
        install_missing(reporter, cache_directory() / "packages.log")
        wanted |= needed_tools(rehearsal_images.tagged(settings))
    tools = Toolchain.default().ensure(sorted(wanted), reporter)
    store = ImageStore(cache_directory() / "images", tools)
    images = rehearsal_images.obtain(stack, settings, store if chosen is Level.FULL else None, reporter)
    return Ready(settings, chosen, reason, tools, store, images)


def _roles(access: Access) -> tuple[str, ...]:
    """Roles that the account must have already; whoever rehearses is the first of those who may run the program."""
    members = (role for roles in access.groups.values() for role in roles)
    return tuple(dict.fromkeys([*access.admins, *members]))


def settings_of(stack: str) -> Settings:
    """What the stack file says; the command ends here where that is wrong."""
    try:
        return Settings.load(stack_file(stack))
    except SettingsError as error:
        raise fail(str(error)) from None


def engine_tools(settings: Settings) -> set[str]:
    """The tools without which the engine does not run the stack's program: its own, and those that hold charts."""
    cluster = settings.cluster
    charts = {*_CHART_TOOLS}
    if settings.serving.gateway:
        charts.add("envoy-gateway")
    if cluster.kind == "eks":
        charts.add("karpenter")
        if cluster.hybrid and cluster.hybrid.cni == "cilium":
            charts.add("cilium")
    return {*_ENGINE_TOOLS, *charts}


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
