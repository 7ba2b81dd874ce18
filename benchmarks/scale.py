"""What Kueue and the scheduler do with a large platform: 1,000 nodes of eight GPUs and 5,000 jobs that wait for them.

API server, controllers, scheduler and Kueue are real and have the platform's settings; nodes and pods are simulated.

`python -m benchmarks.scale [--nodes N] [--jobs N] [--single N]`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import kueue
from benchmarks.measuring import Figure, percentile, show
from cli.console import ConsoleReporter, console
from components.capacity import Capacity, Pool, Team
from components.specs.training_cluster import TrainingClusterSpec
from components.training import queues
from rehearsal.cluster.simulated_nodes import COMPLETE_ANNOTATION
from rehearsal.kube import Kube
from rehearsal.own_control_plane import own_control_plane
from rehearsal.session import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.progress import Reporter
    from rehearsal.session import Session

Json = dict[str, Any]

MEMORY_GIB: Final = 12.0
NAME: Final = "benchmark-scale"
_TEAMS: Final = 10
_GPUS: Final = 8
_WORKERS: Final = 8
_PATIENCE_SECONDS: Final = 540.0
_WORKLOADS: Final = f"/apis/{queues.API_VERSION}/workloads"


@dataclass
class Platform:
    """The control plane, and the process of Kueue beside it."""

    session: Session
    kube: Kube
    kueue: int
    """Kueue's process id."""
    peak_gib: float = 0.0

    def weigh(self) -> float:
        """Memory of all processes, in GiB; the largest so far is kept."""
        pids = [self.kueue, *(part.pid for part in self.session.status())]
        used = sum(_resident_kib(pid) for pid in pids) / 2**20
        self.peak_gib = max(self.peak_gib, used)
        return used

    def restarts(self) -> int:
        """How often a part was started again."""
        return sum(part.restarts for part in self.session.status())


@dataclass
class Seen:
    """When workloads of the jobs were first seen as something, in seconds on the machine's monotonic clock."""

    queued: dict[str, float] = field(default_factory=dict)
    admitted: dict[str, float] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)

    def note(self, workload: Json, now: float) -> None:
        """Remember what a workload says of itself."""
        name = workload["metadata"]["name"]
        self.queued.setdefault(name, now)
        when = {"Admitted": self.admitted, "PodsReady": self.ready, "Finished": self.finished}
        for condition in workload.get("status", {}).get("conditions", ()):
            if condition["status"] == "True" and condition["type"] in when:
                when[condition["type"]].setdefault(name, now)


def measure(nodes: int, jobs: int, single: int, reporter: Reporter) -> list[Figure]:
    """Start everything, submit single jobs one after the other, then all to queues that are on hold; let go, and
    take everything away again."""
    capacity, spec = _capacity(nodes), TrainingClusterSpec()
    with (
        own_control_plane(NAME, reporter, World(capacity.nodes())) as session,
        Kube(session.kubeconfig) as kube,
        tempfile.TemporaryDirectory() as directory,
        kueue.running(session.kubeconfig, spec, capacity, Path(directory)) as process,
    ):
        kueue.furnish(kube, capacity, borrowing=spec.borrowing)
        platform = Platform(session, kube, process.pid)
        with reporter.phase(f"{single} jobs, one after the other"):
            waits = [_until_running(kube, number) for number in range(single)]
        return [
            *_of_single(waits),
            *_of_many(platform, capacity, jobs, reporter),
            Figure("memory of all processes at most", platform.peak_gib, "GiB", MEMORY_GIB),
            Figure("processes started again", platform.restarts() + (process.poll() is not None), "", 0),
        ]


def _of_single(waits: list[float]) -> Iterator[Figure]:
    yield Figure("one job within quota, submitted until it runs: median", percentile(waits, 50), "s")
    yield Figure("p99", percentile(waits, 99), "s")


def _of_many(platform: Platform, capacity: Capacity, jobs: int, reporter: Reporter) -> Iterator[Figure]:
    seen = Seen()
    _hold(platform.kube, capacity, "Hold")
    started = time.monotonic()
    with reporter.phase(f"{jobs} jobs into queues on hold"):
        with ThreadPoolExecutor(_WORKERS) as workers:
            list(workers.map(lambda number: _submit(platform.kube, _job(f"many-{number}", number)), range(jobs)))
        _follow(platform, seen, lambda: len(seen.queued) >= jobs)
    yield Figure(f"{jobs} jobs submitted and queued", time.monotonic() - started, "s")
    yield Figure("memory with all of them waiting", platform.weigh(), "GiB")
    yield Figure("of it Kueue's", _resident_kib(platform.kueue) / 2**10, "MiB")
    with reporter.phase(f"{jobs} jobs from the queues"):
        started = time.monotonic()
        _hold(platform.kube, capacity, "None")
        _follow(platform, seen, lambda: len(seen.finished) >= jobs)
    last = max(seen.admitted.values()) - started
    yield Figure("admissions a second, until the last", jobs / last, "")
    yield Figure("until all have run", max(seen.finished.values()) - started, "s")


def _follow(platform: Platform, seen: Seen, done: Callable[[], bool]) -> None:
    """Watch the workloads of many jobs until it is done, and end those whose pods are ready; SystemExit where that
    takes too long."""
    end, weighed = time.monotonic() + _PATIENCE_SECONDS, 0.0
    while not done() and time.monotonic() < end:
        with (
            ThreadPoolExecutor(_WORKERS) as workers,
            platform.kube.watch(_WORKLOADS, timeout=end - time.monotonic()) as events,
        ):
            for event in events:
                now, ready = time.monotonic(), len(seen.ready)
                if event.object["metadata"]["name"].startswith("job-many-") and event.type != "DELETED":
                    seen.note(event.object, now)
                if len(seen.ready) > ready:
                    workers.submit(_end, platform.kube, event.object)
                if now - weighed > 1:
                    platform.weigh()
                    weighed = now
                if done():
                    return
    if not done():
        raise SystemExit(
            f"of {len(seen.queued)} jobs {len(seen.admitted)} were admitted, {len(seen.finished)} have run"
        )


def _end(kube: Kube, workload: Json) -> None:
    """Have the pods of a workload's Job end."""
    namespace, job = workload["metadata"]["namespace"], workload["metadata"]["ownerReferences"][0]["name"]
    for pod in kube.list(f"/api/v1/namespaces/{namespace}/pods", label_selector=f"job-name={job}"):
        place = {"name": pod["metadata"]["name"], "namespace": namespace}
        told = {COMPLETE_ANNOTATION: "the benchmark"}
        kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {**place, "annotations": told}})


def _hold(kube: Kube, capacity: Capacity, policy: str) -> None:
    for team in capacity.teams:
        queue = queues.cluster_queue(capacity, team, borrowing=True)
        kube.apply({**queue, "spec": {**queue["spec"], "stopPolicy": policy}})


def _until_running(kube: Kube, number: int) -> float:
    """Seconds from a job's creation until its pod runs; the job is gone afterwards."""
    manifest = _job(f"single-{number}", number)
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    collection = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    started = time.monotonic()
    _submit(kube, manifest)
    with kube.watch(f"/api/v1/namespaces/{namespace}/pods", timeout=60, label_selector=f"job-name={name}") as events:
        running = any(event.object["status"].get("phase") == "Running" for event in events)
    seconds = time.monotonic() - started
    kube.delete(f"{collection}/{name}")
    if not running:
        raise SystemExit(f"job {name} does not run within a minute")
    return seconds


def _submit(kube: Kube, manifest: Json) -> None:
    kube.create(f"/apis/batch/v1/namespaces/{manifest['metadata']['namespace']}/jobs", kueue.suspended(manifest))


def _job(name: str, number: int) -> Json:
    """A Job with all GPUs of a node, of one of the teams in turn."""
    limits = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": str(_GPUS)}
    pod = {
        "restartPolicy": "Never",
        "containers": [{"name": "train", "image": "train", "resources": {"limits": limits}}],
    }
    labels = {"kueue.x-k8s.io/queue-name": "default"}
    metadata = {"name": name, "namespace": f"team-t{number % _TEAMS}", "labels": labels}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}


def _capacity(nodes: int) -> Capacity:
    """So many nodes, and teams that own them in equal parts."""
    shape = {"gpus_per_node": _GPUS, "cpus_per_node": 192, "memory_gib_per_node": 2000}
    pool = Pool(name="h100", accelerator="NVIDIA-H100-80GB-HBM3", nodes=nodes, **shape)
    own = {"h100": pool.gpus // _TEAMS}
    teams = (Team(name=f"t{each}", owner="ada.lovelace", cost_centre="cc-1", gpus=own) for each in range(_TEAMS))
    return Capacity((pool,), tuple(teams))


def _resident_kib(pid: int) -> int:
    """Memory that a process holds (`proc(5)`); nothing of one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--single", type=int, default=100)
    arguments = parser.parse_args()
    show(measure(arguments.nodes, arguments.jobs, arguments.single, ConsoleReporter(console())))


if __name__ == "__main__":
    main()
