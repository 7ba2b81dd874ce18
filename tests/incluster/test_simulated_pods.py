"""Pods whose image cannot be had: what the admission policy says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rehearsal.cluster import simulated_pods
from rehearsal.cluster.simulated_nodes import CPU_NODE, SIMULATED
from tests.incluster.recorded import RecordedKube

VLLM = "docker.io/vllm/vllm-openai:v0.11.0"


def policy(*references: str) -> dict[str, Any]:
    found, _ = simulated_pods.manifests(references)
    return found


def images(*references: str) -> list[str]:
    condition = next(
        each["expression"]
        for each in policy(*references)["spec"]["matchConditions"]
        if each["name"] == "image-cannot-be-had"
    )
    listed = re.search(r" in (\[.*\])", condition)
    assert listed
    names: list[str] = json.loads(listed[1])
    return names


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (
            "docker.io/library/postgres:18.6",
            ["docker.io/library/postgres:18.6", "library/postgres:18.6", "postgres:18.6"],
        ),
        (VLLM, [VLLM, "vllm/vllm-openai:v0.11.0"]),
        ("quay.io/feastdev/feature-server:0.67.0", ["quay.io/feastdev/feature-server:0.67.0"]),
        ("ghcr.io/library/x@sha256:00", ["ghcr.io/library/x@sha256:00"]),
    ],
)
def test_an_image_is_recognised_however_it_is_written(reference: str, expected: list[str]) -> None:
    assert simulated_pods.spellings(reference) == expected


def test_the_policy_knows_exactly_the_given_images() -> None:
    assert images(VLLM, "x:1") == sorted([*simulated_pods.spellings(VLLM), "x:1"])


def test_a_quote_in_a_reference_stays_inside_its_string() -> None:
    assert images('x"] || true || "" in ["') == ['x"] || true || "" in ["']


def test_pods_are_changed_when_they_are_made_and_never_later() -> None:
    (rule,) = policy(VLLM)["spec"]["matchConstraints"]["resourceRules"]
    assert rule["operations"] == ["CREATE"]
    assert rule["resources"] == ["pods"]


def test_the_pods_are_sent_to_the_cpu_node_and_tolerate_it() -> None:
    select, tolerate, *_ = (each["jsonPatch"]["expression"] for each in policy(VLLM)["spec"]["mutations"])
    assert CPU_NODE in select
    assert SIMULATED in tolerate


def test_the_same_images_again_change_nothing_and_wait_for_nothing() -> None:
    kube = RecordedKube()
    for version, plural in enumerate(("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"), start=1):
        path = f"/apis/admissionregistration.k8s.io/v1/{plural}/{simulated_pods.NAME}"
        kube.has(path, {"metadata": {"resourceVersion": str(version)}})
    simulated_pods.apply(kube, [VLLM])
    assert [each["kind"] for each in kube.applied] == [
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ]
