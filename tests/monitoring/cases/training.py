"""Alerts about queues."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_VISION: Final = {"team": "vision"}
_WAIT: Final = "kueue_admission_wait_time_seconds_bucket"
_EVICTED: Final = "kueue_evicted_workloads_total"

CASES: Final = (
    Case(
        "QueueStuck",
        "a queue is stuck when jobs wait for two hours and none is started",
        {
            'kueue_pending_workloads{team="vision", status="active"}': "1x300",
            'kueue_pending_workloads{team="vision", status="inadmissible"}': "9x300",
            'kueue_admitted_workloads_total{team="vision", priority_class="a"}': "7x180 8x120",
            'kueue_pending_workloads{team="language", status="active"}': "3x300",
            'kueue_admitted_workloads_total{team="language", priority_class="a"}': "0+0.02x300",
            'kueue_pending_workloads{team="idle", status="active"}': "0x300",
            'kueue_pending_workloads{team="new", status="active"}': "_x200 1x10",
        },
        {
            "70m": [(_VISION, "No job of team vision was started for an hour; 1 wait")],
            "130m": [(_VISION, "No job of team vision was started for an hour; 1 wait")],
        },
        ["59m", "190m", "215m"],
    ),
    Case(
        "QueueWaitLong",
        "a wait of five hours for one job in ten is reported, one of three hours is not",
        {
            f'{_WAIT}{{team="vision", le="10240"}}': "0+9x400 3600+10x400",
            f'{_WAIT}{{team="vision", le="20480"}}': "0+10x800",
            f'{_WAIT}{{team="vision", le="+Inf"}}': "0+10x800",
            f'{_WAIT}{{team="language", le="5120"}}': "0+4x800",
            f'{_WAIT}{{team="language", le="12800"}}': "0+10x800",
            f'{_WAIT}{{team="language", le="+Inf"}}': "0+10x800",
        },
        {
            "22m": [(_VISION, "One job in twenty of team vision waits 4h 16m 0s")],
            "390m": [(_VISION, "One job in twenty of team vision waits 4h 16m 0s")],
        },
        ["10m", "790m"],
    ),
    Case(
        "JobsDoNotFit",
        "one job that fits into nothing for six hours is reported until it is gone",
        {
            'kueue_pending_workloads{team="vision", status="inadmissible"}': "0x9 1x500 0x20",
            'kueue_pending_workloads{team="language", status="inadmissible"}': "0x530",
            'kueue_pending_workloads{team="language", status="active"}': "4x530",
        },
        {"380m": [(_VISION, "1 jobs of team vision fit into no quota for six hours")]},
        ["360m", "520m"],
    ),
    Case(
        "GangsDoNotStart",
        "one gang that is let in and does not start is reported for an hour",
        {
            f'{_EVICTED}{{team="vision", reason="PodsReadyTimeout"}}': "0x9 1x100",
            f'{_EVICTED}{{team="vision", reason="Preempted"}}': "0+5x110",
            f'{_EVICTED}{{team="language", reason="PodsReadyTimeout"}}': "3x110",
        },
        {"20m": [(_VISION, "A gang of team vision was let in and could not start all of its pods")]},
        ["9m", "80m"],
    ),
    Case(
        "PreemptionsRepeat",
        "nine within an hour happen, twelve are reported",
        {
            f'{_EVICTED}{{team="vision", reason="Preempted"}}': "0+0.15x70 10.5+0.2x70 24.5x70",
            f'{_EVICTED}{{team="vision", reason="Deactivated"}}': "0+1x210",
            f'{_EVICTED}{{team="language", reason="Preempted"}}': "0+0.15x210",
        },
        {"135m": [(_VISION, "12 jobs of team vision were pushed out within an hour")]},
        ["65m", "205m"],
    ),
    Case(
        "EvictionsRepeat",
        "nine within an hour happen, twelve are reported with their reason",
        {
            f'{_EVICTED}{{team="vision", reason="NodeFailures"}}': "0+0.15x70 10.5+0.2x70 24.5x70",
            f'{_EVICTED}{{team="vision", reason="Preempted"}}': "0+1x210",
            f'{_EVICTED}{{team="vision", reason="PodsReadyTimeout"}}': "0+1x210",
        },
        {
            "135m": [
                ({**_VISION, "reason": "NodeFailures"}, "12 jobs of team vision were evicted in an hour: NodeFailures")
            ]
        },
        ["65m", "205m"],
    ),
    Case(
        "QueueNotUsable",
        "a queue that is not active for ten minutes is reported until it is",
        {
            'kueue_cluster_queue_status{team="vision", status="active"}': "1x4 0x20 1x9",
            'kueue_cluster_queue_status{team="vision", status="pending"}': "0x40",
        },
        {"16m": [({**_VISION, "status": "active"}, "The queue of team vision admits nobody")]},
        ["13m", "27m"],
    ),
    Case(
        "PodsUnschedulable",
        "one pod that fits nowhere for a quarter of an hour is reported",
        {'karpenter_scheduler_unschedulable_pods_count{controller="provisioner", pod="karpenter-0"}': "0x4 1x30 0x10"},
        {"22m": [({}, "1 pods fit on no machine that can be had")]},
        ["4m", "18m", "37m"],
    ),
    Case(
        "NodePoolFull",
        "a pool at nine tenths is not full, one at its limit for an hour is",
        {
            'karpenter_nodepools_usage{nodepool="h100", resource_type="nvidia.com/gpu"}': "58x9 64x100 58x20",
            'karpenter_nodepools_limit{nodepool="h100", resource_type="nvidia.com/gpu"}': "64x130",
            'karpenter_nodepools_usage{nodepool="l40s", resource_type="nvidia.com/gpu"}': "3x130",
            'karpenter_nodepools_limit{nodepool="l40s", resource_type="nvidia.com/gpu"}': "4x130",
        },
        {
            "72m": [
                (
                    {"nodepool": "h100", "resource_type": "nvidia.com/gpu"},
                    "Pool h100 has 100% of its nvidia.com/gpu",
                )
            ]
        },
        ["9m", "65m", "115m"],
    ),
)
