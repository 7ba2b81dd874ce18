"""The report of objectives, asked of a real Prometheus that holds a past of our making."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

from cli.main import app
from rehearsal.errors import RehearsalError
from tests.monitoring import promtool
from tests.monitoring.server import Prometheus, prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring

_MINUTES: Final = 600
_LABELS: Final = '{slo="availability",team="search",model="assistant"}'


@pytest.fixture(scope="module")
def server(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that recorded two requests a second for ten hours, of which one in a thousand failed."""
    directory = tmp_path_factory.mktemp("prometheus")
    end = int(time.time()) // 60 * 60
    moments = [end - 60 * minute for minute in range(_MINUTES, 0, -1)]
    lines: list[str] = []
    for name, value in (("slo:all:rate5m", 2), ("slo:bad:rate5m", 0.002)):
        lines += [f"# TYPE {name} gauge", *(f"{name}{_LABELS} {value} {moment}" for moment in moments)]
    past = directory / "past.txt"
    past.write_text("\n".join([*lines, "# EOF", ""]))
    done = promtool.run(tools, "tsdb", "create-blocks-from", "openmetrics", past, directory / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    with prometheus(tools, directory) as running:
        yield running


@pytest.mark.rehearsal
def test_the_report_says_what_was_promised_kept_and_is_left(server: Prometheus) -> None:
    result = CliRunner().invoke(app, ["slo", "local", "--since", "1d", "--prometheus", server.address, "--json"])
    assert result.exit_code == 0, result.output
    (assistant,) = json.loads(result.output)
    assert assistant == {
        "slo": "availability",
        "team": "search",
        "model": "assistant",
        "threshold_seconds": None,
        "promised_percent": 99.5,
        "events": 2 * 60 * _MINUTES,
        "kept_percent": 99.9,
        "budget_left_percent": 80.0,
    }


@pytest.mark.rehearsal
def test_the_report_is_a_table_for_people_and_says_where_nothing_was_counted(server: Prometheus) -> None:
    address = ["--prometheus", server.address]
    assert "80 %" in CliRunner().invoke(app, ["slo", "local", "--since", "1d", *address]).output
    # Nothing was recorded of that stack's endpoints.
    assert "no events" in CliRunner().invoke(app, ["slo", "dev", "--since", "1d", *address]).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["local", "--since", "ever"], "--since: is no duration, got ever"),
        (["local", "--prometheus", "file:///etc/passwd"], "--prometheus: is no address, got file:///etc/passwd"),
        (["local", "--prometheus", "http://127.0.0.1:1"], "--prometheus: does not answer as Prometheus does"),
        (["nowhere"], "nowhere: no stack is called so"),
    ],
)
def test_a_mistake_is_said_in_a_line(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["slo", *arguments])
    assert isinstance(result.exception, RehearsalError)
    assert said in str(result.exception)
