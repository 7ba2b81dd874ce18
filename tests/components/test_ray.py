"""Ray: on the cluster where it is asked for, with kinds that are small and an operator that may do little."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.specs.training_cluster import RaySpec, TrainingClusterSpec
from components.training.ray_definitions import KINDS, definitions, reduced
from components.training_cluster import TrainingCluster, TrainingClusterArgs
from tests.components.platform import CAPACITY, cluster
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.training


def training(spec: TrainingClusterSpec) -> Recording:
    return record(lambda: TrainingCluster("training", TrainingClusterArgs(spec, cluster(), CAPACITY)))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return training(TrainingClusterSpec(ray=RaySpec()))


def upstream(pod_template: dict[str, Any]) -> dict[str, Any]:
    """A definition as upstream's are, in small."""
    properties = {
        "description": {"type": "string", "description": "What it is for."},
        "replicas": {"type": "integer", "default": 1, "description": "How many."},
        "groups": {"type": "array", "items": {"type": "object", "properties": {"template": pod_template}}},
    }
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    versions = [
        {"name": name, "served": True, "storage": name == "v1", "schema": schema} for name in ("v1", "v1alpha1")
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "rays.ray.io", "annotations": {"controller-gen.kubebuilder.io/version": "v0.16.0"}},
        "spec": {"group": "ray.io", "versions": versions},
    }


def test_a_reduced_definition_keeps_its_own_fields_and_takes_any_pod() -> None:
    pod = {"type": "object", "properties": {"spec": {"properties": {"containers": {"type": "array"}}}}}
    (version,) = reduced(upstream(pod))["spec"]["versions"]
    assert version["name"] == "v1"
    assert version["schema"]["openAPIV3Schema"]["properties"] == {
        "description": {"type": "string"},
        "replicas": {"type": "integer", "default": 1},
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"template": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            },
        },
    }


def test_a_template_of_anything_but_pods_keeps_its_schema() -> None:
    service = {"type": "object", "properties": {"spec": {"properties": {"ports": {"type": "array"}}}}}
    (version,) = reduced(upstream(service))["spec"]["versions"]
    group = version["schema"]["openAPIV3Schema"]["properties"]["groups"]["items"]
    assert group["properties"]["template"] == service


def test_the_kinds_are_small_enough_for_the_engines_state() -> None:
    assert {each["metadata"]["name"] for each in definitions()} == {f"{kind}.ray.io" for kind in KINDS}
    assert all(len(json.dumps(each)) < 30_000 for each in definitions())


def test_without_ray_nothing_of_it_is_on_the_cluster() -> None:
    without = training(TrainingClusterSpec())
    assert not [each for each in without.registrations if "ray" in each.name]


def test_kueue_and_the_operator_start_when_rays_kinds_are_there(recording: Recording) -> None:
    kinds = {f"training-ray-{kind}" for kind in KINDS}
    assert kinds == {each.name for each in recording.registrations if "CustomResourceDefinition" in each.type}
    for controller in ("training-kueue", "training-ray-kuberay-operator-deployment"):
        assert kinds <= recording.named(controller).dependencies


def test_the_operator_makes_pods_but_no_accounts_roles_or_routes(recording: Recording) -> None:
    rules = recording.of_kind("ClusterRole")["kuberay-operator"].inputs["rules"]
    written = {
        resource for rule in rules for resource in rule["resources"] if {"create", "update", "patch"} & {*rule["verbs"]}
    }
    assert "pods" in written
    assert not written & {"serviceaccounts", "roles", "rolebindings", "ingresses", "routes"}
