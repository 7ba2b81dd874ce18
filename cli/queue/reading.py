"""Reads the queues of a cluster, once or again whenever something changed."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cli.queue.state import State, jobs_of, pools_of, shares_of
from rehearsal.errors import RehearsalError
from rehearsal.kube import Collection, Kube, KubeError, Mirror

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]

_KUEUE: Final = "/apis/kueue.x-k8s.io/v1beta2"
_FIRST_SECONDS: Final = 30.0


def collections(team: str | None) -> dict[str, Collection]:
    """What is read: of one team, only what lies in its namespace, which its people may read."""
    if team:
        within = f"{_KUEUE}/namespaces/team-{team}"
        return {"workloads": Collection(f"{within}/workloads"), "localqueues": Collection(f"{within}/localqueues")}
    kinds = ("workloads", "localqueues", "clusterqueues", "resourceflavors")
    return {**{kind: Collection(f"{_KUEUE}/{kind}") for kind in kinds}, "nodes": Collection("/api/v1/nodes")}


def state_of(read: Callable[[Collection], list[Json]], team: str | None) -> State:
    """The state that these objects come to."""
    found = {kind: read(each) for kind, each in collections(team).items()}
    jobs = jobs_of(found["workloads"], found["localqueues"])
    if team:
        return State(jobs, (), ())
    shares = shares_of(found["clusterqueues"], jobs)
    return State(jobs, shares, pools_of(shares, found["resourceflavors"], found["nodes"]))


def once(kube: Kube, team: str | None) -> State:
    """The state now; RehearsalError says why it cannot be read."""
    with _explained(kube, team):
        return state_of(kube.list, team)


def changes(kube: Kube, team: str | None) -> Iterator[State]:
    """The state now and whenever it is another one; ends only with whoever iterates."""
    with _explained(kube, team), Mirror(kube, list(collections(team).values()), timeout=_FIRST_SECONDS) as mirror:
        last = None
        while True:
            if (state := state_of(mirror.objects, team)) != last:
                yield state
                last = state
            mirror.wait()


@contextmanager
def _explained(kube: Kube, team: str | None) -> Iterator[None]:
    try:
        yield
    except KubeError as error:
        raise RehearsalError(f"{kube.server}: {error}", remedy=_remedy(error, team)) from error


def _remedy(error: KubeError, team: str | None) -> str:
    if error.code == HTTPStatus.FORBIDDEN:
        return "your own team's jobs: --team TEAM" if team is None else f"ask for a role in the namespace team-{team}"
    if error.code == HTTPStatus.UNAUTHORIZED:
        return "the credentials of the kubeconfig are not valid, or not any more"
    if error.missing:
        return "this cluster has no Kueue with v1beta2; is it the one that the platform runs on?"
    return "is the cluster up, and the kubeconfig the right one?"
