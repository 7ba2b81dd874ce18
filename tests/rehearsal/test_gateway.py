"""Real requests through the gateway to real model servers: who is let through, how often, and to whom."""

from __future__ import annotations

import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from controllers.release.manifests import is_routed
from tests.rehearsal import asking, iris

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.serving]

ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes"
PROGRAM = Path(asking.__file__).read_text()
SEARCH, RESEARCH = "search", "research"
LIMIT = 60
"""Requests a minute to a model of team research, by the stack file."""


@dataclass(frozen=True)
class Gateway:
    """The way to the models, with what a caller knows of it."""

    platform: Platform
    address: str
    authority: str
    keys: dict[str, dict[str, str]]
    """By team and client."""

    def ask(
        self, key: str | None, *, host: str = iris.HOST, count: int = 1, header: str = "x-api-key", until: str = ""
    ) -> list[Any]:
        """The answers: status, and the version that answered."""
        question = {
            **iris.REQUEST,
            "address": self.address,
            "authority": self.authority,
            "host": host,
            "headers": {} if key is None else {header: key},
            "count": count,
            "until": until,
        }
        answers: list[Any] = json.loads(self.platform.inside(PROGRAM, json.dumps(question)))
        return answers

    def statuses(
        self, key: str | None, *, host: str = iris.HOST, count: int = 1, header: str = "x-api-key"
    ) -> Counter[int]:
        """How often each status came."""
        return Counter(status for status, _ in self.ask(key, host=host, count=count, header=header))

    def route(self, route: dict[str, Any]) -> dict[str, Any]:
        """Apply a route, and wait until the gateway has taken it over as it is."""
        generation = self.platform.kube.apply(route)["metadata"]["generation"]
        return self.platform.watch_for(
            ROUTES.format(route["metadata"]["namespace"]),
            lambda each: (
                each["metadata"]["name"] == route["metadata"]["name"]
                and each["metadata"]["generation"] == generation
                and is_routed(each)
            ),
        )

    @property
    def key(self) -> str:
        """A key to the models of team search."""
        return self.keys[SEARCH]["search"]


def secret(platform: Platform, identity: str) -> dict[str, str]:
    """The content of a Secret, `namespace/name`."""
    namespace, name = identity.split("/")
    data = platform.kube.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def way_in(platform: Platform) -> Gateway:
    """The gateway of the platform, with the keys of all teams."""
    outputs = platform.summary["outputs"]["serving"]["gateway"]
    name, namespace, _ = outputs["address"].split(".")
    address = platform.kube.get(f"/api/v1/namespaces/{namespace}/services/{name}")["spec"]["clusterIP"]
    keys = {team: secret(platform, identity) for team, identity in outputs["keys"].items()}
    return Gateway(platform, address, secret(platform, outputs["authority"])["ca.crt"], keys)


@pytest.fixture(scope="module")
def gateway(platform: Platform) -> Iterator[Gateway]:
    """Two versions of a model that answer, of which the stable one gets nine requests in ten."""
    found = way_in(platform)
    objects = [make(version) for version in iris.METHODS for make in (iris.service, iris.server)]
    for each in objects:
        platform.kube.apply(each)
    for version in iris.METHODS:
        platform.wait_for(iris.NAMESPACE, f"pod/iris-{version}", "condition=Ready", seconds=180)
    route = iris.route(iris.MODEL, iris.NAMESPACE, iris.HOST, {"stable": 90, "canary": 10})
    found.route(route)
    yield found
    for each in [route, *objects]:
        platform.kube.delete(platform.kube.path_of(each))


def test_the_route_of_a_model_of_the_stack_file_is_taken_over(platform: Platform) -> None:
    platform.watch_for(
        ROUTES.format("team-search"), lambda each: each["metadata"]["name"] == "assistant" and is_routed(each)
    )
    hosts = [
        host
        for each in platform.kube.list("/apis/gateway.networking.k8s.io/v1/httproutes")
        for host in each["spec"]["hostnames"]
    ]
    assert len(set(hosts)) == len(hosts)
    assert not platform.kube.list("/apis/networking.k8s.io/v1/ingresses")


def test_each_version_gets_its_share_of_the_requests(gateway: Gateway) -> None:
    asked, share = 600, 0.1
    answers = gateway.ask(gateway.key, count=asked)
    assert Counter(status for status, _ in answers) == {200: asked}
    versions = Counter(version for _, version in answers)
    assert set(versions) == {"stable", "canary"}
    # Four standard deviations: one run in ten thousand of a right gateway fails.
    assert abs(versions["canary"] - asked * share) <= 4 * sqrt(asked * share * (1 - share))


def test_no_request_fails_while_all_of_them_move_to_one_version(gateway: Gateway, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(gateway.ask, gateway.key, count=200, until=str(moved))
        gateway.route(iris.route(iris.MODEL, iris.NAMESPACE, iris.HOST, {"stable": 100, "canary": 0}))
        moved.touch()
        answers = asked.result()
    assert {status for status, _ in answers} == {200}
    assert {version for _, version in answers[-100:]} == {"stable"}


def test_who_is_not_known_is_refused(gateway: Gateway) -> None:
    assert gateway.statuses(None) == {401: 1}
    assert gateway.statuses("wrong") == {401: 1}
    assert gateway.statuses(gateway.keys[RESEARCH]["notebook"]) == {401: 1}


def test_a_key_is_taken_where_clients_of_openais_api_put_it(gateway: Gateway) -> None:
    assert gateway.statuses(f"Bearer {gateway.key}", header="Authorization") == {200: 1}


def test_a_team_takes_over_no_name_of_another_one(gateway: Gateway) -> None:
    host = f"stolen.{iris.NAMESPACE}.models.internal"
    route = iris.route("thief", iris.OTHERS, host, {"stable": 1})
    gateway.platform.kube.apply(route)
    refused = gateway.platform.watch_for(
        ROUTES.format(iris.OTHERS), lambda each: each["metadata"]["name"] == "thief" and bool(each.get("status"))
    )
    (parent,) = refused["status"]["parents"]
    accepted = next(each for each in parent["conditions"] if each["type"] == "Accepted")
    assert accepted["status"] == "False", accepted
    assert gateway.statuses(gateway.key, host=host) == {404: 1}
    gateway.platform.kube.delete(gateway.platform.kube.path_of(route))


def test_a_route_from_a_namespace_that_is_no_teams_leads_nowhere(gateway: Gateway) -> None:
    host = f"stray.{iris.NAMESPACE}.models.internal"
    route = iris.route("stray", "default", host, {"stable": 1})
    gateway.platform.kube.apply(route)
    # What is taken over after it shows that the gateway has had the time to see it.
    gateway.route(iris.route("later", iris.NAMESPACE, f"later.{iris.NAMESPACE}.models.internal", {"stable": 1}))
    found = gateway.platform.kube.get(gateway.platform.kube.path_of(route))
    assert not is_routed(found)
    assert gateway.statuses(gateway.key, host=host) == {404: 1}
    for path in (gateway.platform.kube.path_of(route), ROUTES.format(iris.NAMESPACE) + "/later"):
        gateway.platform.kube.delete(path)


def test_requests_beyond_the_teams_limit_are_told_to_come_back(gateway: Gateway) -> None:
    kube = gateway.platform.kube
    grant, host = iris.grant(), f"borrowed.{iris.OTHERS}.models.internal"
    kube.apply(grant)
    route = iris.route("borrowed", iris.OTHERS, host, {"stable": 1})
    gateway.route(route)
    asked = 2 * LIMIT
    statuses = gateway.statuses(gateway.keys[RESEARCH]["batch"], host=host, count=asked)
    assert set(statuses) == {200, 429}
    # The bucket fills again while it is emptied, by one a second.
    assert LIMIT <= statuses[200] <= LIMIT + 30
    for each in (route, grant):
        kube.delete(kube.path_of(each))
