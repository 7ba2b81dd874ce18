"""Verdicts: which change they stop, whom a rule leaves out, and what a defect does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from policies.judgement import Outcome, Surroundings, Verdict, judge
from policies.language import UNKNOWN, Condition
from policies.parameters import DEFAULT, STACKS, Exemption, parameters_for
from policies.resource import Resource, from_manifest, type_of_token
from policies.rule import Level, OnUnknown
from policies.rules import RULES

if TYPE_CHECKING:
    from policies.language import Truth
    from policies.rule import Rule

pytestmark = pytest.mark.policy

RULE = next(rule for rule in RULES if rule.id == "K8S-03")
EXPORTER = Exemption("K8S-03", "monitoring", "DaemonSet", "exporter-*", "reads the machine's counters")


class Defect(Condition):
    """A condition that fails instead of answering."""

    def evaluate(self, scope: Any) -> Truth:
        raise ZeroDivisionError(len(scope))


def on_the_host(**metadata: object) -> Resource:
    """A node agent in the host's network."""
    spec = {"template": {"spec": {"hostNetwork": True, "containers": []}}}
    return from_manifest({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec})


def outcome(resource: Resource, rule: Rule = RULE) -> Outcome:
    surroundings = Surroundings(replace(DEFAULT, exemptions=(EXPORTER,)))
    return judge(rule, resource, surroundings).outcome


def test_an_exemption_covers_the_named_workload_and_no_other() -> None:
    assert outcome(on_the_host(namespace="monitoring", name="exporter-a")) is Outcome.EXEMPT
    assert outcome(on_the_host(namespace="monitoring", name="other")) is Outcome.FAIL
    assert outcome(on_the_host(namespace="team-a", name="exporter-a")) is Outcome.FAIL
    assert outcome(on_the_host(name="exporter-a")) is Outcome.FAIL


@pytest.mark.parametrize(
    "metadata",
    [
        {"namespace": UNKNOWN, "name": "exporter-a"},
        {"namespace": "monitoring", "name": UNKNOWN},
        {"namespace": UNKNOWN, "name": UNKNOWN},
    ],
)
def test_a_violation_that_may_be_exempt_waits_until_the_name_is_known(metadata: dict[str, object]) -> None:
    verdict = judge(RULE, on_the_host(**metadata), Surroundings(replace(DEFAULT, exemptions=(EXPORTER,))))
    assert verdict.outcome is Outcome.DEFERRED
    assert not verdict.stops(known=False)
    assert verdict.stops(known=True)


def test_an_unknown_namespace_excuses_nothing_that_no_exemption_could_cover() -> None:
    assert outcome(on_the_host(namespace=UNKNOWN, name="other")) is Outcome.FAIL


def test_metadata_that_is_unknown_as_a_whole_is_no_crash() -> None:
    resource = Resource("apps/DaemonSet", {"metadata": UNKNOWN, "spec": {}}, "a")
    assert judge(RULE, resource, Surroundings(DEFAULT)).outcome is Outcome.PASS


def test_a_rule_that_fails_is_a_failure_at_every_level() -> None:
    for level in Level:
        broken = replace(RULE, level=level, conditions={"apps/DaemonSet": Defect()})
        verdict = judge(broken, on_the_host(name="a"), Surroundings(DEFAULT))
        assert verdict.outcome is Outcome.BROKEN
        assert verdict.stops(known=False)
        assert "ZeroDivisionError" in verdict.message


@pytest.mark.parametrize(
    ("level", "result", "on_unknown", "known", "stops"),
    [
        (Level.MANDATORY, Outcome.FAIL, OnUnknown.DEFER, False, True),
        (Level.REMEDIATE, Outcome.FAIL, OnUnknown.DEFER, False, True),
        (Level.ADVISORY, Outcome.FAIL, OnUnknown.REFUSE, True, False),
        (Level.MANDATORY, Outcome.UNDETERMINED, OnUnknown.DEFER, False, False),
        (Level.MANDATORY, Outcome.UNDETERMINED, OnUnknown.REFUSE, False, True),
        (Level.MANDATORY, Outcome.UNDETERMINED, OnUnknown.DEFER, True, True),
        (Level.ADVISORY, Outcome.UNDETERMINED, OnUnknown.REFUSE, True, False),
        (Level.MANDATORY, Outcome.PASS, OnUnknown.REFUSE, True, False),
        (Level.MANDATORY, Outcome.EXEMPT, OnUnknown.REFUSE, True, False),
    ],
)
def test_level_and_knowledge_decide_what_a_verdict_stops(
    level: Level, result: Outcome, on_unknown: OnUnknown, known: bool, stops: bool
) -> None:
    rule = replace(RULE, level=level, on_unknown=on_unknown)
    assert Verdict(rule, on_the_host(name="a"), result).stops(known=known) is stops


def test_a_message_names_some_places_and_counts_the_rest() -> None:
    containers = [{"securityContext": {"privileged": True}} for _ in range(20)]
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": containers}}
    verdict = judge(RULE, from_manifest(manifest), Surroundings(DEFAULT))
    assert "spec.containers[7].securityContext.privileged and 12 more" in verdict.message


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("kubernetes:apps/v1:Deployment", "apps/Deployment"),
        ("kubernetes:core/v1:Namespace", "core/Namespace"),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", "rbac.authorization.k8s.io/Role"),
        ("kubernetes:serving.kserve.io/v1beta1:InferenceService", "serving.kserve.io/InferenceService"),
        ("aws:s3/bucket:Bucket", "aws:s3/bucket:Bucket"),
        ("pulumi:providers:kubernetes", "pulumi:providers:kubernetes"),
        ("mlplatform:index:TrainingCluster", "mlplatform:index:TrainingCluster"),
    ],
)
def test_rules_know_a_type_without_its_version(token: str, type_: str) -> None:
    assert type_of_token(token) == type_


def test_a_stack_that_is_not_named_gets_the_defaults_for_production() -> None:
    assert parameters_for("anything") == DEFAULT
    assert parameters_for("").image_references == "digest"
    assert parameters_for("local").image_references == "tag"


@pytest.mark.parametrize("parameters", [DEFAULT, *STACKS.values()])
def test_every_exemption_names_a_rule_a_platform_workload_and_a_reason(parameters: Any) -> None:
    for exemption in parameters.exemptions:
        assert exemption.rule in {rule.id for rule in RULES}
        assert exemption.namespace in parameters.platform_namespaces
        assert "*" not in exemption.kind + exemption.name
        assert len(exemption.reason.split()) >= 5


@pytest.mark.parametrize("registry", ["docker.io/kserve", "docker.io"])
def test_a_registry_that_would_let_in_others_is_refused(registry: str) -> None:
    with pytest.raises(ValueError, match="must end with"):
        replace(DEFAULT, allowed_registries=(registry,))
