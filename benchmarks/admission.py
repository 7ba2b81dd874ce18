"""What admission policies add to the creation of a pod on a real API server: the same pods with and without.

`python -m benchmarks.admission [--rate N] [--seconds N] [--rounds N]`
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measuring import Figure, cpu_seconds, percentile, show
from cli.console import ConsoleReporter, console
from cli.proof.cluster import Cluster, finding
from policies.admission import Wanted, manifests, policy_of
from policies.parameters import parameters_for
from policies.rules import RULES
from policies.rules._bases import BASES
from rehearsal.own_control_plane import own_control_plane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from http.client import HTTPSConnection
    from pathlib import Path

    from rehearsal.progress import Reporter

Json = dict[str, Any]

ADDED_MS: Final = 2.0
NAME: Final = "benchmark-admission"
STACK: Final = "prod"
_WORKERS: Final = 8
_POD: Final = "core/Pod"
_JUDGED: Final = re.compile(
    r"^apiserver_admission_controller_admission_duration_seconds_sum"
    r'{name="(?:Validating|Mutating)AdmissionPolicy",operation="CREATE",.*} (\S+)$',
    re.MULTILINE,
)
_RESAMPLES: Final = 400
_PROBED: Final = ("K8S-03", "K8S-07")
"""A rule of each policy about pods."""


class Creator(Cluster):
    """Creates pods at a steady rate, whether earlier ones are done or not, and takes them away again."""

    def __init__(self, kubeconfig: Path, pod: Json) -> None:
        super().__init__(kubeconfig)
        self._pod = pod
        self._own = threading.local()
        self._opened: list[HTTPSConnection] = []
        self._path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods"

    def create_at(self, rate: float, count: int) -> list[float]:
        """Create that many, that many a second; how long each took, in seconds."""
        begin = time.monotonic()
        with ThreadPoolExecutor(_WORKERS) as workers:
            taken = list(workers.map(lambda number: self._create(number, begin + number / rate), range(count)))
        self._own = threading.local()
        while self._opened:
            self._opened.pop().close()
        return taken

    def remove(self) -> None:
        """Delete all of them, at once."""
        self.delete(f"{self._path}", grace_seconds=0)

    def judging_seconds(self) -> float:
        """What the API server says that its policies have taken so far of the creation of objects."""
        return sum(map(float, _JUDGED.findall(self.text("/metrics"))))

    def _create(self, number: int, due: float) -> float:
        pod = {**self._pod, "metadata": {**self._pod["metadata"], "name": f"pod-{number}"}}
        body = json.dumps(pod).encode()
        connection = self._connection_of_thread()
        time.sleep(max(0.0, due - time.monotonic()))
        started = time.monotonic()
        connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        said = response.read()
        seconds = time.monotonic() - started
        if response.status != 201:
            raise SystemExit(f"the API server does not create a pod: {said.decode()}")
        return seconds

    def _connection_of_thread(self) -> HTTPSConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = self._connection()
            self._own.connection.connect()
            self._opened.append(self._own.connection)
        connection: HTTPSConnection = self._own.connection
        return connection


@dataclass
class Way:
    """The creation of pods with certain policies: what it took."""

    policies: list[Json]
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    """Of the API server."""
    judging_seconds: float = 0.0
    """Of the API server's own clock, in its policies."""
    until_asked: list[float] = field(default_factory=list)
    """Seconds from the first policy's creation until a pod is judged by all."""


def measure(rate: float, seconds: float, rounds: int, reporter: Reporter) -> list[Figure]:
    """Start an API server, create pods in turns without policies, with the least one and with all, and take everything
    away again."""
    ways = (Way([]), Way(list(_least())), Way(list(manifests(RULES, parameters_for(STACK), (), Wanted()))))
    with own_control_plane(NAME, reporter) as session, Creator(session.kubeconfig, _pod()) as creator:
        server = next(part.pid for part in session.status() if part.name == "kube-apiserver")
        creator.furnish([_pod()["metadata"]["namespace"]])
        _round(creator, rate, int(rate), reporter)
        for way in ways * rounds:
            _install(creator, way)
            used, judged = cpu_seconds(server), creator.judging_seconds()
            way.seconds += _round(creator, rate, int(rate * seconds), reporter)
            way.cpu_seconds += cpu_seconds(server) - used
            way.judging_seconds += creator.judging_seconds() - judged
            _uninstall(creator, way)
    return list(_figures(*ways))


def _figures(plain: Way, least: Way, judged: Way) -> Iterator[Figure]:
    yield Figure("policies", sum(each["kind"].endswith("Policy") for each in judged.policies), "")
    yield Figure("pods created, each way", len(plain.seconds), "")
    for percent in (50, 99):
        without, with_least, with_all = (1000 * percentile(way.seconds, percent) for way in (plain, least, judged))
        yield Figure(f"p{percent} of a creation without policies", without, "ms")
        yield Figure(f"p{percent} of a creation with them", with_all, "ms")
        yield Figure(f"p{percent}: what a policy adds that reads one field", with_least - without, "ms")
        yield Figure(f"p{percent}: what they add", with_all - without, "ms", ADDED_MS if percent == 99 else None)
        low, high = _likely(judged.seconds, plain.seconds, percent)
        yield Figure(f"p{percent}: what they add, 95 % certain to be more than", 1000 * low, "ms")
        yield Figure(f"p{percent}: what they add, 95 % certain to be less than", 1000 * high, "ms")
    yield Figure(
        "the API server's own time in policies, a creation", 1000 * judged.judging_seconds / len(judged.seconds), "ms"
    )
    for name, way in (("without policies", plain), ("with that policy", least), ("with all", judged)):
        yield Figure(f"the API server's CPU a creation {name}", 1000 * way.cpu_seconds / len(way.seconds), "ms")
    yield Figure("from the first policy's creation until all are asked", min(judged.until_asked), "s")


def _likely(more: Sequence[float], less: Sequence[float], percent: float) -> tuple[float, float]:
    """Between which values the difference of two percentiles lies, by resampling: the few slowest decide a p99."""
    chance = random.Random(0)  # noqa: S311 - the same sample gives the same answer
    differences = [
        percentile(chance.choices(more, k=len(more)), percent) - percentile(chance.choices(less, k=len(less)), percent)
        for _ in range(_RESAMPLES)
    ]
    return percentile(differences, 5), percentile(differences, 95)


def _least() -> Iterator[Json]:
    """The least that a policy can be that a pod can break."""
    rule = next(rule for rule in RULES if rule.id == _PROBED[0])
    for each in manifests([rule], parameters_for(STACK), (), Wanted()):
        if each["metadata"]["name"] == policy_of(rule, _POD):
            if each["kind"].endswith("Policy"):
                unbroken = {"name": "broken", "expression": "has(object.spec.hostPID) && object.spec.hostPID"}
                each["spec"]["matchConditions"] = [unbroken]
            yield each


def _round(creator: Creator, rate: float, count: int, reporter: Reporter) -> list[float]:
    with reporter.phase(f"{count} pods"):
        taken = creator.create_at(rate, count)
    creator.remove()
    return taken


def _pod() -> Json:
    """A pod that keeps every rule; no scheduler takes it, so that nothing but its creation is measured."""
    pod = copy.deepcopy(BASES["pod"])
    pod["spec"]["schedulerName"] = "nobody"
    return pod


def _breaking() -> Json:
    """A pod that breaks a rule of each policy about pods."""
    pod = _pod()
    pod["spec"]["hostPID"] = True
    pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = False
    return pod


def _install(creator: Creator, way: Way) -> None:
    started = time.monotonic()
    for each in way.policies:
        creator.apply(each)
    asked = {each["metadata"]["name"] for each in way.policies}
    probed = [(policy_of(rule, _POD), rule.id) for rule in RULES if rule.id in _PROBED]
    creator.wait_until_asked(_breaking(), [finding(policy, rule) for policy, rule in probed if policy in asked])
    way.until_asked.append(time.monotonic() - started)


def _uninstall(creator: Creator, way: Way) -> None:
    for each in way.policies:
        creator.delete(creator.path_of(each))
    while creator.submit(_breaking()).broken:
        pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=12)
    asked = parser.parse_args()
    show(measure(asked.rate, asked.seconds, asked.rounds, ConsoleReporter(console())))


if __name__ == "__main__":
    main()
