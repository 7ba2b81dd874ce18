"""The queues as tables for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.queue.state import Stage

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cli.queue.state import Job, State

_COLOURS: Final = {
    Stage.RUNNING: "green",
    Stage.STARTING: "cyan",
    Stage.STOPPING: "magenta",
    Stage.WAITING: "yellow",
    Stage.HELD: "red",
}


def tables(state: State, where: str, now: datetime | None = None) -> RenderableType:
    """Pools, teams and jobs, one table each; what there is none of is said in a line."""
    moment = now or datetime.now(UTC)
    parts: list[RenderableType] = [Text(where, style="dim")]
    if state.pools:
        parts += [_pools(state), Text(), _shares(state), Text()]
    running = sum(job.stage is not Stage.WAITING for job in state.jobs)
    parts.append(_jobs(state.jobs, moment) if state.jobs else Text("no jobs run and none wait"))
    if state.jobs:
        parts.append(Text(f"{running} admitted, {len(state.jobs) - running} waiting", style="dim"))
    return Group(*parts)


def _pools(state: State) -> Table:
    table = _table("pool", "GPUs ready", "quota", "used", "free")
    for pool in state.pools:
        short = "red" if pool.gpus < pool.used else "green" if pool.free else "yellow"
        table.add_row(pool.pool, *map(str, (pool.gpus, pool.quota, pool.used)), f"[{short}]{pool.free}[/]")
    return table


def _shares(state: State) -> Table:
    table = _table("team", "pool", "quota", "used", "borrowed", "unused", "waiting")
    last = ""
    for share in state.shares:
        first = share.team != last
        last = share.team
        table.add_row(
            share.team if first else "",
            share.pool,
            *(str(count or "") for count in (share.quota, share.used, share.borrowed)),
            str(max(0, share.quota - share.used) or ""),
            str(share.waiting or "") if first else "",
        )
    return table


def _jobs(jobs: tuple[Job, ...], now: datetime) -> Table:
    table = _table("state", "team", "job", "GPUs", "pool", "priority", "since", "why", right=("GPUs", "since"))
    for job in jobs:
        again = f" (sent back {job.evictions} x)" if job.evictions else ""
        table.add_row(
            f"[{_COLOURS[job.stage]}]{job.stage}[/]",
            job.team,
            escape(f"{job.kind}/{job.name}"),
            str(job.gpus or ""),
            ", ".join(job.pools),
            job.priority_class or str(job.priority or ""),
            ago(job.since, now),
            escape(job.reason + again),
        )
    return table


def ago(moment: str, now: datetime) -> str:
    """How long ago, in the largest unit that fits: ``40s``, ``12m``, ``3h``, ``2d``."""
    seconds = max(0, int((now - datetime.fromisoformat(moment)).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _table(
    *columns: str, right: tuple[str, ...] = ("GPUs ready", "quota", "used", "free", "borrowed", "unused")
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table
