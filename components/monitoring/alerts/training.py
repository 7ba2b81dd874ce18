"""Alerts about queues: who waits, who is pushed out, and what can never start."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_FIRST_WAITING: Final = (
    "Read why the first one waits: `kubectl get workloads -n team-<team>`, then `kubectl describe` it."
)

GROUP: Final = Group(
    "training",
    alerts=(
        Alert(
            "QueueStuck",
            """sum by (team) (kueue_pending_workloads{status="active"}) > 0
                unless sum by (team) (increase(kueue_admitted_workloads_total[1h])) > 0""",
            "warning",
            "No job of team {{ $labels.team }} was started for an hour; {{ $value }} wait",
            "Jobs wait that could be started by their size, and none was.",
            ("Look at what holds the team's quota, on the dashboard `team`.", _FIRST_WAITING),
            minutes=60,
            team=None,
        ),
        Alert(
            "QueueWaitLong",
            """histogram_quantile(0.95,
                sum by (team, le) (increase(kueue_admission_wait_time_seconds_bucket[6h]))) > 14400""",
            "warning",
            "One job in twenty of team {{ $labels.team }} waits {{ $value | humanizeDuration }}",
            "The team has more to do than its quota and what others lend it can carry.",
            (
                "Look at idle GPUs first, on the dashboard `gpus`.",
                "Give urgent jobs a higher priority class.",
                "Raise the team's quota, or have more machines.",
            ),
            minutes=15,
            team=None,
        ),
        Alert(
            "JobsDoNotFit",
            'sum by (team) (kueue_pending_workloads{status="inadmissible"}) > 0',
            "warning",
            "{{ $value }} jobs of team {{ $labels.team }} fit into no quota for six hours",
            "They ask for more than the team's queue has free, or can ever have.",
            (_FIRST_WAITING, "A job that asks for more than the quota never starts: ask for less, or raise it."),
            minutes=360,
            team=None,
        ),
        Alert(
            "GangsDoNotStart",
            'sum by (team) (increase(kueue_evicted_workloads_total{reason="PodsReadyTimeout"}[1h])) > 0',
            "warning",
            "A gang of team {{ $labels.team }} was let in and could not start all of its pods",
            "Its quota was free, but not the machines: pods were not scheduled, or their image or volume did not come.",
            (
                "Read why: `kubectl get events -n team-<team> --field-selector reason=FailedScheduling`.",
                "Compare the nodes that are ready with the pool of the stack file.",
            ),
            team=None,
        ),
        Alert(
            "PreemptionsRepeat",
            'sum by (team) (increase(kueue_evicted_workloads_total{reason="Preempted"}[1h])) > 10',
            "warning",
            "{{ $value | humanize }} jobs of team {{ $labels.team }} were pushed out within an hour",
            "Others take back what they lent, or jobs of higher priority come. Work since the last checkpoint is lost.",
            (
                "Look who takes, on the dashboard `queues`.",
                "Write checkpoints more often, or let long jobs run within the team's own quota.",
            ),
            team=None,
        ),
        Alert(
            "EvictionsRepeat",
            """sum by (team, reason) (
                increase(kueue_evicted_workloads_total{reason!~"Preempted|PodsReadyTimeout"}[1h])) > 10""",
            "warning",
            "{{ $value | humanize }} jobs of team {{ $labels.team }} were evicted in an hour: {{ $labels.reason }}",
            "Jobs are stopped again and again for a reason that is not preemption.",
            (_FIRST_WAITING, "`NodeFailures`: see the alerts about GPUs. `Deactivated`: somebody stopped them."),
            team=None,
        ),
        Alert(
            "QueueNotUsable",
            'kueue_cluster_queue_status{status="active"} == 0',
            "critical",
            "The queue of team {{ $labels.team }} admits nobody",
            "Kueue does not use the queue: a flavor is missing, or the queue is being deleted.",
            (
                "`kubectl describe clusterqueue <team>` says why.",
                "Run `pulumi up`: what was deleted by hand comes back.",
            ),
            minutes=10,
            team=None,
        ),
        Alert(
            "PodsUnschedulable",
            "max(karpenter_scheduler_unschedulable_pods_count) > 0",
            "warning",
            "{{ $value }} pods fit on no machine that can be had",
            "Karpenter knows no instance for them: a pool is at its limit, or they ask for what no pool has.",
            (
                "`kubectl logs -n kube-system deploy/karpenter | grep incompatible`.",
                "Raise the pool's nodes in the stack file.",
            ),
            minutes=15,
        ),
        Alert(
            "NodePoolFull",
            """max by (nodepool, resource_type) (karpenter_nodepools_usage)
                / max by (nodepool, resource_type) (karpenter_nodepools_limit) > 0.95""",
            "warning",
            "Pool {{ $labels.nodepool }} has {{ $value | humanizePercentage }} of its {{ $labels.resource_type }}",
            "The pool is at the size that the stack file allows. More work waits.",
            ("Look for idle GPUs, on the dashboard `gpus`.", "Raise `nodes` of the pool in the stack file."),
            minutes=60,
        ),
    ),
)
