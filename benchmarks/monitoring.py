"""What a large platform costs Prometheus: 1,000 GPUs and 200 endpoints, read and judged by the rules that are deployed.

The exporters are one local server, with the series that theirs have; Prometheus is the real one.

`python -m benchmarks.monitoring [--gpus N] [--endpoints N] [--readings N]`
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from benchmarks.exposition import endpoint_page, gpu_page, queue_page
from benchmarks.measuring import Figure, show
from components.monitoring import alerts
from components.specs.capacity import Team
from components.specs.gpu_serving_pool import ServedModel
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.monitoring.server import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TEAMS: Final = 10
GPUS_OF_A_NODE: Final = 8
_SECONDS: Final = 5
_PATIENCE_SECONDS: Final = 30
RULE_SECONDS: Final = 3.0
"""A tenth of the interval at which the platform's rules are judged."""
MEMORY_MIB: Final = 2048.0
"""What the platform gives Prometheus."""
OF_AN_ENDPOINT: Final = 40.0
"""Series that rules may record of one endpoint."""


class Exporters:
    """All pages, and how often they were read."""

    def __init__(self, pages: Mapping[str, Callable[[], str]]) -> None:
        self._read, self._changed = dict.fromkeys(pages, 0), threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages[self.path]().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(BrokenPipeError):  # Prometheus ends while it reads
                    self.wfile.write(body)
                with outer._changed:
                    outer._read[self.path] += 1
                    outer._changed.notify_all()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's)
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.target = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, readings: int) -> None:
        """Until every page was read so often."""
        with self._changed:
            often = self._changed.wait_for(lambda: min(self._read.values()) >= readings, _PATIENCE_SECONDS * readings)
        if not often:
            raise SystemExit(f"Prometheus did not read every page {readings} times")

    def stop(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


def measure(gpus: int, endpoints: int, readings: int) -> list[Figure]:
    """Have everything read so often, and ask Prometheus what it took."""
    models = [_model(number) for number in range(endpoints)]
    teams = [_team(number) for number in range(TEAMS)]
    nodes = math.ceil(gpus / GPUS_OF_A_NODE)
    pages: dict[str, Callable[[], str]] = {"/controllers/0": partial(queue_page, TEAMS)}
    pages |= {f"/models/{number}": endpoint_page for number in range(endpoints)}
    for node in range(nodes):
        pages[f"/gpus/{node}"] = partial(gpu_page, node, min(GPUS_OF_A_NODE, gpus - node * GPUS_OF_A_NODE), TEAMS)
    exporters = Exporters(pages)
    try:
        with (
            tempfile.TemporaryDirectory() as directory,
            _running(Path(directory), exporters, nodes, models, teams) as address,
        ):
            exporters.wait(readings)
            return _figures(address, gpus, endpoints)
    finally:
        exporters.stop()


@contextmanager
def _running(
    directory: Path, exporters: Exporters, nodes: int, models: Sequence[ServedModel], teams: Sequence[Team]
) -> Iterator[str]:
    tools = Toolchain.default().ensure(["prometheus"], Silent())
    for name, text in alerts.rule_files(alerts.groups(models, teams, 15)).items():
        # Judged as often as pages are read, the slow groups too.
        (directory / name).write_text(text.replace("interval: 1m", f"interval: {_SECONDS}s"))
    jobs = [_job("controllers", "0", exporters.target, {})]
    jobs += [_job("gpus", str(node), exporters.target, {"node": f"gpu-{node}"}) for node in range(nodes)]
    jobs += [
        _job("models", str(number), exporters.target, {"team": each.team, "model": each.name, "version": each.digest})
        for number, each in enumerate(models)
    ]
    settings = {
        "global": {"scrape_interval": f"{_SECONDS}s", "evaluation_interval": f"{_SECONDS}s"},
        "rule_files": [f"{directory}/*.yaml"],
        "scrape_configs": jobs,
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(settings))
    command = [str(tools.binary("prometheus")), f"--config.file={directory / 'prometheus.yml'}"]
    with listening([*command, f"--storage.tsdb.path={directory / 'data'}"]) as address:
        yield address


def _job(job: str, number: str, target: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "job_name": f"{job}-{number}",
        "honor_labels": True,
        "metrics_path": f"/{job}/{number}",
        "static_configs": [{"targets": [target], "labels": {"job": job, "instance": f"{job}-{number}", **labels}}],
    }


def _figures(address: str, gpus: int, endpoints: int) -> list[Figure]:
    groups = _get(address, "rules")["groups"]
    rules = sum(group["evaluationTime"] for group in groups)
    recorded = _value(address, 'count({__name__=~"(endpoint|slo):.+"})')
    of_endpoints = _value(address, 'count({__name__=~"(endpoint|slo):.+", model!=""})')
    of_gpus = _value(address, 'count({__name__=~"(endpoint|slo):.+", gpu!=""}) or vector(0)')
    with urlopen(f"{address}/metrics", timeout=30) as answer:  # noqa: S310 (an address of our own)
        own = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#"))
    return [
        Figure("GPUs", gpus, ""),
        Figure("endpoints", endpoints, ""),
        Figure("series in all", float(own["prometheus_tsdb_head_series"]), ""),
        Figure("series that rules record", recorded, ""),
        Figure("of them for one endpoint", of_endpoints / endpoints, "", OF_AN_ENDPOINT),
        Figure("of them for one team's queue", (recorded - of_endpoints) / TEAMS, "", OF_AN_ENDPOINT),
        Figure("of them for GPUs", of_gpus, "", 0),
        Figure("alerts that wait or fire", _value(address, "count(ALERTS) or vector(0)"), ""),
        Figure("all rules judged once", rules, "s", RULE_SECONDS),
        Figure("Prometheus' memory", float(own["process_resident_memory_bytes"]) / 2**20, "MiB", MEMORY_MIB),
    ]


def _value(address: str, query: str) -> float:
    (series,) = _get(address, "query", query=query)["result"]
    return float(series["value"][1])


def _get(address: str, path: str, **parameters: str) -> dict[str, Any]:
    with urlopen(f"{address}/api/v1/{path}?{urlencode(parameters)}", timeout=60) as answer:  # noqa: S310 (as above)
        data: dict[str, Any] = json.load(answer)["data"]
    return data


def _team(number: int) -> Team:
    wait = {"seconds": 640, "percent": 90}
    return Team.model_validate(
        {"name": f"team-{number}", "owner": "grace.hopper", "cost_centre": "cc-1906", "queue_wait": wait}
    )


def _model(number: int) -> ServedModel:
    return ServedModel.model_validate(
        {
            "name": f"model-{number}",
            "team": f"team-{number % TEAMS}",
            "format": "llm",
            "uri": f"oci://registry.example/model@sha256:{number:064x}",
            "pool": "h100",
            "gpus": 1,
            "system_id": f"system-{number}",
            "risk_class": "minimal",
            "intended_use": "Answers questions.",
            "objectives": {
                "availability_percent": 99.5,
                "latency": {"seconds": 5, "percent": 95},
                "first_token": {"seconds": 0.5, "percent": 90},
            },
        }
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", type=int, default=1000)
    parser.add_argument("--endpoints", type=int, default=200)
    parser.add_argument("--readings", type=int, default=8)
    asked = parser.parse_args()
    show(measure(asked.gpus, asked.endpoints, asked.readings))


if __name__ == "__main__":
    main()
