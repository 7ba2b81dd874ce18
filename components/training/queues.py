"""Kueue's objects, derived from the capacity model: who may use how much of what, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from components.capacity import CLAIMED_RESOURCE, Capacity, Flavor, Team
from components.training import topology

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.capacity import Quota
    from components.specs.training_cluster import TrainingClusterSpec

Manifest = dict[str, Any]

API_VERSION: Final = "kueue.x-k8s.io/v1beta2"
COHORT: Final = "platform"
"""The one cohort of all teams: GPUs can be lent between its queues only."""
GENERAL_FLAVOR: Final = "general"
"""CPUs and memory of any node. They have a flavor of their own, without labels: a pod that asks for no GPU is
not sent to GPU nodes, and one pod of a job that declares less than the others does not block the job."""
TEAM_LABEL: Final = "mlplatform.dev/team"
NOT_COUNTED: Final = ["ephemeral-storage", "hugepages-", "vpc.amazonaws.com/efa", "rdma/"]
"""Resources that come with a node and are no team's. A queue admits no pod that asks for what it does not
cover."""
_KINDS: Final = {
    "Job.batch": "batch/job",
    "JobSet.jobset.x-k8s.io": "jobset.x-k8s.io/jobset",
    "TrainJob.trainer.kubeflow.org": "trainer.kubeflow.org/trainjob",
    "RayJob.ray.io": "ray.io/rayjob",
    "RayCluster.ray.io": "ray.io/raycluster",
}
_AT_ONCE: Final = {
    **dict.fromkeys(_KINDS, 5),
    "Workload.kueue.x-k8s.io": 10,
    "LocalQueue.kueue.x-k8s.io": 5,
    "ClusterQueue.kueue.x-k8s.io": 5,
}
"""How many objects of a kind are worked on at once, as in upstream's chart; without, one after the other."""


@dataclass(frozen=True)
class TeamQueue:
    """A team's queue as whoever makes the team's namespace needs it."""

    entrance: Manifest
    """The LocalQueue, to be made in the namespace."""
    options: pulumi.ResourceOptions
    """Options of the entrance, which Kueue's webhook must admit."""
    keepers: tuple[pulumi.Resource, ...]
    """The queue, and the controllers of what runs in the namespace. The namespace depends on them: when it goes, so do
    its jobs, and a job ends only while its controllers run; a queue ends only after its last job."""


def configuration(spec: TrainingClusterSpec, capacity: Capacity) -> str:
    """Kueue's configuration file. Only namespaces of teams are its business: platform workloads, and whatever
    else runs in the cluster, start without it."""
    timeout = f"{spec.pods_ready_timeout_minutes}m"
    teams = {"matchExpressions": [{"key": TEAM_LABEL, "operator": "Exists"}]}
    return yaml.safe_dump(
        {
            "apiVersion": "config.kueue.x-k8s.io/v1beta2",
            "kind": "Configuration",
            "health": {"healthProbeBindAddress": ":8081"},
            "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
            "webhook": {"port": 9443},
            "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
            "clientConnection": {"qps": 300, "burst": 500},
            "controller": {"groupKindConcurrency": _AT_ONCE},
            "manageJobsWithoutQueueName": True,
            "managedJobsNamespaceSelector": teams,
            # A gang whose pods do not all start must not hold GPUs for ever.
            "waitForPodsReady": {"timeout": timeout, "recoveryTimeout": timeout, "blockAdmission": False},
            "resources": {
                "excludeResourcePrefixes": NOT_COUNTED,
                **_claimed(capacity),
                **topology.transformations(capacity),
            },
            # Idle GPUs go to whom has least of them for its weight; within a team, to the highest priority.
            "fairSharing": {"preemptionStrategies": ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]},
            # Bare pods and Deployments start unqueued; namespace quotas bound them.
            "integrations": {"frameworks": list(_KINDS.values())},
        },
        sort_keys=False,
    )


def feature_gates(capacity: Capacity) -> list[Manifest]:
    """Parts of Kueue that are off unless asked for, and that the pools need."""
    return [{"name": "KueueDRAIntegration", "enabled": True}] if _classes(capacity) else []


def _claimed(capacity: Capacity) -> Manifest:
    classes = _classes(capacity)
    mapping = {"name": CLAIMED_RESOURCE, "deviceClassNames": classes}
    return {"deviceClassMappings": [mapping]} if classes else {}


def _classes(capacity: Capacity) -> list[str]:
    return sorted({pool.sharing.dra for pool in capacity.training_pools if pool.sharing.dra})


def cohort() -> Manifest:
    """The cohort that every team's queue belongs to."""
    return {"apiVersion": API_VERSION, "kind": "Cohort", "metadata": {"name": COHORT}}


def flavors(capacity: Capacity) -> dict[str, Manifest]:
    """One flavor a training pool, by the pool's name, and the general one."""
    return {
        GENERAL_FLAVOR: _flavor(GENERAL_FLAVOR, {}),
        **{flavor.name: _flavor(flavor.name, _placement(flavor)) for flavor in capacity.flavors()},
    }


def cluster_queue(capacity: Capacity, team: Team, *, borrowing: bool) -> Manifest:
    """The team's queue: its own GPUs of every training pool, CPUs and memory to go with them, and what it may
    do about GPUs that are lent or idle."""
    own = {quota.pool.name: quota for quota in capacity.quotas(team)}
    cpus = team.cpus + sum(quota.cpus for quota in own.values())
    memory = team.memory_gib + sum(quota.memory_gib for quota in own.values())
    general = topology.general(capacity, cpus=cpus, memory_gib=memory)
    shares = [_share(resource, quota, borrowing) for resource, quota in general.items()]
    groups: list[Manifest] = [
        {"coveredResources": list(general), "flavors": [{"name": GENERAL_FLAVOR, "resources": shares}]}
    ]
    pools = [flavor for flavor in capacity.flavors() if borrowing or flavor.name in own]
    for resource in dict.fromkeys(flavor.resource for flavor in pools):
        parts = [_part(flavor, team, own, borrowing) for flavor in pools if flavor.resource == resource]
        groups.append({"coveredResources": [resource], "flavors": parts})
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterQueue",
        "metadata": {"name": team.name, "labels": dict(team.account_labels)},
        "spec": {
            "cohortName": COHORT,
            "fairSharing": {"weight": str(team.weight)},
            "namespaceSelector": {"matchLabels": {TEAM_LABEL: team.name}},
            "queueingStrategy": "BestEffortFIFO",
            "preemption": {
                # What is lent comes back whatever is done with it; within the team, priority decides.
                "reclaimWithinCohort": "Any",
                "withinClusterQueue": "LowerPriority",
                # A team that borrows takes nothing from another one that borrows but by its fair share.
                "borrowWithinCohort": {"policy": "Never"},
            },
            "resourceGroups": groups,
        },
    }


def local_queue(team: Team, name: str) -> Manifest:
    """The team's way to its queue from its namespace."""
    return {
        "apiVersion": API_VERSION,
        "kind": "LocalQueue",
        "metadata": {"name": name, "namespace": team.namespace, "labels": dict(team.labels)},
        "spec": {"clusterQueue": team.name},
    }


def workload_priority(name: str, value: int) -> Manifest:
    """A priority among queued jobs."""
    return {
        "apiVersion": API_VERSION,
        "kind": "WorkloadPriorityClass",
        "metadata": {"name": name},
        "value": value,
        "description": "Order in the queues; a job may preempt one of lower priority in its team's queue.",
    }


def pod_priority(name: str, value: int) -> Manifest:
    """The same priority for pods. It never preempts: who gets whose GPUs is the queue's decision, and the
    scheduler must not take it behind the queue's back."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "preemptionPolicy": "Never",
        "description": "Pods of training jobs.",
    }


def _part(flavor: Flavor, team: Team, own: Mapping[str, Quota], borrowing: bool) -> Manifest:
    """The team's own part of one pool, and how far it lends and borrows."""
    gpus = own[flavor.name].gpus if flavor.name in own else 0
    share = _share(flavor.resource, str(gpus), borrowing)
    if borrowing:
        limits = {"borrowingLimit": team.borrow, "lendingLimit": team.lend}
        share |= {limit: str(by_pool[flavor.name]) for limit, by_pool in limits.items() if flavor.name in by_pool}
    return {"name": flavor.name, "resources": [share]}


def _flavor(name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": "ResourceFlavor", "metadata": {"name": name}, "spec": spec}


def _placement(flavor: Flavor) -> Manifest:
    return {
        "nodeLabels": dict(flavor.labels),
        "tolerations": [
            {"key": taint["key"], "operator": "Equal", "value": taint["value"], "effect": taint["effect"]}
            for taint in flavor.taints
        ],
        **({"topologyName": flavor.name} if flavor.topology else {}),
    }


def _share(resource: str, quota: str, borrowing: bool) -> Manifest:
    share = {"name": resource, "nominalQuota": quota}
    return share if borrowing else {**share, "borrowingLimit": "0"}
