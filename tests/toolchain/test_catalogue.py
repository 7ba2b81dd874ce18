"""The catalogue agrees with the go.mod files and with itself."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from rehearsal.toolchain.catalogue import CATALOGUE
from rehearsal.toolchain.tool import SOURCES

VERSION_OF = {
    "pulumi": "github.com/pulumi/pulumi/pkg/v3",
    "pulumi-language-python": "github.com/pulumi/pulumi/sdk/v3",
    "etcd": "go.etcd.io/etcd/server/v3",
    "kubernetes": "k8s.io/kubernetes",
    "kwok": "sigs.k8s.io/kwok",
    "coredns": "github.com/coredns/coredns",
    "kueue": "sigs.k8s.io/kueue",
    "jobset": "sigs.k8s.io/jobset",
    "kubeflow-trainer": "github.com/kubeflow/trainer/v2",
    "kuberay": "github.com/ray-project/kuberay/ray-operator",
    "kserve": "github.com/kserve/kserve",
    "envoy-gateway": "github.com/envoyproxy/gateway",
    "karpenter": "sigs.k8s.io/karpenter",
    "cilium": "github.com/cilium/cilium",
    "kube-rbac-proxy": "github.com/brancz/kube-rbac-proxy",
    "alertmanager": "github.com/prometheus/alertmanager",
    "helm": "helm.sh/helm/v3",
    "otelcol": "go.opentelemetry.io/collector/otelcol",
}
WITHOUT_MODULE_VERSION = {"pulumi-resource-kubernetes", "prometheus", "pause"}


def required(tool: str, module: str, modfile: str = "go.mod") -> str:
    """The version of a module in one of a tool's mod files, without `v`."""
    text = (SOURCES / tool / modfile).read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", text, re.MULTILINE)
    assert found, f"{tool}/{modfile} does not require {module}"
    return found[1]


def test_every_version_is_held_to_a_go_mod_or_known_not_to_be() -> None:
    assert VERSION_OF.keys() | WITHOUT_MODULE_VERSION == CATALOGUE.keys()


@pytest.mark.parametrize("tool", VERSION_OF)
def test_a_tool_has_the_version_that_its_go_mod_pins(tool: str) -> None:
    assert CATALOGUE[tool].version == required(tool, VERSION_OF[tool])


def test_prometheus_as_a_module_counts_its_versions_differently() -> None:
    assert required("prometheus", "github.com/prometheus/prometheus") == "0.310.0"
    assert CATALOGUE["prometheus"].version == "3.10.0"


def test_the_executor_script_is_of_the_engines_version() -> None:
    script = required("pulumi-language-python", "github.com/pulumi/pulumi/sdk/v3", "unpacked.mod")
    assert script == CATALOGUE["pulumi"].version


def test_every_directory_with_a_go_mod_is_in_the_catalogue() -> None:
    assert {file.parent.name for file in SOURCES.glob("*/go.mod")} == set(CATALOGUE)


def test_every_pinned_module_has_its_sum() -> None:
    for modfile in SOURCES.glob("*/unpacked.mod"):
        sums = modfile.with_suffix(".sum").read_text()
        for module, version in re.findall(r"^(?:require|\t)\s*(\S+) (v\S+)", modfile.read_text(), re.MULTILINE):
            assert f"{module} {version} h1:" in sums
            assert f"{module} {version}/go.mod h1:" in sums


def test_everything_kept_or_embedded_is_pinned_by_the_mod_file_that_is_named() -> None:
    for tool in CATALOGUE.values():
        for kept in tool.kept:
            assert required(tool.name, kept.module, kept.modfile)
        for embedded in tool.embedded:
            assert required(tool.name, embedded.module)


def test_no_two_tools_have_a_binary_of_one_name() -> None:
    binaries = list(chain.from_iterable(tool.binaries for tool in CATALOGUE.values()))
    assert len(binaries) == len(set(binaries))


def test_programs_that_are_built_together_are_named_after_their_packages() -> None:
    for tool in CATALOGUE.values():
        if len(tool.programs) > 1:
            assert all(Path(package).name == binary for binary, package in tool.programs.items())


def test_an_official_build_has_every_binary_of_its_tool() -> None:
    for tool in CATALOGUE.values():
        for release in tool.release.values():
            assert set(release.members) == set(tool.binaries)
            assert tool.version in (release.archive or next(iter(release.members.values()))) or "pulumi" in tool.name
