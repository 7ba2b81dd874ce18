"""Pages of exporters as Prometheus reads them, whose counters go on with every reading's clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from components.monitoring.gpu_exporter import COUNTERS
from components.specs.objectives import FIRST_TOKENS, LLM_LATENCIES, QUEUE_WAITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SINCE: Final = time.monotonic()


def gpu_page(node: int, gpus: int, teams: int) -> str:
    """One node's GPUs, each held by a pod of a team."""
    return _page(
        f'{name}{{gpu="{gpu}",UUID="GPU-{node}-{gpu}",namespace="team-team-{node % teams}",pod="job-{node}",'
        f'team="team-{node % teams}"}} {50 if "UTIL" in name else 0}'
        for name in COUNTERS
        for gpu in range(gpus)
    )


def endpoint_page() -> str:
    """One replica of vLLM, with ten requests a second of which one in a hundred fails."""
    done = (time.monotonic() - _SINCE) * 10
    gauges = ("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc")
    lines = [f'{name}{{engine="0"}} 0' for name in gauges]
    lines += [f'vllm:{kind}_tokens_total{{engine="0"}} {done * 100}' for kind in ("prompt", "generation")]
    for status, share in (("2xx", 0.99), ("5xx", 0.01)):
        lines.append(f'http_requests_total{{handler="/v1/chat/completions",status="{status}"}} {done * share}')
    lines += _histogram("vllm:e2e_request_latency_seconds", LLM_LATENCIES, done)
    lines += _histogram("vllm:time_to_first_token_seconds", FIRST_TOKENS, done)
    return _page(lines)


def queue_page(teams: int) -> str:
    """Kueue, with a queue for each team."""
    done = time.monotonic() - _SINCE
    lines: list[str] = []
    for team in range(teams):
        labels = f'team="team-{team}",cluster_queue="team-{team}"'
        lines += [f'kueue_pending_workloads{{{labels},status="{status}"}} 1' for status in ("active", "inadmissible")]
        lines.append(f'kueue_cluster_queue_status{{{labels},status="active"}} 1')
        lines += _histogram("kueue_admission_wait_time_seconds", QUEUE_WAITS, done, labels)
    return _page(lines)


def _histogram(name: str, bounds: Sequence[float], done: float, labels: str = 'engine="0"') -> list[str]:
    """Nine events in ten lie below every bound."""
    buckets = [f'{name}_bucket{{{labels},le="{float(bound)}"}} {done * 0.9}' for bound in bounds]
    every = f'{name}_bucket{{{labels},le="+Inf"}} {done}'
    return [*buckets, every, f"{name}_count{{{labels}}} {done}", f"{name}_sum{{{labels}}} {done}"]


def _page(lines: Iterable[str]) -> str:
    return "\n".join([*lines, ""])
