"""Whether the sections of a stack file agree: what one names, another has, and enough of it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from components._spec import Spec
from components.capacity import Contradiction, contradictions, unknown
from components.cluster import pools as pools_on
from components.specs.capacity import Pool, Team
from components.specs.cluster import ClusterSpec, EksClusterSpec, ExistingClusterSpec
from components.specs.gpu_serving_pool import ServedModel
from components.specs.model_gateway import MOST_TEAMS
from stacks import _places
from stacks._report import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks._report import Json

_PLATFORM: Final = "platform"
"""Whose alerts those are that no team can do anything about."""

Entry = TypeVar("Entry", bound=Spec)


@dataclass(frozen=True)
class _Entries(Generic[Entry]):
    """The entries of a list by position: those that can be read, and the rest as they were written."""

    readable: dict[int, Entry]
    unreadable: dict[int, dict[str, Json]]

    @property
    def doubtful(self) -> dict[int, str]:
        """Names of those that cannot be read."""
        names = {position: entry.get("name") for position, entry in self.unreadable.items()}
        return {position: name for position, name in names.items() if isinstance(name, str)}


def disagreements(sections: dict[str, Json]) -> Iterator[Contradiction]:
    """Contradictions between entries; where an entry has errors of its own, only what is sure is said."""
    pools = _entries(Pool, inside(sections, "capacity", "pools"))
    teams = _entries(Team, inside(sections, "teams"))
    models = _entries(ServedModel, inside(sections, "serving", "models"))
    yield from contradictions(pools.readable, teams.readable, pools.doubtful, teams.doubtful)
    if found := cluster(sections):
        yield from pools_on.contradictions(found, pools.readable)
        yield from _places.contradictions(sections, found)
    pool_names = {pool.name for pool in pools.readable.values()} | set(pools.doubtful.values())
    team_names = {team.name for team in teams.readable.values()} | set(teams.doubtful.values())
    for position, written in teams.unreadable.items():
        quotas = written.get("gpus")
        for name in quotas if isinstance(quotas, dict) else ():
            if name not in pool_names:
                yield unknown("pool", ("teams", position, "gpus", name), name, pool_names)
    references: dict[int, tuple[Json, Json]]
    references = {i: (model.team, model.pool) for i, model in models.readable.items()}
    references |= {i: (written.get("team"), written.get("pool")) for i, written in models.unreadable.items()}
    for position, (team, pool) in sorted(references.items()):
        if isinstance(team, str) and team not in team_names:
            yield unknown("team", ("serving", "models", position, "team"), team, team_names)
        if isinstance(pool, str) and pool not in pool_names:
            yield unknown("pool", ("serving", "models", position, "pool"), pool, pool_names)
    yield from _heard_of(sections, team_names)
    yield from _gateway(sections, team_names)
    yield from _models(models.readable, pools.readable, teams.readable)
    yield from _training(sections, pools.readable, teams.readable)
    yield from _delivery(sections)


def _delivery(sections: dict[str, Json]) -> Iterator[Contradiction]:
    """Releases whose approvals nobody holds people to."""
    delivery = inside(sections, "delivery")
    if not isinstance(delivery, dict) or inside(sections, "delivery", "unenforced_approvals") is True:
        return
    remedy = (
        "only an enforced AI-06 keeps people from approving in somebody else's name: set `deny` (and "
        "`guardrails.enabled: true`), or accept that with `delivery.unenforced_approvals: true`"
    )
    if inside(sections, "guardrails", "enabled") is False:
        yield Contradiction(("guardrails", "enabled"), "must be true where there are releases", False, remedy)
    elif (stage := inside(sections, "guardrails", "stage")) in ("audit", "warn"):
        yield Contradiction(("guardrails", "stage"), "must be deny where there are releases", stage, remedy)


def _training(sections: dict[str, Json], pools: dict[int, Pool], teams: dict[int, Team]) -> Iterator[Contradiction]:
    """What pools and teams need of training, and it does not do."""
    if inside(sections, "training", "checkpoints") is False:
        for position, pool in pools.items():
            if pool.aws and pool.aws.purchase == "spot" and pool.purpose == "training":
                remedy = (
                    "training.checkpoints is false, and jobs that lose such machines start anew: change one of them"
                )
                yield Contradiction(
                    ("capacity", "pools", position, "aws", "purchase"), "needs checkpoints", "spot", remedy
                )
    if inside(sections, "training", "borrowing") is False:
        for position, team in teams.items():
            for key in ("borrow", "lend"):
                if limits := getattr(team, key):
                    remedy = "training.borrowing is false, so nothing is borrowed or lent: leave one of them out"
                    yield Contradiction(
                        ("teams", position, key), "limits what never happens", next(iter(limits)), remedy
                    )


def _heard_of(sections: dict[str, Json], team_names: set[str]) -> Iterator[Contradiction]:
    """Receivers of alerts of teams that there are not."""
    receivers = inside(sections, "monitoring", "alerting", "receivers")
    for position, receiver in enumerate(receivers if isinstance(receivers, list) else []):
        teams = receiver.get("teams") if isinstance(receiver, dict) else None
        for number, name in enumerate(teams if isinstance(teams, list) else []):
            if isinstance(name, str) and name not in {*team_names, _PLATFORM}:
                at = ("monitoring", "alerting", "receivers", position, "teams", number)
                yield unknown("team", at, name, {*team_names, _PLATFORM})


def _gateway(sections: dict[str, Json], team_names: set[str]) -> Iterator[Contradiction]:
    """Teams of the gateway that there are not, more teams than it can tell apart, releases that it does not see."""
    if not isinstance(inside(sections, "serving", "gateway"), dict):
        return
    teams = inside(sections, "serving", "gateway", "teams")
    for name in teams if isinstance(teams, dict) else ():
        if name not in team_names:
            yield unknown("team", ("serving", "gateway", "teams", name), name, team_names)
    released, domain = inside(sections, "delivery", "domain"), inside(sections, "serving", "gateway", "domain")
    if isinstance(released, str) and isinstance(domain, str) and released != domain:
        remedy = f"serving.gateway.domain is {domain}: write the same here"
        yield Contradiction(("delivery", "domain"), "is not the domain of the gateway", released, remedy)
    if len(team_names) > MOST_TEAMS:
        remedy = f"serving.gateway has a listener a team, and a Gateway at most {MOST_TEAMS}: leave the gateway out"
        yield Contradiction(("teams",), "has too many teams for one gateway", len(team_names), remedy)


def _models(models: dict[int, ServedModel], pools: dict[int, Pool], teams: dict[int, Team]) -> Iterator[Contradiction]:
    """Models for which their pool or their team's part of it is not the right one, or not enough."""
    pool_by_name = {pool.name: pool for pool in pools.values()}
    quotas = {team.name: team.gpus for team in teams.values()}
    serving = [pool.name for pool in pools.values() if pool.purpose == "serving"]
    taken: defaultdict[tuple[str, str], int] = defaultdict(int)
    for position, model in models.items():
        pool = pool_by_name.get(model.pool or "")
        if pool is None:
            continue
        at = ("serving", "models", position)
        if pool.purpose != "serving":
            remedy = f"pools for serving: {', '.join(serving)}" if serving else "give a pool `purpose: serving`"
            yield Contradiction((*at, "pool"), "is a pool for training", pool.name, remedy)
        elif model.gpus > pool.gpus_per_node:
            remedy = f"a node of pool {pool.name} has {pool.gpus_per_node}"
            yield Contradiction((*at, "gpus"), "is more than one node has", model.gpus, remedy)
        elif model.team in quotas:
            needed, quota = model.gpus * model.replicas, quotas[model.team].get(pool.name, 0)
            taken[model.team, pool.name] += needed
            if taken[model.team, pool.name] > quota:
                remedy = (
                    f"{model.replicas} replicas need {needed}; all models of team {model.team} may hold "
                    f"{quota} in pool {pool.name}: raise its quota or have fewer replicas"
                )
                yield Contradiction((*at, "gpus"), "is more than the team has left", model.gpus, remedy)


def cluster(sections: dict[str, Json]) -> ExistingClusterSpec | EksClusterSpec | None:
    """The cluster; nothing where its section has errors of its own."""
    try:
        return _cluster_specs().validate_json(json.dumps(sections.get("cluster", {})), strict=True)
    except ValidationError:
        return None


@cache
def _cluster_specs() -> TypeAdapter[ExistingClusterSpec | EksClusterSpec]:
    return TypeAdapter(ClusterSpec)


def _entries(kind: type[Entry], values: Json) -> _Entries[Entry]:
    adapter = TypeAdapter(kind)
    entries: _Entries[Entry] = _Entries({}, {})
    for position, value in enumerate(values if isinstance(values, list) else []):
        try:
            entries.readable[position] = adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError:
            entries.unreadable[position] = value if isinstance(value, dict) else {}
    return entries
