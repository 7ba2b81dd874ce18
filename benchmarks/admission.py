"""What admission policies add to the creation of a pod on a real API server: the same pods with and without.

`python -m benchmarks.admission [--rate N] [--seconds N] [--rounds N]`
"""

from __future__ import annotations

import argparse
import copy
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measuring import Figure, percentile, show
from cli.console import ConsoleReporter, console
from cli.proof.cluster import Cluster
from policies.admission import Wanted, manifests, name_of
from policies.parameters import parameters_for
from policies.rules import RULES
from policies.rules._bases import BASES
from rehearsal.own_control_plane import own_control_plane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPSConnection
    from pathlib import Path

    from rehearsal.progress import Reporter

Json = dict[str, Any]

ADDED_MS: Final = 2.0
NAME: Final = "benchmark-admission"
STACK: Final = "prod"
_WORKERS: Final = 8
_PROBED: Final = "K8S-03"


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


def measure(rate: float, seconds: float, rounds: int, reporter: Reporter) -> list[Figure]:
    """Start an API server, create pods in turns without and with the policies, and take everything away again."""
    policies = list(manifests(RULES, parameters_for(STACK), (), Wanted()))
    plain: list[float] = []
    judged: list[float] = []
    with own_control_plane(NAME, reporter) as session, Creator(session.kubeconfig, _pod()) as creator:
        creator.furnish([_pod()["metadata"]["namespace"]])
        _round(creator, rate, int(rate), reporter)
        for _ in range(rounds):
            plain += _round(creator, rate, int(rate * seconds), reporter)
            _install(creator, policies)
            judged += _round(creator, rate, int(rate * seconds), reporter)
            _uninstall(creator, policies)
    return list(_figures(plain, judged, sum(each["kind"].endswith("Policy") for each in policies)))


def _figures(plain: list[float], judged: list[float], policies: int) -> Iterator[Figure]:
    yield Figure("policies", policies, "")
    yield Figure("pods created, each way", len(plain), "")
    for percent in (50, 99):
        without, with_them = (1000 * percentile(each, percent) for each in (plain, judged))
        yield Figure(f"p{percent} of a creation without policies", without, "ms")
        yield Figure(f"p{percent} of a creation with them", with_them, "ms")
        yield Figure(f"p{percent}: what they add", with_them - without, "ms", ADDED_MS if percent == 99 else None)


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
    pod = _pod()
    pod["spec"]["hostPID"] = True
    return pod


def _install(creator: Creator, policies: list[Json]) -> None:
    for each in policies:
        creator.apply(each)
    # In the order in which they came: who asks the last of them that are about pods asks all.
    probed = next(rule for rule in RULES if rule.id == _PROBED)
    creator.wait_until_asked(_breaking(), [name_of(probed)])


def _uninstall(creator: Creator, policies: list[Json]) -> None:
    for each in policies:
        creator.delete(creator.path_of(each))
    while creator.submit(_breaking()).broken:
        pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    show(measure(asked.rate, asked.seconds, asked.rounds, ConsoleReporter(console())))


if __name__ == "__main__":
    main()
