"""Admission policies on a real API server: who is judged, when, and what they are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cli.proof.cluster import Somebody, finding
from cli.proof.examples_in_cluster import renamed
from policies.admission import Wanted, is_object, manifests, policy_of
from policies.exceptions import PolicyException
from policies.filling import filled
from policies.judgement import Outcome
from policies.proof.cases import cases
from policies.rule import Example
from policies.rules import RULES
from policies.rules._examples import PARAMETERS, resources
from tests.world.watching import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.proof.cluster import Cluster
    from cli.proof.examples_in_cluster import ExamplesInCluster
    from policies.proof.cases import Case
    from policies.rule import Rule

pytestmark = [pytest.mark.policy, pytest.mark.rehearsal]

Json = dict[str, Any]
CONTROLLER = Somebody("system:serviceaccount:kube-system:daemon-set-controller", ("mlplatform:proof",))
TENANT = Somebody("ada", ("mlplatform:proof",))
SERVICE = "core/Service"
NODE_PORT = {"spec.type": "NodePort"}
GPUS = {"spec.containers[0].resources.limits": {"nvidia.com/gpu": "1", "cpu": "1", "memory": "2Gi"}}


@pytest.fixture(scope="module")
def cluster(api_server: Cluster, examples_in_cluster: ExamplesInCluster) -> Cluster:
    """The API server with all rules' policies, which warn."""
    assert examples_in_cluster
    return api_server


def of(rule: str) -> Rule:
    return next(each for each in RULES if each.id == rule)


def manifest(base: str, but: Json | None = None) -> Json:
    (resource,) = resources(Example(base, but or {}))
    return dict(resource.properties)


def owned(pod: Json, kind: str, name: str) -> Json:
    """The pod as a controller makes it of a workload."""
    owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": True}
    metadata = {key: value for key, value in pod["metadata"].items() if key != "labels"}
    return {**pod, "metadata": {**metadata, "ownerReferences": [owner]}}


def broken(cluster: Cluster, rule: str, *asked: Any) -> bool:
    """Whether the server says that the rule is broken."""
    answer = cluster.submit(*asked)
    assert not answer.refused, answer.refused
    return any(name.endswith(f"/{rule}") for name in answer.broken)


@pytest.fixture
def denying(cluster: Cluster) -> Iterator[str]:
    """A rule whose policy refuses, beside those that warn."""
    rule = of("K8S-13")
    made = [renamed(each, "-deny") for each in manifests([rule], PARAMETERS, (), Wanted(left_alone=("monitoring",)))]
    for each in made:
        cluster.apply(each)
    service, denial = manifest("service", NODE_PORT), finding(f"{policy_of(rule, SERVICE)}-deny", rule.id)
    cluster.wait_until_asked(service, [denial])
    yield denial
    for each in made:
        cluster.delete(cluster.path_of(each))
    # It refuses for a moment longer, and would refuse the next test's objects.
    until(lambda: denial not in cluster.submit(service).broken, "an API server without the policy that is gone")


def test_who_is_refused_is_told_the_rule_and_what_to_do(cluster: Cluster, denying: str) -> None:
    rule = of("K8S-13")
    assert cluster.submit(manifest("service", NODE_PORT)).broken[denying] == f"{rule.id}: {rule.sentence}"
    assert denying not in cluster.submit(manifest("service")).broken


def test_a_namespace_that_is_left_alone_is_not_asked_about(cluster: Cluster, denying: str) -> None:
    there = manifest("service", {**NODE_PORT, "metadata.namespace": "monitoring"})
    assert denying not in cluster.submit(there).broken


def test_an_object_that_came_before_the_rule_can_be_worked_on_until_what_is_judged_changes(cluster: Cluster) -> None:
    before = manifest("service", NODE_PORT)
    labelled = manifest("service", {**NODE_PORT, 'metadata.labels["a/b"]': "c"})
    assert not broken(cluster, "K8S-13", labelled, before)
    assert broken(cluster, "K8S-13", manifest("service", {"spec.type": "LoadBalancer"}), before)


def test_a_change_that_a_controller_forestalls_is_asked_about_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = cluster.create

    def forestalled(path: str, made: Json, *, dry_run: bool = False) -> Json:
        first = create(path, made, dry_run=dry_run)
        cluster.apply({**made, "metadata": {**made["metadata"], "annotations": {"a/b": "c"}}})
        return first

    monkeypatch.setattr(cluster, "create", forestalled)
    assert broken(cluster, "K8S-13", manifest("service", {"spec.type": "LoadBalancer"}), manifest("service", NODE_PORT))


def test_what_kubernetes_makes_of_an_exempt_workload_is_exempt_and_a_forgery_is_not(cluster: Cluster) -> None:
    on_host = manifest("pod", {"metadata.namespace": "monitoring", "spec.hostPID": True})
    made = owned(on_host, "DaemonSet", "gpu-exporter")
    assert not broken(cluster, "K8S-03", made, None, CONTROLLER)
    assert broken(cluster, "K8S-03", made, None, TENANT)
    assert broken(cluster, "K8S-03", owned(on_host, "DaemonSet", "other"), None, CONTROLLER)
    elsewhere = {**made, "metadata": {**made["metadata"], "namespace": "team-vision"}}
    assert broken(cluster, "K8S-03", elsewhere, None, CONTROLLER)


def test_labels_are_asked_of_the_workload_and_not_of_what_a_controller_makes_of_it(cluster: Cluster) -> None:
    made = owned(manifest("pod", GPUS), "ReplicaSet", "any")
    assert not broken(cluster, "GPU-01", made, None, CONTROLLER)
    assert broken(cluster, "GPU-01", made, None, TENANT)
    assert broken(cluster, "GPU-01", {**made, "metadata": {"name": "a", "namespace": "team-vision"}}, None, CONTROLLER)


@pytest.mark.parametrize(("days", "counts"), [(1, True), (-1, False)])
def test_an_exception_counts_until_its_last_day_is_over(cluster: Cluster, days: int, counts: bool) -> None:
    rule, suffix = of("K8S-13"), f"-excepted{days}"
    expires = (datetime.now(UTC) + timedelta(days=days)).date()
    exception = PolicyException(rule.id, "Service/team-vision/example", "a test of ours", "us", "T-1", expires)
    made = [renamed(each, suffix) for each in manifests([rule], PARAMETERS, (exception,), Wanted(stage="warn"))]
    for each in made:
        cluster.apply(each)
    try:
        other = manifest("service", {**NODE_PORT, "metadata.name": "other"})
        expected = finding(policy_of(rule, SERVICE) + suffix, rule.id)
        cluster.wait_until_asked(other, [expected])
        excepted = expected not in cluster.submit(manifest("service", NODE_PORT)).broken
    finally:
        for each in made:
            cluster.delete(cluster.path_of(each))
    assert excepted is counts


FILLING = [rule for rule in RULES if any(is_object(kind) for kind in rule.defaults)]


def fillable(rule: Rule) -> Iterator[tuple[Case, bool]]:
    """The rule's bad examples that it has values for, and whether they are good with these."""
    for case in cases(rule):
        if case.role == "bad" and case.judged.type in rule.defaults and is_object(case.judged.type):
            mended = replace(case, resources=(filled(rule, case.judged), *case.resources[1:]))
            yield case, mended.verdict().outcome is not Outcome.FAIL


def holds_of(cluster: Cluster, rule: Rule, asked: Json) -> bool:
    """Whether the server says nothing of the rule."""
    return not any(name.endswith(f"/{rule.id}") for name in cluster.submit(asked).broken)


@pytest.fixture(scope="module")
def filling(cluster: Cluster) -> Iterator[None]:
    """The policies that fill in, for as long as they are tested: the others then see what they make of an object."""
    wanted = Wanted(stage="warn", fill_in=True, left_alone=())
    made = [each for each in manifests(RULES, PARAMETERS, (), wanted) if each["kind"].startswith("Mutating")]
    for each in made:
        cluster.apply(each)
    for rule in FILLING:
        probe = next(dict(case.judged.properties) for case, is_mended in fillable(rule) if is_mended)
        until(partial(holds_of, cluster, rule, probe), f"an API server that fills in what {rule.id} asks for")
    yield
    for each in made:
        cluster.delete(cluster.path_of(each))


@pytest.mark.usefixtures("filling")
@pytest.mark.parametrize("rule", FILLING, ids=lambda rule: rule.id)
def test_the_server_fills_in_what_the_pack_fills_in(cluster: Cluster, rule: Rule) -> None:
    compared = 0
    for case, is_mended in fillable(rule):
        answer = cluster.submit(dict(case.judged.properties))
        if answer.refused:
            continue
        stays_broken = any(name.endswith(f"/{rule.id}") for name in answer.broken)
        assert stays_broken is not is_mended, case.label
        compared += 1
    assert compared
