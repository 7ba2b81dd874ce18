"""`mlplatform slo`: what was promised of endpoints and queues, what was kept, and what is left of the error budgets."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import typer
from rich.table import Table

from cli.console import console
from cli.stack_files import stack_file
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.monitoring.alerts.objectives import Objective

_SECONDS: Final = 60
"""Seconds between two samples of a recorded rate."""
_TIMEOUT_SECONDS: Final = 30


@dataclass(frozen=True)
class Kept:
    """One promise, and what came of it."""

    slo: str
    team: str
    model: str | None
    threshold_seconds: float | None
    promised_percent: float
    events: int
    """Requests or jobs that were counted."""
    kept_percent: float | None
    """None where there were none."""
    budget_left_percent: float | None
    """Of the failures that are allowed among these events; negative where there were more."""


def slo(
    stack: Annotated[str, typer.Argument(help="Whose promises: a file `stacks/Pulumi.<stack>.yaml`.")] = "local",
    since: Annotated[str, typer.Option(help="How far back: `30d`, `12h`.")] = "30d",
    prometheus: Annotated[
        str, typer.Option(help="Where its Prometheus answers; `kubectl port-forward` brings it here.")
    ] = "http://127.0.0.1:9090",
    as_json: Annotated[bool, typer.Option("--json", help="Print data instead of a table.")] = False,
) -> None:
    """Report how endpoints and queues kept what the stack file promises of them."""
    from components.monitoring.alerts.objectives import objectives
    from stacks.settings import Settings, SettingsError

    if not re.fullmatch(r"[1-9]\d*[mhdw]", since):
        raise RehearsalError(f"--since: is no duration, got {since}", remedy="say for example 30d or 12h")
    if not re.match(r"https?://", prometheus):
        raise RehearsalError(f"--prometheus: is no address, got {prometheus}", remedy="say http://<host>:<port>")
    try:
        settings = Settings.load(stack_file(stack))
    except SettingsError as error:
        raise RehearsalError(str(error)) from None
    promised = objectives(settings.serving.models, settings.teams)
    report = [_kept(each, *_counted(prometheus.rstrip("/"), each, since)) for each in promised]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in report], indent=2))
    else:
        console().print(_table(stack, since, report))


def _counted(address: str, objective: Objective, since: str) -> tuple[float, float]:
    """All events, and the bad ones."""
    from components.monitoring.alerts.objectives import ALL, BAD

    labels = {
        "slo": objective.slo,
        "team": objective.team,
        "model": objective.model or "",
        "threshold": objective.threshold or "",
    }
    matched = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    every, bad = (f"sum(sum_over_time({series}{{{matched}}}[{since}])) * {_SECONDS}" for series in (ALL, BAD))
    return _query(address, every), _query(address, bad)


def _query(address: str, query: str) -> float:
    """The one value of a query; zero where there is no series."""
    try:
        with urlopen(f"{address}/api/v1/query?{urlencode({'query': query})}", timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 (http or https, by the option)
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    except (URLError, TimeoutError, ValueError, KeyError) as error:
        raise RehearsalError(
            f"--prometheus: does not answer as Prometheus does, got {address} ({error})",
            remedy="kubectl port-forward -n monitoring statefulset/prometheus 9090",
        ) from None
    return float(result[0]["value"][1]) if result else 0.0


def _kept(objective: Objective, events: float, bad: float) -> Kept:
    counted = events > 0 and math.isfinite(bad)
    share = bad / events if counted else None
    return Kept(
        objective.slo,
        objective.team,
        objective.model,
        float(objective.threshold) if objective.threshold else None,
        round(objective.ratio * 100, 4),
        round(events),
        None if share is None else round((1 - share) * 100, 4),
        None if share is None else round((1 - share / (1 - objective.ratio)) * 100, 1),
    )


def _table(stack: str, since: str, report: Sequence[Kept]) -> Table:
    table = Table("of", "promise", "promised", "kept", "events", "budget left", title=f"{stack}, last {since}")
    for each in report:
        whose = f"{each.team}/{each.model}" if each.model else f"queue {each.team}"
        within = f" ≤ {each.threshold_seconds:g} s" if each.threshold_seconds else ""
        left = "no events" if each.budget_left_percent is None else f"{each.budget_left_percent:g} %"
        kept = "" if each.kept_percent is None else f"{each.kept_percent:g} %"
        style = "red" if (each.budget_left_percent or 0) < 0 else None
        row = (whose, f"{each.slo}{within}", f"{each.promised_percent:g} %", kept, str(each.events), left)
        table.add_row(*row, style=style)
    return table
