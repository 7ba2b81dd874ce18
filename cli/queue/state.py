"""What the queues say at one moment, as data: plain Kueue objects in, jobs and GPUs by pool and team out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cli.queue.reasons import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]

GPU_PREFIX: Final = "nvidia.com/"
"""What is counted: whole GPUs (`gpu`), shared ones (`gpu.shared`) and slices of them (`mig-1g.10gb`)."""


class Stage(StrEnum):
    """How far a job has come; in the order in which people ask for them."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    WAITING = "waiting"
    HELD = "held"


@dataclass(frozen=True)
class Job:
    """One queued or admitted job."""

    team: str
    """The cluster queue, which is called as the team; the namespace where the queue is unknown."""
    namespace: str
    name: str
    kind: str
    stage: Stage
    gpus: int
    """GPUs that it holds, or asks for while it waits."""
    pools: tuple[str, ...]
    """Pools whose GPUs it holds."""
    priority: int
    priority_class: str
    since: str
    """When it came to this stage, RFC 3339."""
    submitted: str
    reason: str = ""
    """Why it does not run, in words."""
    message: str = ""
    """The same as Kueue says it."""
    evictions: int = 0
    """How often it was sent back to the queue."""


@dataclass(frozen=True)
class Share:
    """What one team has and holds of one pool's GPUs."""

    team: str
    pool: str
    quota: int
    used: int
    borrowed: int
    """Of those used, how many are other teams'."""
    waiting: int = 0
    """Jobs of the team that wait, whichever pool they will get."""


@dataclass(frozen=True)
class PoolUse:
    """One pool's GPUs: those of its nodes, those that queues may hand out, those that jobs hold."""

    pool: str
    gpus: int
    """On nodes that are ready."""
    quota: int
    used: int
    free: int
    """Quota that nobody holds, as far as nodes are there for it."""


@dataclass(frozen=True)
class State:
    """All of it."""

    jobs: tuple[Job, ...]
    shares: tuple[Share, ...]
    pools: tuple[PoolUse, ...]

    def to_data(self) -> Json:
        """The state as plain data."""
        return asdict(self)


def jobs_of(workloads: Iterable[Json], local_queues: Iterable[Json]) -> tuple[Job, ...]:
    """Every job that is not finished: those that run first, then those that wait, in the order of the queues."""
    teams = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each["spec"]["clusterQueue"] for each in local_queues
    }
    jobs = [_job(each, teams) for each in workloads if not _is_true(each, "Finished")]
    order = list(Stage)
    return tuple(sorted(jobs, key=lambda job: (order.index(job.stage), -job.priority, job.submitted, job.name)))


def shares_of(cluster_queues: Iterable[Json], jobs: Iterable[Job]) -> tuple[Share, ...]:
    """What each team has and holds, by Kueue's own count."""
    waiting = [job.team for job in jobs if job.stage is Stage.WAITING]
    return tuple(
        Share(team, pool, quota, *_held(queue, pool), waiting.count(team))
        for queue in sorted(cluster_queues, key=lambda each: str(each["metadata"]["name"]))
        for team in [queue["metadata"]["name"]]
        for pool, quota in _quotas(queue).items()
    )


def pools_of(shares: Iterable[Share], flavors: Iterable[Json], nodes: Iterable[Json]) -> tuple[PoolUse, ...]:
    """Every pool that queues hand out, with the nodes that there are for it."""
    ready = [node for node in nodes if _is_true(node, "Ready") and not node["spec"].get("unschedulable")]
    labels: dict[str, Mapping[str, str]]
    labels = {each["metadata"]["name"]: each.get("spec", {}).get("nodeLabels") or {} for each in flavors}
    given = list(shares)
    found = []
    for pool in dict.fromkeys(share.pool for share in given):
        of_pool = [share for share in given if share.pool == pool]
        gpus = sum(_gpus(node) for node in ready if labels.get(pool) and _bears(node, labels[pool]))
        quota, used = sum(share.quota for share in of_pool), sum(share.used for share in of_pool)
        found.append(PoolUse(pool, gpus, quota, used, max(0, min(gpus, quota) - used)))
    return tuple(found)


def _job(workload: Json, teams: Mapping[tuple[str, str], str]) -> Job:
    spec, status, metadata = workload["spec"], workload.get("status", {}), workload["metadata"]
    namespace, queue = metadata["namespace"], spec.get("queueName", "")
    admission = status.get("admission") or {}
    assigned = admission.get("podSetAssignments") or ()
    stage, condition = _stage(workload)
    owner = next(iter(metadata.get("ownerReferences") or ()), {"kind": "Workload", "name": metadata["name"]})
    message = "" if stage is Stage.RUNNING else condition.get("message", "")
    known = teams.get((namespace, queue))
    return Job(
        team=admission.get("clusterQueue") or known or namespace,
        namespace=namespace,
        name=owner["name"],
        kind=owner["kind"],
        stage=stage,
        gpus=sum(_count(each.get("resourceUsage")) for each in assigned)
        if assigned
        else sum(_asked(each) for each in spec.get("podSets") or ()),
        pools=tuple(dict.fromkeys(pool for each in assigned for pool in _pools(each.get("flavors")))),
        priority=spec.get("priority") or 0,
        priority_class=(spec.get("priorityClassRef") or {}).get("name", ""),
        since=condition.get("lastTransitionTime") or metadata["creationTimestamp"],
        submitted=metadata["creationTimestamp"],
        reason=in_words(message),
        message=message,
        evictions=sum(each["count"] for each in status.get("schedulingStats", {}).get("evictions", ())),
    )


def _stage(workload: Json) -> tuple[Stage, Json]:
    """How far the job has come, and the condition that says why it is not further."""
    none: Json = {}
    if not workload["spec"].get("active", True):
        return Stage.HELD, _condition(workload, "Evicted") or {"message": "stopped: spec.active is false"}
    if _is_true(workload, "Admitted"):
        evicted = _condition(workload, "Evicted")
        if evicted and evicted["status"] == "True":
            return Stage.STOPPING, evicted
        ready = _condition(workload, "PodsReady")
        return (
            (Stage.STARTING, ready)
            if ready and ready["status"] != "True"
            else (
                Stage.RUNNING,
                _condition(workload, "Admitted") or none,
            )
        )
    reserved = _condition(workload, "QuotaReserved")
    return Stage.WAITING, reserved or {"message": "the queue has not looked at it yet"}


def _condition(item: Json, kind: str) -> Json | None:
    return next((each for each in item.get("status", {}).get("conditions") or () if each["type"] == kind), None)


def _is_true(item: Json, kind: str) -> bool:
    return (_condition(item, kind) or {}).get("status") == "True"


def _asked(pod_set: Json) -> int:
    spec = pod_set["template"]["spec"]
    steps = [_limit(each) for each in spec.get("initContainers") or ()]
    together = sum(_limit(each) for each in spec["containers"])
    return int(pod_set["count"]) * max([together, *steps])


def _limit(container: Json) -> int:
    resources = container.get("resources") or {}
    return _count((resources.get("limits") or {}) | (resources.get("requests") or {}))


def _quotas(queue: Json) -> dict[str, int]:
    """Nominal GPUs by pool."""
    return {
        flavor["name"]: int(resource["nominalQuota"])
        for group in queue["spec"].get("resourceGroups") or ()
        for flavor in group["flavors"]
        for resource in flavor["resources"]
        if resource["name"].startswith(GPU_PREFIX)
    }


def _held(queue: Json, pool: str) -> tuple[int, int]:
    """GPUs of the pool that the queue holds, and how many of them are borrowed."""
    for flavor in queue.get("status", {}).get("flavorsReservation") or ():
        for resource in flavor["resources"]:
            if flavor["name"] == pool and resource["name"].startswith(GPU_PREFIX):
                return int(resource.get("total", 0)), int(resource.get("borrowed", 0))
    return 0, 0


def _gpus(node: Json) -> int:
    return _count(node.get("status", {}).get("allocatable"))


def _count(resources: Mapping[str, Any] | None) -> int:
    return sum(int(amount) for name, amount in (resources or {}).items() if name.startswith(GPU_PREFIX))


def _pools(flavors: Mapping[str, str] | None) -> list[str]:
    return [pool for resource, pool in (flavors or {}).items() if resource.startswith(GPU_PREFIX)]


def _bears(node: Json, labels: Mapping[str, str]) -> bool:
    return labels.items() <= (node["metadata"].get("labels") or {}).items()
