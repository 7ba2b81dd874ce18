"""Pictures of the dashboards: the real Prometheus answers every panel's query over three hours of invented samples.

`python -m tests.monitoring.pictures` writes them to `docs/pictures`.
"""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from components.monitoring.dashboards import DASHBOARDS
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.monitoring import promtool
from tests.monitoring.drawing import Line, draw
from tests.monitoring.known_metrics import known
from tests.monitoring.server import Prometheus, prometheus
from tests.test_house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.monitoring.dashboard import Dashboard, Panel
    from rehearsal.toolchain import Tools

DIRECTORY: Final = ROOT / "docs" / "pictures"
_END: Final = 1_780_000_200
_STEP: Final = 120
_HOURS: Final = 3
_VARIANTS: Final = 3
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "team": ("search", "vision", "speech"),
    "model": ("assistant", "ranker", "summary"),
    "version": ("sha256:3f9a", "sha256:81bc", "sha256:c04d"),
    "node": ("gpu-0", "gpu-1", "gpu-2"),
    "job": ("controllers", "models", "gpus"),
    "app": ("kueue", "kserve", "jobset"),
    "feature_view": ("clicks", "sessions", "prices"),
    "nodepool": ("h100", "l40s", "cpu"),
    "bucket": ("artifacts", "models", "features"),
    "name": ("/data-0", "/data-1", "/data-2"),
    "alertname": ("GpuHot", "QueueStuck", "ModelErrors"),
    "slo": ("availability", "latency", "first_token"),
    "pod": ("job-0", "job-1", "job-2"),
    "reason": ("Preempted", "PodsReadyTimeout", "InactiveWorkload"),
    "code": ("200", "201", "409"),
    "resource": ("nvidia.com/gpu",) * 3,
    "status": ("active", "inadmissible", "active"),
    "alertstate": ("firing",) * 3,
    "endpoint": ("/get-online-features",) * 3,
    "type": ("avail", "avail", "avail"),
}
_BELOW: Final = {0.05: 0.2, 0.25: 0.55, 1.0: 0.85, 5.0: 0.97, 30.0: 0.99, 640.0: 0.998, math.inf: 1.0}
"""Bounds of histograms, and the share of events below each."""
_SIZES: Final = (
    (r"up", 1),
    (r".*(_ratio|_perc|budget:left)", 0.6),
    (r".*(GPU_UTIL|GPU_TEMP)", 54),
    (r".*(FB_USED|FB_FREE)", 40_000),
    (r".*POWER_USAGE", 420),
    (r".*ENERGY.*", 420_000),
    (r".*(bytes|volumeServer_resource)", 40 * 2**30),
    (r".*freshness_seconds", 1800),
    (r".*(cost_total|wanted)", 3),
    (r".*burn.*", 1.2),
    (r".*errors:rate.*", 0.05),
    (r".*XID.*", 0),
    (r"ALERTS", 1),
    (r".*", 12),
)
"""About how large a sample is, by its series' name; what counts grows by so much a second."""
_COUNTS: Final = re.compile(r".*(_total|_count|_bucket|_sum|ENERGY_CONSUMPTION)")


def pictures(tools: Tools, directory: Path) -> dict[str, str]:
    """Every dashboard's picture by its file's name; blocks are made below `directory`."""
    past = directory / "past.txt"
    past.write_text("\n".join([*_samples(), "# EOF", ""]))
    made = promtool.run(tools, "tsdb", "create-blocks-from", "openmetrics", past, directory / "data")
    if made.returncode:
        raise SystemExit(made.stdout + made.stderr)
    with prometheus(tools, directory) as server:
        return {
            f"{each.name}.svg": draw(each, {panel.title: _lines(server, each, panel) for panel in each.panels})
            for each in DASHBOARDS
        }


def _lines(server: Prometheus, dashboard: Dashboard, panel: Panel) -> list[Line]:
    query = panel.query
    for variable in dashboard.variables:
        query = query.replace(f"${variable.name}", ".+")
    start = _END - _HOURS * 3600 + 1800
    answer = server.get("query_range", query=query, start=str(start), end=str(_END), step=str(_STEP))
    found = [(_called(panel.legend, each["metric"]), _drawn(each["values"])) for each in answer["result"]]
    lines: list[Line] = [(name, points) for name, points in found if points]
    if not lines:
        raise SystemExit(f"{dashboard.name}: {panel.title} has no data")
    return lines


def _drawn(values: list[tuple[float, str]]) -> list[tuple[float, float]]:
    return [(moment, float(value)) for moment, value in values if math.isfinite(float(value))]


def _called(legend: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend).strip()


def _samples() -> Iterator[str]:
    for name, labels in sorted(known().items()):
        size = next(size for pattern, size in _SIZES if re.fullmatch(pattern, name))
        bounds: tuple[float | None, ...] = tuple(_BELOW) if "le" in labels else (None,)
        for variant in range(_VARIANTS):
            for bound in bounds:
                share = 1.0 if bound is None else _BELOW[bound]
                typical = size * share * _factor(name, variant)
                yield from _series(name, _labelled(labels, variant, bound), typical, variant)


def _labelled(labels: set[str], variant: int, bound: float | None) -> str:
    given = {label: _NAMES[label][variant] for label in labels if label in _NAMES}
    given |= {label: f"{label}-{variant}" for label in labels - given.keys() - {"le"}}
    if bound is not None:
        given["le"] = "+Inf" if bound == math.inf else str(bound)
    return "{" + ",".join(f'{label}="{value}"' for label, value in sorted(given.items())) + "}"


def _factor(name: str, variant: int) -> float:
    """The third GPU is held and not used."""
    return 0.03 if name.endswith("GPU_UTIL") and variant == 2 else 1 + variant / 5


def _series(name: str, labels: str, size: float, variant: int) -> Iterator[str]:
    total = 0.0
    for number in range(_HOURS * 3600 // 60 + 1):
        wave = size * (1 + 0.15 * math.sin(number / 17 + variant * 2))
        total += wave * 60
        value = total if _COUNTS.fullmatch(name) else size if size <= 1 else wave
        yield f"{name}{labels} {value:.6g} {_END - _HOURS * 3600 + number * 60}"


def main() -> None:
    """Write them."""
    tools = Toolchain.default().ensure(["prometheus"], Silent())
    DIRECTORY.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        for name, text in pictures(tools, Path(directory)).items():
            (DIRECTORY / name).write_text(text)


if __name__ == "__main__":
    main()
