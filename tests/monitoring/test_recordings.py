"""What is recorded of endpoints and queues, from their servers' own series to what is left of a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from components.monitoring import alerts
from tests.monitoring import promtool
from tests.monitoring.promtool import Recorded
from tests.monitoring.stack import GROUPS, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = [pytest.mark.monitoring, pytest.mark.rehearsal]

_ASSISTANT: Final = f'job="models", team="search", model="assistant", version="{VERSION}", pod="a-0"'
_RANKER: Final = f'job="models", team="search", model="ranker", version="{VERSION}", pod="r-0"'
_QUEUE: Final = 'job="controllers", team="search", cluster_queue="search"'
_INFER: Final = 'path="/v2/models/{model_name}/infer"'
_LABELS: Final = '{{team="search", model="{}", version="' + VERSION + '"}}'
AVAILABILITY: Final = '{slo="availability", team="search", model="assistant"}'
STEADY: Final = {
    # Sixty requests a minute: three fail, six take more than five seconds, twelve begin after half a second.
    f'http_requests_total{{{_ASSISTANT}, handler="/v1/chat/completions", status="2xx"}}': "0+57x120",
    f'http_requests_total{{{_ASSISTANT}, handler="/v1/chat/completions", status="5xx"}}': "0+3x120",
    f'http_requests_total{{{_ASSISTANT}, handler="/tokenize", status="5xx"}}': "0+500x120",
    f'vllm:e2e_request_latency_seconds_bucket{{{_ASSISTANT}, le="5.0"}}': "0+54x120",
    f'vllm:e2e_request_latency_seconds_bucket{{{_ASSISTANT}, le="50.0"}}': "0+59x120",
    f"vllm:e2e_request_latency_seconds_count{{{_ASSISTANT}}}": "0+60x120",
    f'vllm:time_to_first_token_seconds_bucket{{{_ASSISTANT}, le="0.5"}}': "0+48x120",
    f"vllm:time_to_first_token_seconds_count{{{_ASSISTANT}}}": "0+60x120",
    f'vllm:prompt_tokens_total{{{_ASSISTANT}, engine="0"}}': "0+540x120",
    f'vllm:generation_tokens_total{{{_ASSISTANT}, engine="0"}}': "0+60x120",
    # The same of the classic model: none fails, three take more than a tenth of a second.
    f'rest_server_requests_total{{{_RANKER}, {_INFER}, status_code="200"}}': "0+60x120",
    f'rest_server_requests_total{{{_RANKER}, path="/v2/health/ready", status_code="503"}}': "0+90x120",
    f'rest_server_request_duration_seconds_bucket{{{_RANKER}, {_INFER}, le="0.1"}}': "0+57x120",
    f"rest_server_request_duration_seconds_count{{{_RANKER}, {_INFER}}}": "0+60x120",
    # Ten jobs a minute, of which two wait more than 640 seconds.
    f'kueue_admission_wait_time_seconds_bucket{{{_QUEUE}, le="640.0"}}': "0+8x120",
    f"kueue_admission_wait_time_seconds_count{{{_QUEUE}}}": "0+10x120",
}
BURNS: Final[dict[str, float]] = {
    AVAILABILITY: 10,
    '{slo="availability", team="search", model="ranker"}': 0,
    '{slo="latency", threshold="5", team="search", model="assistant"}': 2,
    '{slo="first_token", threshold="0.5", team="search", model="assistant"}': 2,
    '{slo="latency", threshold="0.1", team="search", model="ranker"}': 5,
    '{slo="queue_wait", threshold="640", team="search"}': 2,
}


def _series(name: str, values: dict[str, float]) -> dict[str, float]:
    return {f"{name}{labels}": value for labels, value in values.items()}


CASES: Final = (
    Recorded(
        "requests, failures and tokens of each endpoint and version, in one form for both kinds of server",
        STEADY,
        {
            ("60m", "endpoint:requests:rate5m"): {
                f"endpoint:requests:rate5m{_LABELS.format('assistant')}": 1,
                f"endpoint:requests:rate5m{_LABELS.format('ranker')}": 1,
            },
            ("60m", "endpoint:errors:rate5m"): {f"endpoint:errors:rate5m{_LABELS.format('assistant')}": 0.05},
            ("60m", "endpoint:tokens:rate5m"): {f"endpoint:tokens:rate5m{_LABELS.format('assistant')}": 10},
            ("60m", "endpoint:replicas:wanted"): {
                f"endpoint:replicas:wanted{_LABELS.format('assistant')}": 2,
                f"endpoint:replicas:wanted{_LABELS.format('ranker')}": 2,
            },
        },
    ),
    Recorded(
        "how many times faster than allowed failures come, over every window, and what is left of the budget",
        STEADY,
        {
            **{
                ("110m", f"slo:burn:rate{window}"): _series(f"slo:burn:rate{window}", BURNS)
                for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
            },
            ("110m", "slo:budget:left"): _series("slo:budget:left", {key: 1 - burn for key, burn in BURNS.items()}),
        },
    ),
    Recorded(
        "failures count by the requests that there were: an hour of silence changes nothing",
        {
            f'http_requests_total{{{_ASSISTANT}, handler="/v1/chat/completions", status="2xx"}}': (
                "0+54x60 3240x60 3240+60x60"
            ),
            f'http_requests_total{{{_ASSISTANT}, handler="/v1/chat/completions", status="5xx"}}': "0+6x60 360x120",
        },
        {
            ("58m", f"slo:burn:rate1h{AVAILABILITY}"): {f"slo:burn:rate1h{AVAILABILITY}": 20},
            ("118m", f"slo:burn:rate2h{AVAILABILITY}"): {f"slo:burn:rate2h{AVAILABILITY}": 20},
            ("179m", f"slo:burn:rate30m{AVAILABILITY}"): {f"slo:burn:rate30m{AVAILABILITY}": 0},
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.seen)
def test_recorded_series_are_what_they_say(case: Recorded, tools: Tools, tmp_path: Path) -> None:
    files = []
    for name, text in alerts.rule_files(GROUPS).items():
        (tmp_path / name).write_text(text)
        files.append(tmp_path / name)
    (tmp_path / "case.yaml").write_text(case.test_file(files))
    done = promtool.run(tools, "test", "rules", tmp_path / "case.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_recorded_series_is_seen() -> None:
    seen = {query.partition("{")[0] for case in CASES for _, query in case.expected}
    # What the others are made from, and so seen in them.
    made_from = {"slo:objective:ratio", "slo:all:rate5m", "slo:bad:rate5m"}
    assert {each.name for group in GROUPS for each in group.recordings} == seen | made_from
