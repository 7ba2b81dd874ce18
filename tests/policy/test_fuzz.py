"""Random objects get one verdict everywhere, and what differs is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cli.proof.answers import Said, compared
from cli.proof.cel import CelEngine
from cli.proof.divergences import DIVERGENCES, divergence_of
from cli.proof.fuzz import fuzz, kinds, seed_of_today
from policies.language import UNKNOWN
from policies.proof.cases import Case
from policies.proof.shapes import Shape, kinds_of
from policies.resource import from_manifest
from policies.rule import Example
from policies.rules import RULES
from policies.rules._examples import manifests

if TYPE_CHECKING:
    from cli.proof.answers import NotAsked
    from cli.proof.examples_in_cluster import ExamplesInCluster

pytestmark = pytest.mark.policy

OBJECTS = 200


@pytest.mark.rehearsal
def test_evaluator_cel_engine_and_api_server_agree_on_random_objects(examples_in_cluster: ExamplesInCluster) -> None:
    fuzzed = fuzz(RULES, [CelEngine(), examples_in_cluster], OBJECTS, seed_of_today())
    assert not fuzzed.wrong, f"seed {fuzzed.seed}: {fuzzed.wrong[0]}"
    assert fuzzed.objects >= OBJECTS
    assert fuzzed.refused < OBJECTS / 2, "objects of the wrong shape prove nothing"
    assert fuzzed.asked["cel"] > fuzzed.asked["cluster"] > OBJECTS


@dataclass
class Lenient:
    """A place that lets everything pass."""

    name: str = "lenient"

    def ask(self, case: Case) -> Said | NotAsked:
        assert case.judged.properties
        return Said.HOLDS


def test_a_place_that_answers_otherwise_is_found_and_named_with_the_object() -> None:
    fuzzed = fuzz([of("K8S-13")], [Lenient()], OBJECTS, 1)
    (wrong,) = fuzzed.wrong
    assert wrong.startswith('K8S-13 {"apiVersion": "v1", "kind": "Service"')
    assert wrong.endswith("the evaluator says broken, lenient says holds")


def test_the_same_seed_makes_the_same_objects() -> None:
    one, same = (fuzz([of("K8S-13")], [CelEngine()], OBJECTS, 7) for _ in range(2))
    assert (one.objects, one.asked, one.listed) == (same.objects, same.asked, same.listed)


def test_every_kind_that_is_asked_about_has_a_shape_with_what_examples_change() -> None:
    shown = {kind.type: kind for kind in kinds(RULES)}
    assert {"core/Pod", "serving.kserve.io/InferenceService", "ray.io/RayJob"} <= set(shown)
    places = {place for place, _ in shown["apps/Deployment"].shape.places()}
    assert ("spec", "template", "spec", "containers", None, "securityContext", "privileged") in places
    assert not {("kind",), ("metadata", "name")} & places


def test_a_shape_tells_a_number_from_a_truth() -> None:
    shape = Shape()
    for value in (1, True, "a", "a", [2], {"b": None}):
        shape.see(value)
    assert [(type(each), each) for each in shape.values] == [(int, 1), (bool, True), (str, "a")]
    assert shape.element is not None
    assert shape.element.values == [2]
    assert shape.keys["b"].values == [None]


def test_objects_with_values_that_are_not_known_are_no_pattern() -> None:
    known, unknown = (
        from_manifest(manifests(Example("service", but))[0]) for but in ({}, {"spec.ports": [{"port": UNKNOWN}]})
    )
    assert [each.manifests for each in kinds_of([known, unknown]).values()] == [(known.properties,)]


TYPES: dict[str, Any] = {"spec.headGroupSpec.template.spec.containers": ""}


def test_a_listed_divergence_is_one_and_what_is_not_of_its_kind_is_none() -> None:
    (stricter,) = DIVERGENCES
    ill_typed = compared(case("GPU-03", Example("ray cluster", TYPES)), CelEngine())
    assert ill_typed.differs
    assert divergence_of(ill_typed) is stricter
    let_in = compared(case("K8S-13", Example("service", {"spec.type": "NodePort"})), Lenient("cel"))
    assert let_in.differs
    assert divergence_of(let_in) is None


def of(rule: str) -> Any:
    return next(each for each in RULES if each.id == rule)


def case(rule: str, example: Example) -> Case:
    return Case(of(rule), "bad", (from_manifest(manifests(example)[0]),), None, None, {}, rule)
