"""The collector itself, made of the parts that hooks use, hands on what it is told and proves who it is."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

import pytest
import yaml
from pydantic import ValidationError

from components.monitoring import collector
from components.monitoring_stack import MonitoringStack, MonitoringStackArgs
from components.specs.hooks import Hooks
from components.specs.monitoring_stack import MonitoringStackSpec
from tests.components.platform import cluster
from tests.components.pods import pods
from tests.components.recorded import record
from tests.monitoring import promtool
from tests.monitoring.alertmanager import recorder
from tests.monitoring.known_metrics import RECORDED, known
from tests.monitoring.server import prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring

_TOKEN: Final = {"secret": "tempo", "key": "token"}
_OTLP: Final = {"name": "tempo", "endpoint": "https://otlp.example.org:4443/a$b", "headers": {"X-Token": _TOKEN}}
HOOKS: Final = Hooks.model_validate(
    {"new_relic": {"region": "eu", "license_key": {"secret": "new-relic", "key": "key"}}, "otlp": [_OTLP]}
)
DATADOG: Final = Hooks.model_validate(
    {"datadog": {"site": "datadoghq.eu", "api_key": {"secret": "datadog", "key": "api-key"}}}
)
_SERIES: Final = 'endpoint:requests:rate5m{team="search",model="assistant",version="sha256:ab"}'
_LOG: Final = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "a model was loaded"}}]}]}]}
_SPAN: Final = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "answer",
    "kind": 2,
}
_TRACE: Final = {"resourceSpans": [{"scopeSpans": [{"spans": [_SPAN]}]}]}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@contextmanager
def collecting(tools: Tools, configuration: str, directory: Path) -> Iterator[str]:
    """The collector on a configuration; where it takes OTLP by HTTP."""
    settings = yaml.safe_load(configuration)
    ports = [free_port() for _ in range(4)]
    settings["receivers"]["otlp"]["protocols"] = {
        name: {"endpoint": f"127.0.0.1:{port}"} for name, port in zip(("grpc", "http"), ports, strict=False)
    }
    settings["extensions"]["health_check"]["endpoint"] = f"127.0.0.1:{ports[2]}"
    settings["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"] |= {
        "host": "127.0.0.1",
        "port": ports[3],
    }
    settings["service"]["telemetry"]["logs"]["level"] = "info"
    written = directory / "collector.yaml"
    written.write_text(yaml.safe_dump(settings))
    command = [str(tools.binary("otelcol")), f"--config=file:{written}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            said = []
            for line in server.stderr:
                said.append(line)
                if "Everything is ready" in line:
                    break
            else:
                raise AssertionError("".join(said))
            with urlopen(f"http://127.0.0.1:{ports[2]}/", timeout=10) as answer:
                assert answer.status == 200
            yield f"http://127.0.0.1:{ports[1]}"
        finally:
            server.terminate()
            server.communicate()


def tell(address: str, what: str, body: Any) -> None:
    request = Request(  # noqa: S310 (an address of our own)
        f"{address}/v1/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


@pytest.mark.rehearsal
def test_metrics_logs_and_traces_reach_every_hook_with_its_own_key(tools: Tools, tmp_path: Path) -> None:
    for place, content in (("new-relic/key", "12345"), ("tempo/token", "s3cret")):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_text(content)
    past = tmp_path / "past.txt"
    moments = [int(time.time()) // 60 * 60 - 60 * minute for minute in (2, 1, 0)]
    samples = "\n".join(f"{_SERIES} 7 {moment}" for moment in moments)
    past.write_text(f"# TYPE endpoint:requests:rate5m gauge\n{samples}\n# EOF\n")
    made = promtool.run(tools, "tsdb", "create-blocks-from", "openmetrics", past, tmp_path / "data")
    assert made.returncode == 0, made.stderr
    with recorder(unpacked) as receiving, prometheus(tools, tmp_path) as source:
        text = collector.configuration(HOOKS, source.address.removeprefix("http://"), 5)
        assert "s3cret" not in text
        for outside in ("https://otlp.eu01.nr-data.net", "https://otlp.example.org:4443"):
            assert outside in text
            text = text.replace(outside, receiving.address + ("/new-relic" if "nr-data" in outside else ""))
        with collecting(tools, text.replace("/hooks/", f"{tmp_path}/"), tmp_path) as address:
            tell(address, "logs", _LOG)
            tell(address, "traces", _TRACE)
            expected = {
                f"{tool}/v1/{what}" for tool in ("/new-relic", "/a$b") for what in ("metrics", "logs", "traces")
            }
            arrived: dict[str, bytes] = {}
            for _ in range(40):
                if expected <= arrived.keys() and all(
                    b"assistant" in body for path, body in arrived.items() if path.endswith("/metrics")
                ):
                    break
                path, headers, body = receiving.next()
                given = {name.lower(): value for name, value in headers.items()}
                assert given["x-token" if path.startswith("/a$b") else "api-key"] in {"s3cret", "12345"}
                arrived[path] = arrived.get(path, b"") + body
    assert arrived.keys() == expected
    assert b"a model was loaded" in arrived["/new-relic/v1/logs"]
    assert b"answer" in arrived["/a$b/v1/traces"]
    assert b"endpoint:requests:rate5m" in arrived["/a$b/v1/metrics"]
    assert b"assistant" in arrived["/new-relic/v1/metrics"]


def test_only_gauges_are_handed_on_and_all_that_is_recorded() -> None:
    names = [each.split('"')[1] for each in collector.FEDERATED]
    handed = {series for series in known() if any(re.fullmatch(each, series) for each in names)}
    assert handed >= RECORDED.keys()
    # Federation tells no counter from a gauge.
    counting = re.compile(r"_(total|bucket|sum|count)$")
    assert not {each for each in handed if counting.search(each)}
    assert all(any(re.fullmatch(each, series) for series in known()) for each in names)


def test_datadog_is_told_by_the_exporter_that_its_makers_ask_for() -> None:
    settings = yaml.safe_load(collector.configuration(DATADOG, "prometheus:9090", 30))
    assert settings["exporters"] == {
        "datadog": {"api": {"site": "datadoghq.eu", "key": "${file:/hooks/datadog/api-key}"}}
    }
    assert all(each["exporters"] == ["datadog"] for each in settings["service"]["pipelines"].values())


def test_the_collector_runs_where_a_hook_wants_it_and_may_connect_to_little() -> None:
    recording = record(
        lambda: MonitoringStack("monitoring", MonitoringStackArgs(MonitoringStackSpec(hooks=HOOKS), cluster()))
    )
    pod = dict(pods(recording))["collector"]["spec"]
    assert {"new-relic", "tempo"} <= {each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert {"startupProbe", "readinessProbe", "livenessProbe", "resources"} <= container.keys()
    policy = recording.of_kind("NetworkPolicy")["collector-egress"].inputs["spec"]
    assert policy["policyTypes"] == ["Egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in policy["egress"]] == [[53, 53], [9090], [443, 4443]]
    plain = record(lambda: MonitoringStack("monitoring", MonitoringStackArgs(MonitoringStackSpec(), cluster())))
    assert "collector" not in plain.of_kind("Deployment")


@pytest.mark.parametrize(
    "wrong",
    [
        {"datadog": {"site": "evil.example", "api_key": _TOKEN}},
        {"new_relic": {"license_key": "NRAL-s3cret"}},
        {"otlp": [_OTLP, _OTLP]},
        {"otlp": [{**_OTLP, "endpoint": "http://otlp.example.org"}]},
    ],
)
def test_a_hook_that_would_send_keys_astray_or_hold_them_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Hooks.model_validate(wrong)
