"""Alerts about endpoints."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_ASSISTANT: Final = {"team": "search", "model": "assistant", "version": "sha256:ab"}
_NAME: Final = "assistant of team search (version sha256:ab)"
_OTHER: Final = {"team": "search", "model": "ranker", "version": "sha256:cd"}
_FIRST: Final = "vllm:time_to_first_token_seconds_bucket"


def _of(labels: dict[str, str], **more: str) -> str:
    return "{" + ", ".join(f'{key}="{value}"' for key, value in {**labels, **more}.items()) + "}"


_WANTED: Final = {
    f"endpoint:replicas:wanted{_of(_ASSISTANT)}": "2x90",
    f"endpoint:replicas:wanted{_of(_OTHER)}": "1x90",
    'up{job="models", team="search", model="ranker", pod="r-0"}': "1x90",
}

CASES: Final = (
    Case(
        "EndpointDown",
        "an endpoint without a replica that answers is reported, whether its pods are there or not",
        {
            **_WANTED,
            'up{job="models", team="search", model="assistant", pod="a-0"}': "1x9 0x10 1x10 _x60",
        },
        {"16m": [(_ASSISTANT, f"{_NAME} does not answer")], "45m": [(_ASSISTANT, f"{_NAME} does not answer")]},
        ["9m", "14m", "25m"],
    ),
    Case(
        "EndpointShort",
        "an endpoint with one replica of two is reported after half an hour, and until the second answers",
        {
            **_WANTED,
            'up{job="models", team="search", model="assistant", pod="a-0"}': "1x90",
            'up{job="models", team="search", model="assistant", pod="a-1"}': "1x9 0x50 1x30",
        },
        {"45m": [(_ASSISTANT, f"{_NAME} lacks 1 replicas")]},
        ["9m", "38m", "65m"],
    ),
    Case(
        "ModelErrors",
        "six failures in a hundred are reported for that model and version alone, five are not",
        {
            f"endpoint:requests:rate5m{_of(_ASSISTANT)}": "10x60",
            f"endpoint:errors:rate5m{_of(_ASSISTANT)}": "0.5x9 0.6x20 0.5x30",
            f"endpoint:requests:rate5m{_of(_OTHER)}": "100x60",
            f"endpoint:errors:rate5m{_of(_OTHER)}": "5x60",
        },
        {"16m": [(_ASSISTANT, f"6% of the requests to {_NAME} fail")]},
        ["9m", "13m", "32m"],
    ),
    Case(
        "ModelRequestsQueue",
        "ten requests may wait, eleven for five minutes may not",
        {
            f"vllm:num_requests_waiting{_of(_ASSISTANT, pod='a-0', node='gpu-0', engine='0')}": "10x9 11x10 10x9",
            f"vllm:num_requests_waiting{_of(_ASSISTANT, pod='a-1', engine='0')}": "10x28",
        },
        {"16m": [({**_ASSISTANT, "pod": "a-0", "node": "gpu-0"}, f"11 requests to {_NAME} wait in a-0")]},
        ["9m", "14m", "22m"],
    ),
    Case(
        "ModelSlowToAnswer",
        "a first token after six seconds is reported, one after four and a half is not",
        {
            f"{_FIRST}{_of(_ASSISTANT, le='2.5')}": "0+60x20 1200x20 1200+60x40",
            f"{_FIRST}{_of(_ASSISTANT, le='5')}": "0+60x20 1200+56x20 2320+60x40",
            f"{_FIRST}{_of(_ASSISTANT, le='7.5')}": "0+60x80",
            f"{_FIRST}{_of(_ASSISTANT, le='+Inf')}": "0+60x80",
            f"{_FIRST}{_of(_OTHER, le='2.5')}": "0x80",
            f"{_FIRST}{_of(_OTHER, le='5')}": "0+70x80",
            f"{_FIRST}{_of(_OTHER, le='+Inf')}": "0+70x80",
        },
        {
            "38m": [
                (_ASSISTANT, f"One request in twenty to {_NAME} waits 5.625s for its first token"),
            ]
        },
        ["20m", "26m", "60m"],
    ),
    Case(
        "ModelMemoryFull",
        "94 % is in use, 97 % for ten minutes is full",
        {f"vllm:kv_cache_usage_perc{_of(_ASSISTANT, pod='a-0', node='gpu-0', engine='0')}": "0.94x9 0.97x20 0.94x20"},
        {"21m": [({**_ASSISTANT, "pod": "a-0", "node": "gpu-0"}, f"a-0 of {_NAME} has filled 97% of its memory")]},
        ["9m", "18m", "35m"],
    ),
    Case(
        "ModelPreempts",
        "five requests a minute are put back by chance, seven are reported",
        {
            f"vllm:num_preemptions_total{_of(_ASSISTANT, pod='a-0')}": "0+5x30 150+7x40 430+5x40",
            f"vllm:num_preemptions_total{_of(_OTHER, pod='r-0')}": "0+5x110",
        },
        {"55m": [(_ASSISTANT, f"{_NAME} puts requests back and computes them again")]},
        ["30m", "41m", "100m"],
    ),
)
