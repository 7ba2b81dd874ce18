"""What pools and teams say that cannot all hold, each with both sides named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from components.specs.capacity import Pool, Team


@dataclass(frozen=True)
class Contradiction:
    """Two settings that cannot both hold."""

    steps: tuple[str | int, ...]
    """Where the second of them stands in the stack file, from the section on."""
    wrong: str
    got: str | int
    remedy: str


def contradictions(
    pools: Mapping[int, Pool],
    teams: Mapping[int, Team],
    doubtful_pools: Mapping[int, str] | None = None,
    doubtful_teams: Mapping[int, str] | None = None,
) -> Iterator[Contradiction]:
    """What in pools and teams (by position in the stack file) cannot both hold.

    Doubtful are those that have errors of their own, by name: only that a name is used twice is said of them.
    """
    known = {pool.name: pool for pool in pools.values()}
    doubtful = (doubtful_pools or {}).values()
    pool_names = {i: pool.name for i, pool in pools.items()} | dict(doubtful_pools or {})
    team_names = {i: team.name for i, team in teams.items()} | dict(doubtful_teams or {})
    yield from _used_twice(("capacity", "pools"), pool_names, "pool")
    yield from _used_twice(("teams",), team_names, "team")
    given: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for i, team in teams.items():
        for name, gpus in team.gpus.items():
            if name in known:
                yield from _above_capacity(("teams", i, "gpus", name), known[name], gpus, given[name])
                given[name].append((team.name, gpus))
            elif name not in doubtful:
                yield unknown("pool", ("teams", i, "gpus", name), name, known)
        yield from _limits(("teams", i), team, known, set(doubtful))


def _limits(
    at: tuple[str | int, ...], team: Team, known: Mapping[str, Pool], doubtful: set[str]
) -> Iterator[Contradiction]:
    """What the team says of borrowing and lending, held against what it and the others have."""
    for key, limits in (("borrow", team.borrow), ("lend", team.lend)):
        for name, gpus in limits.items():
            steps = (*at, key, name)
            pool, own = known.get(name), team.gpus.get(name, 0)
            if pool is None:
                if name not in doubtful:
                    yield unknown("pool", steps, name, known)
            elif pool.purpose == "serving":
                remedy = f"leave it out: in serving pools such as {name} nothing is borrowed or lent"
                yield Contradiction(steps, "limits what never happens", gpus, remedy)
            elif key == "lend" and gpus > own:
                remedy = f"its own quota in pool {name} is {own}: lower the one or raise the other"
                yield Contradiction(steps, "lends more than the team has", gpus, remedy)
            elif key == "borrow" and gpus > max(0, pool.gpus - own):
                remedy = f"{_size(pool)}, of which {own} are its own: at most {max(0, pool.gpus - own)}"
                yield Contradiction(steps, "borrows more than others can have", gpus, remedy)


def unknown(kind: str, steps: tuple[str | int, ...], name: str, known: Iterable[str]) -> Contradiction:
    """A setting that names a pool or team which the stack file does not have."""
    names = sorted(known)
    if close := get_close_matches(name, names, n=1):
        remedy = f"did you mean {close[0]}?"
    else:
        remedy = f"{kind}s are {', '.join(names)}" if names else f"this file has no {kind}s"
    return Contradiction(steps, f"names no {kind} of this file", name, remedy)


def _used_twice(section: tuple[str, ...], names: Mapping[int, str], kind: str) -> Iterator[Contradiction]:
    first: dict[str, int] = {}
    for position, name in sorted(names.items()):
        if name in first:
            remedy = f"{section[-1]}[{first[name]}] has this name already: every {kind} needs its own"
            yield Contradiction((*section, position, "name"), f"is the name of a second {kind}", name, remedy)
        first.setdefault(name, position)


def _above_capacity(
    steps: tuple[str | int, ...], pool: Pool, gpus: int, given: list[tuple[str, int]]
) -> Iterator[Contradiction]:
    promised = int(pool.gpus * pool.oversubscription)
    if gpus + sum(taken for _, taken in given) <= promised:
        return
    others = ", ".join(f"{taken} to {team}" for team, taken in given if taken)
    most = f", of which {promised} may be promised" if promised > pool.gpus else ""
    yield Contradiction(
        steps,
        "is more than the pool has left",
        gpus,
        f"{_size(pool)}{most}{f' and {others} given before' if others else ''}: "
        "lower a quota, add nodes or declare `oversubscription` for the pool",
    )


def _size(pool: Pool) -> str:
    if pool.parts_per_gpu == 1:
        return f"pool {pool.name} has {pool.gpus} GPUs ({pool.nodes} x {pool.gpus_per_node})"
    parts = f"{pool.nodes} x {pool.gpus_per_node} GPUs x {pool.parts_per_gpu}"
    return f"pool {pool.name} has {pool.gpus} parts of GPUs ({parts})"
