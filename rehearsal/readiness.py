"""Waits until what should run does, and says what does not and why."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rehearsal.cluster import pod_state
from rehearsal.cluster.simulated_nodes import SIMULATED
from rehearsal.kube import Collection, KubeError, Mirror

if TYPE_CHECKING:
    from collections.abc import Collection as AnyOf
    from collections.abc import Iterator, Mapping

    from rehearsal.kube import Json, Kube
    from rehearsal.progress import Reporter

LOG_LINES = 10

_SIMULATION = "kwok.x-k8s.io/node"  # annotates every node that KWOK plays, whoever made it
_NODES = Collection("/api/v1/nodes", metadata_only=True)
_PODS = Collection("/api/v1/pods")
_WORKLOADS = {kind: Collection(f"/apis/apps/v1/{kind.lower()}s") for kind in ("Deployment", "StatefulSet", "DaemonSet")}


@dataclass(frozen=True)
class Pod:
    """A pod that is ready: on a real node, where its containers run, or on a simulated one, where nothing does."""

    namespace: str
    name: str
    node: str
    simulated: bool
    restarts: int


@dataclass(frozen=True)
class Unready:
    """A pod, or a workload that lacks pods, that is not ready, and why.

    ``log`` holds the last lines of the container in trouble; ``node`` is empty for what no node has.
    """

    kind: str
    namespace: str
    name: str
    reason: str
    node: str = ""
    simulated: bool = False
    restarts: int = 0
    log: tuple[str, ...] = ()

    def __str__(self) -> str:
        restarts = f"; restarts: {self.restarts}" if self.restarts else ""
        return f"{self.kind} {self.namespace}/{self.name}: {self.reason}{restarts}"


@dataclass(frozen=True)
class Report:
    """Which pods were ready in the end, and what was not."""

    pods: tuple[Pod, ...]
    unready: tuple[Unready, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether all that should run does."""
        return not self.unready

    @property
    def real(self) -> tuple[Pod, ...]:
        """The ready pods whose containers run."""
        return tuple(pod for pod in self.pods if not pod.simulated)

    @property
    def simulated(self) -> tuple[Pod, ...]:
        """The pods that only look ready."""
        return tuple(pod for pod in self.pods if pod.simulated)

    @property
    def by_node(self) -> Mapping[str, list[Pod]]:
        """The ready pods of every node that has some."""
        nodes: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in self.pods:
            nodes[pod.node].append(pod)
        return dict(sorted(nodes.items()))


def wait(kube: Kube, reporter: Reporter, timeout: float, *, namespaces: AnyOf[str] | None = None) -> Report:
    """Wait until every pod and workload of the namespaces (None: of all) is ready, or ``timeout`` seconds pass.

    A Deployment, StatefulSet or DaemonSet is ready with all its pods, also those that it could not make yet;
    pods that have ended or are held in a queue are not waited for. Raises ``KubeError`` when the API server
    cannot be read at the start; later it may come and go.
    """
    deadline = time.monotonic() + timeout
    collections = [_NODES, _PODS, *_WORKLOADS.values()]
    with reporter.phase("pods ready") as phase, Mirror(kube, collections) as mirror:
        while True:
            report = _report(mirror, namespaces)
            if report.ready:
                return report
            left = deadline - time.monotonic()
            if left <= 0:
                break
            phase.update(_progress(report))
            mirror.wait(left)
        explained = replace(report, unready=tuple(_explained(kube, each) for each in report.unready))
        for each in explained.unready:
            phase.note(str(each))
        return explained


def _report(mirror: Mirror, namespaces: AnyOf[str] | None) -> Report:
    def concerned(collection: Collection) -> Iterator[Json]:
        for item in mirror.objects(collection):
            if namespaces is None or item["metadata"]["namespace"] in namespaces:
                yield item

    played = {
        node["metadata"]["name"]
        for node in mirror.objects(_NODES)
        if _SIMULATION in node["metadata"].get("annotations", {})
    }
    expected = [pod for pod in concerned(_PODS) if pod_state.is_expected(pod)]
    lacking = [pod for pod in expected if not pod_state.is_ready(pod)]
    unready = [_unready_pod(pod, played) for pod in lacking]
    for kind, collection in _WORKLOADS.items():
        for item in concerned(collection):
            lack = pod_state.shortage(item)
            # A pod that is there and not ready says why better than what made it.
            if lack and not any(_selects(item, pod) for pod in lacking):
                unready.append(Unready(kind, *_name(item), lack))
    pods = [_pod(pod, played) for pod in expected if pod_state.is_ready(pod)]
    return Report(tuple(sorted(pods, key=_order)), tuple(sorted(unready, key=_order)))


def _pod(pod: Json, played: AnyOf[str]) -> Pod:
    node = pod["spec"]["nodeName"]
    return Pod(*_name(pod), node, _is_simulated(pod, played), pod_state.restarts(pod))


def _unready_pod(pod: Json, played: AnyOf[str]) -> Unready:
    node = pod["spec"].get("nodeName", "")
    simulated = _is_simulated(pod, played)
    return Unready("Pod", *_name(pod), pod_state.trouble(pod), node, simulated, pod_state.restarts(pod))


def _is_simulated(pod: Json, played: AnyOf[str]) -> bool:
    """Whether its node is, or its containers were replaced by idle ones."""
    return pod["spec"].get("nodeName") in played or SIMULATED in pod["metadata"].get("annotations", {})


def _name(item: Json) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _order(item: Pod | Unready) -> tuple[str, str]:
    return item.namespace, item.name


def _selects(workload: Json, pod: Json) -> bool:
    wanted = workload["spec"]["selector"].get("matchLabels", {}).items()
    return _name(workload)[0] == _name(pod)[0] and wanted <= pod["metadata"].get("labels", {}).items()


def _progress(report: Report) -> str:
    first = report.unready[0]
    others = f" and {len(report.unready) - 1} more" if len(report.unready) > 1 else ""
    return f"{len(report.pods)} ready; waiting for {first.namespace}/{first.name}{others}"


def _explained(kube: Kube, unready: Unready) -> Unready:
    """What is not in a status: the last warning about it, and the log of the container in trouble."""
    events = f"/api/v1/namespaces/{unready.namespace}/events"
    about = f"involvedObject.kind={unready.kind},involvedObject.name={unready.name},type=Warning"
    log: tuple[str, ...] = ()
    reason = unready.reason
    with suppress(KubeError):
        warnings = kube.list(events, field_selector=about)
        if warnings and (last := max(warnings, key=_time)["message"]) not in reason:
            reason = f"{reason}; last warning: {last}"
    if unready.kind == "Pod" and not unready.simulated:
        with suppress(KubeError):
            log = _log(kube, f"/api/v1/namespaces/{unready.namespace}/pods/{unready.name}")
    return replace(unready, reason=reason, log=log)


def _log(kube: Kube, pod: str) -> tuple[str, ...]:
    troubled = pod_state.troubled_container(kube.get(pod))
    if troubled is None:
        return ()
    container, previous = troubled
    query = f"container={container}&tailLines={LOG_LINES}&previous={str(previous).lower()}"
    return tuple(kube.text(f"{pod}/log?{query}").splitlines())


def _time(event: Json) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
