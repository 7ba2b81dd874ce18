"""One version of everything: the table of charts and images agrees with what the rehearsal builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components._versions import CHARTS, IMAGES, Chart, Image

TOOLCHAIN = Path(__file__).parents[2] / "rehearsal" / "toolchain"
BUILT = {
    "kueue": ("kueue", "sigs.k8s.io/kueue"),
    "jobset": ("jobset", "sigs.k8s.io/jobset"),
    "kubeflow-trainer": ("kubeflow-trainer", "github.com/kubeflow/trainer/v2"),
    "kuberay": ("kuberay", "github.com/ray-project/kuberay/ray-operator"),
    "kserve-controller": ("kserve", "github.com/kserve/kserve"),
    "envoy-gateway": ("envoy-gateway", "github.com/envoyproxy/gateway"),
    "alertmanager": ("alertmanager", "github.com/prometheus/alertmanager"),
}
CHART_OF = {
    "kueue": "kueue",
    "jobset": "jobset",
    "kubeflow-trainer": "kubeflow-trainer",
    "kserve-crd-minimal": "kserve-controller",
    "kserve-resources": "kserve-controller",
    "gateway-crds-helm": "envoy-gateway",
    "gateway-helm": "envoy-gateway",
    "karpenter": "karpenter",
    "karpenter-crd": "karpenter",
    "cilium": "cilium",
}
CHART_ONLY = {
    "karpenter": ("karpenter", "sigs.k8s.io/karpenter"),
    "cilium": ("cilium", "github.com/cilium/cilium"),
}


def module_version(tool: str, module: str) -> str:
    """The version of a module that a tool of the toolchain requires."""
    (path,) = TOOLCHAIN.rglob(f"{tool}/go.mod")
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", path.read_text(), re.MULTILINE)
    assert found, f"{path} does not require {module}"
    return found[1]


@pytest.mark.parametrize("image", BUILT)
def test_an_image_has_the_version_of_the_module_it_is_built_from(image: str) -> None:
    assert IMAGES[image].tag == module_version(*BUILT[image])


@pytest.mark.parametrize("chart", CHART_ONLY)
def test_a_chart_is_installed_in_the_version_that_a_rehearsal_has(chart: str) -> None:
    assert CHARTS[chart].version == module_version(*CHART_ONLY[chart]).removeprefix("v")


def test_prometheus_has_the_version_of_its_module_which_counts_differently() -> None:
    minor = module_version("prometheus", "github.com/prometheus/prometheus").split(".")[1]
    assert IMAGES["prometheus"].tag == f"v3.{int(minor) - 300}.0"


@pytest.mark.parametrize("chart", CHART_OF)
def test_a_chart_has_the_version_of_its_controller(chart: str) -> None:
    assert CHARTS[chart].version.removeprefix("v") == IMAGES[CHART_OF[chart]].tag.removeprefix("v")


def test_every_image_names_its_registry_and_a_version() -> None:
    for image in IMAGES.values():
        assert "." in image.repository.split("/")[0], image
        assert re.search(r"\d", image.tag), image
        assert "latest" not in image.tag, image


def test_a_locked_image_is_referred_to_by_its_digest() -> None:
    digest = "sha256:" + "0" * 64
    assert Image("registry.example.org/a", "v1").reference == "registry.example.org/a:v1"
    assert Image("registry.example.org/a", "v1", digest).reference == f"registry.example.org/a:v1@{digest}"


def test_a_locked_chart_is_referred_to_by_its_digest() -> None:
    digest = "sha256:" + "0" * 64
    repository = "oci://registry.example.org/charts"
    assert Chart("a", "v1.0.0", repository).reference == f"{repository}/a"
    assert Chart("a", "v1.0.0", repository, digest).reference == f"{repository}/a@{digest}"
    assert Chart("a", "v1.0.0", repository).directory == "a-1.0.0"
